/** What the sealed box of a page and the panel of its window say to each other about a chat that may move. @module */

/** Name of the port; the box opens it, and its end is the end of the box. */
export const movePort = 'move';
/** What a panel says to all boxes when it is there: they open their ports again. */
export const moveCall = 'move';

/** From the panel: its window and the key to seal to; or whether it took up a chat that was to move at once. */
export type PanelMessage =
  | { readonly windowId: number; readonly publicKey: string }
  | { readonly took: boolean };

/** From the box: the sealed chat as it stands; null where there is none. With `now` it moves at once. */
export interface BoxMessage {
  readonly sealed: string | null;
  readonly now: boolean;
}

const record = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};

/** A message of the panel, or null. */
export function parsePanelMessage(value: unknown): PanelMessage | null {
  const { windowId, publicKey, took } = record(value);
  if (typeof took === 'boolean') return { took };
  return Number.isSafeInteger(windowId) && typeof publicKey === 'string'
    ? { windowId: Number(windowId), publicKey }
    : null;
}

/** A message of the box, or null. */
export function parseBoxMessage(value: unknown): BoxMessage | null {
  const { sealed, now } = record(value);
  return (sealed === null || typeof sealed === 'string') && typeof now === 'boolean' ? { sealed, now } : null;
}
