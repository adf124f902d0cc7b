/**
 * The two kinds of line that checkpoints, witness requests and proofs share.
 * @module
 */
import { parseBase64 } from '../bytes.ts';
import { logError } from './errors.ts';

/** A size or index: ASCII decimal without leading zeros, refused above 2^53 - 1 (C2SP tlog-checkpoint). */
export function parseSizeLine(line: string): number {
  const value = Number(line);
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(line) || !Number.isSafeInteger(value)) throw logError('WAX_LOG_SIZE');
  return value;
}

/** A SHA-256 hash in base64. */
export function parseHashLine(line: string): Uint8Array {
  try {
    return parseBase64(line, 32);
  } catch (cause) {
    throw logError('WAX_LOG_HASH', '', { cause });
  }
}
