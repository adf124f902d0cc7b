/**
 * What the sealed box and the content script that holds it say to each other. The content script runs in the
 * page's process: it learns sizes and moments, never a word that was typed.
 * @module
 */
import type { Interference } from '../messaging.ts';

/** From the frame to its host. */
export type FrameMessage =
  /** How large the box wants to be. Height in CSS pixels, for the folded box only. */
  | { readonly kind: 'layout'; readonly open: boolean; readonly height: number }
  /** The person closed the box. */
  | { readonly kind: 'close' }
  /** The box lost the keyboard, `sinceKey` milliseconds after the last key; null if Tab or a click led out. */
  | { readonly kind: 'blur'; readonly sinceKey: number | null }
  /** The browser says that something is drawn over the box. */
  | { readonly kind: 'covered' };

/** From the host to its frame. */
export type HostMessage =
  | { readonly kind: 'interference'; readonly what: Interference }
  /** Put the keyboard into the composer. */
  | { readonly kind: 'focus' }
  /** To service.html: a request of the page, on the port that comes along. */
  | { readonly kind: 'fetch' | 'verify' };

/** What the host posts to the frame's window, once, with a port. */
export interface Handover {
  readonly waxsealToken: string;
}

const record = (value: unknown): Record<string, unknown> | null =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : null;

/** A message of the frame, or null. */
export function parseFrameMessage(value: unknown): FrameMessage | null {
  const message = record(value);
  switch (message?.kind) {
    case 'layout':
      return typeof message.open === 'boolean' && Number.isFinite(message.height)
        ? { kind: 'layout', open: message.open, height: Number(message.height) }
        : null;
    case 'blur':
      return message.sinceKey === null || Number.isFinite(message.sinceKey)
        ? { kind: 'blur', sinceKey: message.sinceKey as number | null }
        : null;
    case 'close':
    case 'covered':
      return { kind: message.kind };
    default:
      return null;
  }
}

/** A message of the host, or null. */
export function parseHostMessage(value: unknown): HostMessage | null {
  const message = record(value);
  const { kind } = message ?? {};
  if (kind === 'focus' || kind === 'fetch' || kind === 'verify') return { kind };
  const whats: readonly Interference[] = ['focus', 'cover', 'remove', 'move', 'block'];
  const what = whats.find((one) => one === message?.what);
  return message?.kind === 'interference' && what !== undefined ? { kind: 'interference', what } : null;
}

/** The token in a handover, or null. */
export function parseHandover(value: unknown): string | null {
  const token = record(value)?.waxsealToken;
  return typeof token === 'string' && /^[0-9a-f]{64}$/.test(token) ? token : null;
}
