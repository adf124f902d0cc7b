import type { Root, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { isHostile } from './limits.ts';

const options = { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] };

const plain = (text: string): Root => ({
  type: 'root',
  children: text === '' ? [] : [{ type: 'paragraph', children: [{ type: 'text', value: text }] }],
});

/** Reads GitHub-flavoured Markdown. Text that would exhaust the parser comes back as one plain paragraph. */
export function parseMarkdown(text: string): Root {
  if (isHostile(text)) return plain(text);
  try {
    return fromMarkdown(text, options);
  } catch {
    // The parser recurses; a nesting that the guard missed ends in a RangeError.
    return plain(text);
  }
}

/** Where the last top-level block begins: everything before it can no longer change. */
export function openBlockStart(blocks: readonly RootContent[]): number {
  const start = blocks.at(-1)?.position?.start;
  return start?.offset === undefined ? 0 : start.offset - (start.column - 1);
}
