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

/** The same, but each byte string is hashed once: shapes have hundreds of megabytes in common. It must not change. */
export function rememberingHashes(): Hashes {
  const remembering = (hash: Hash): Hash => {
    const known = new WeakMap<Uint8Array, Uint8Array>();
    return (...parts) => {
      const [only] = parts;
      if (only === undefined || parts.length > 1) return hash(...parts);
      const digest = known.get(only) ?? hash(only);
      known.set(only, digest);
      return digest;
    };
  };
  return { sha256: remembering(nativeHashes.sha256), sha384: remembering(nativeHashes.sha384) };
}
