/** Bytes from one stream to another as they come, no faster than they are taken. @module */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { relayError } from './errors.ts';

export interface PumpLimits {
  /** Bytes in all. */
  readonly most: number;
  /** Longest time, in milliseconds, that the other side may take nothing. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

async function drained(to: Writable, { stallMs, signal }: PumpLimits): Promise<void> {
  const timeout = AbortSignal.timeout(stallMs);
  try {
    await once(to, 'drain', { signal: AbortSignal.any([signal, timeout]) });
  } catch (cause) {
    throw timeout.aborted ? relayError('WAX_RELAY_TIMEOUT', '', { cause }) : cause;
  }
}

/**
 * Resolves when `from` has ended and `to` has been ended.
 * @throws WAX_RELAY_TIMEOUT when `to` takes nothing, WAX_RELAY_FORM beyond `limits.most`, and what either
 * stream breaks with
 */
export async function pump(from: Readable, to: Writable, limits: PumpLimits): Promise<void> {
  let size = 0;
  for await (const chunk of from) {
    size += (chunk as Buffer).length;
    if (size > limits.most) throw relayError('WAX_RELAY_FORM', 'length');
    limits.signal.throwIfAborted();
    if (!to.write(chunk)) await drained(to, limits);
  }
  to.end();
}
