/**
 * Sizes that lengths are rounded to (wire-format.md B6 and B7), so that a length says little.
 * @module
 */
import { sessionError } from './errors.ts';

const KIB = 1024;
const SMALL_BUCKETS = [4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB];

export const MAX_PLAINTEXT_BYTES = 8 * KIB * KIB;
export const ENC_BYTES = 1120;
export const TAG_BYTES = 16;
/** Bytes before `enc` and the ciphertext: magic, version, zeros, id, turn. */
export const REQUEST_HEADER_BYTES = 28;
/** What a request adds to its padded plaintext on turn 0, where it is longest. */
export const REQUEST_OVERHEAD = REQUEST_HEADER_BYTES + ENC_BYTES + TAG_BYTES;

/** The smallest padded length that holds `bytes`. */
export function requestBucket(bytes: number): number {
  const bucket = SMALL_BUCKETS.find((size) => size >= bytes) ?? Math.ceil(bytes / (64 * KIB)) * 64 * KIB;
  if (bucket > MAX_PLAINTEXT_BYTES) throw sessionError('WAX_SESSION_REQUEST_SIZE', `${bytes} bytes`);
  return bucket;
}

/** Whether a plaintext may have this length. */
export function isRequestBucket(bytes: number): boolean {
  return bytes > 0 && bytes <= MAX_PLAINTEXT_BYTES && requestBucket(bytes) === bytes;
}

/** Numbers of records that a steady reply may have: steps of the square root of two. */
export const STEADY_COUNTS: readonly number[] = [
  16, 23, 32, 46, 64, 91, 128, 182, 256, 363, 512, 725, 1024, 1449, 2048, 2897, 4096,
];

const BLOCK_COUNTS = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];

export const BLOCK_RECORD_BYTES = 4096;
export const BLOCK_MAX_RECORDS = 2048;

/** How a reply is carried: one record each tick, or all records when the result is ready. */
export type Mode = 'steady' | 'block';

/** Number of records, FIN included, of a reply that needs at least `least`; null when `most` is too few. */
export function recordCount(mode: Mode, least: number, most: number): number | null {
  const counts = mode === 'steady' ? STEADY_COUNTS : BLOCK_COUNTS;
  return counts.find((count) => count >= least && count <= most) ?? null;
}
