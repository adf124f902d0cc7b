import type { ComponentChild } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { longestAnswer, longestOpenBlock } from './limits.ts';
import { openBlockStart, parseMarkdown } from './parse.ts';
import { renderBlocks } from './render.tsx';

/**
 * The blocks of an answer that is still arriving. Finished blocks are parsed and drawn once; at each update only
 * the last, open one is read again.
 */
export class ArrivingBlocks {
  #closedText = '';
  #closed: ComponentChild[] = [];

  update(text: string): ComponentChild[] {
    if (!text.startsWith(this.#closedText)) {
      this.#closedText = '';
      this.#closed = [];
    }
    const rest = text.slice(this.#closedText.length);
    if (rest.length > longestOpenBlock) return [...this.#closed, <p class="plain">{rest}</p>];
    const root = parseMarkdown(rest);
    const start = openBlockStart(root.children);
    if (start > 0) {
      // The same elements are handed back at the next update, so Preact leaves what they drew alone.
      this.#closed.push(...renderBlocks(root, root.children.slice(0, -1)));
      this.#closedText += rest.slice(0, start);
    }
    return [...this.#closed, ...renderBlocks(root, root.children.slice(-1))];
  }
}

/** An answer in Markdown. Text beyond the limit is shown as it is. */
export function Markdown({ text, arriving }: { text: string; arriving: boolean }) {
  const head = text.slice(0, longestAnswer);
  const tail = text.slice(longestAnswer);
  const blocks = useRef(new ArrivingBlocks());
  const drawn = useMemo(
    () => (arriving ? blocks.current.update(head) : renderBlocks(parseMarkdown(head))),
    [head, arriving],
  );
  return (
    <div class="answer-text" dir="auto">
      {drawn}
      {tail !== '' && <p class="plain">{tail}</p>}
    </div>
  );
}
