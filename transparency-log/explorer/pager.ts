import { h, type ViewNode } from './nodes.ts';

interface Pages {
  newer: string | null;
  older: string | null;
  words: readonly [newer: string, older: string];
}

/** Links to the pages beside this one; nothing where everything is on it. */
export function pager(name: string, { newer, older, words }: Pages): ViewNode | null {
  if (newer === null && older === null) return null;
  const link = (href: string | null, word: string) =>
    href === null ? null : h('a', { class: 'button', href }, word);
  return h('nav', { class: 'pager', 'aria-label': name }, link(newer, words[0]), link(older, words[1]));
}
