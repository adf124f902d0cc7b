/** The hash functions of Node.js for calculations over whole images, many times as fast as portable ones. */
import { createHash } from 'node:crypto';
import type { Hash, Hashes } from '../protocol/measurement/hashes.ts';

const over =
  (algorithm: 'sha256' | 'sha384'): Hash =>
  (...parts) => {
    const hash = createHash(algorithm);
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  };

export const nativeHashes: Hashes = { sha256: over('sha256'), sha384: over('sha384') };
