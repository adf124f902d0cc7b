/**
 * A chat that is too long for its model: how much of its beginning would have to go. Nothing goes unless the
 * person says so, and then a line in the thread says where.
 * @module
 */
import { utf8 } from '../../protocol/bytes.ts';
import { withFiles } from './attachments.ts';
import { itemId, type Thread } from './conversation.ts';

/** Share of the chat that is kept: half, so that there is room for some turns more. */
const KEPT = 0.5;

const sizeOf = (item: Thread[number]): number => {
  if (item.kind === 'own') return utf8(withFiles(item).toWellFormed()).length;
  return item.kind === 'answer' ? utf8(item.text.toWellFormed()).length : 0;
};

const isMessage = ({ kind }: Thread[number]) => kind === 'own' || kind === 'answer';

interface Cut {
  /** Index of the first item that is kept. */
  readonly at: number;
  /** Messages that are left out. */
  readonly messages: number;
}

/**
 * Where to cut a thread so that about half of it is left, counted with `next`, the message to be sent.
 * Whole turns only: what is kept begins with a question. Null where there is no earlier turn to leave out.
 */
export function planCut(thread: Thread, next: Thread[number]): Cut | null {
  const from = thread.findLastIndex(({ kind }) => kind === 'cut') + 1;
  const sizes = thread.map(sizeOf);
  const total = sizes.slice(from).reduce((sum, size) => sum + size, 0) + sizeOf(next);
  const starts = thread.flatMap((item, i) => (i > from && item.kind === 'own' ? [i] : []));
  let left = total;
  let last = from;
  for (const start of [...starts, thread.length]) {
    left -= sizes.slice(last, start).reduce((sum, size) => sum + size, 0);
    last = start;
    if (left <= total * KEPT || start === thread.length) break;
  }
  const messages = thread.slice(from, last).filter(isMessage).length;
  return messages === 0 ? null : { at: last, messages };
}

/** The thread with a line before its item `at`: what is above is shown, and no longer sent. */
export function cutThread(thread: Thread, at: number): Thread {
  return [...thread.slice(0, at), { kind: 'cut', id: itemId() }, ...thread.slice(at)];
}
