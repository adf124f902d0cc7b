/** How large the sealed box of a page wants to be. @module */
import type { ChatView } from '../ui/surfaces/chat.ts';
import type { StateId } from '../ui/surfaces/status.ts';

/** Heights of the folded box, in CSS pixels: with something to explain in it, and without. */
const noticeHeight = 300;
const foldedHeight = 142;

const quiet: readonly StateId[] = ['checking', 'sealed', 'sealed-imported', 'sealed-grace', 'simulated'];

/** Null for a panel, whose size is the browser's. */
export function boxLayout({ frame, status }: ChatView): { open: boolean; height: number } | null {
  if (frame === null) return null;
  return { open: frame.open, height: quiet.includes(status.id) ? foldedHeight : noticeHeight };
}
