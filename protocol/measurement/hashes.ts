/**
 * The hash functions of a calculation. Images are hundreds of megabytes and are hashed several times, so a
 * program that has native ones brings them; everywhere else these do.
 * @module
 */
import { sha256, sha384 } from '@noble/hashes/sha2.js';

/** Digest over the parts, one after another. */
export type Hash = (...parts: readonly Uint8Array[]) => Uint8Array;

export interface Hashes {
  readonly sha256: Hash;
  readonly sha384: Hash;
}

const over =
  (algorithm: typeof sha256 | typeof sha384): Hash =>
  (...parts) => {
    const hash = algorithm.create();
    for (const part of parts) hash.update(part);
    return hash.digest();
  };

export const portableHashes: Hashes = { sha256: over(sha256), sha384: over(sha384) };
