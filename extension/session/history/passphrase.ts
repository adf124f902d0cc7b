/**
 * From a passphrase to a key: scrypt (RFC 7914) with N = 2^17, r = 8, p = 1, which takes 128 MiB and about a
 * second, so that a stolen disk can be tried only slowly. The cost is written beside the salt, so that it can be
 * raised later; what is read is held to bounds.
 * @module
 */
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { utf8 } from '../../../protocol/bytes.ts';
import { historyError } from './history-errors.ts';

/** Characters of the shortest passphrase that is taken. */
const LEAST_CHARACTERS = 12;

export interface Cost {
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
}
export const cost: Cost = { log2N: 17, r: 8, p: 1 };

/** Bounds for costs that are read: below them guessing is too easy, above them a file could stop the browser. */
export function isSoundCost({ log2N, r, p }: Cost): boolean {
  return log2N >= 14 && log2N <= 20 && r === 8 && p >= 1 && p <= 4;
}

/** The same passphrase on any keyboard: Unicode has several spellings of `é`. */
function normal(passphrase: string): string {
  return passphrase.normalize('NFKC');
}

/** Throws `WAX_HISTORY_SHORT` for a passphrase that is too short to be chosen. */
export function checkPassphrase(passphrase: string): void {
  if ([...normal(passphrase)].length < LEAST_CHARACTERS) throw historyError('WAX_HISTORY_SHORT');
}

/** The 32-byte key for a passphrase. Leaves the page alive while it computes. */
export function deriveKey(passphrase: string, salt: Uint8Array, { log2N, r, p }: Cost): Promise<Uint8Array> {
  return scryptAsync(utf8(normal(passphrase).toWellFormed()), salt, { N: 2 ** log2N, r, p, dkLen: 32 });
}
