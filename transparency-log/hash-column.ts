/** Length of a hash in a column, in bytes. */
export const HASH_BYTES = 32;

/** A growing list of hashes. */
export interface HashColumn {
  readonly length: number;
  push(hash: Uint8Array): void;
  /** Hashes `start` to `end` (exclusive), joined, as a copy. */
  slice(start: number, end: number): Uint8Array;
  close(): void;
}

export function requireWithin({ length }: HashColumn, start: number, end: number): void {
  if (start < 0 || end > length) throw new RangeError('A hash beyond the size of the tree');
}

/** Hashes in one buffer: a million small arrays would cost ten times the memory. */
export class MemoryColumn implements HashColumn {
  #bytes = new Uint8Array(64 * HASH_BYTES);
  length = 0;

  push(hash: Uint8Array): void {
    const end = (this.length + 1) * HASH_BYTES;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#bytes.length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(hash, end - HASH_BYTES);
    this.length += 1;
  }

  slice(start: number, end: number): Uint8Array {
    requireWithin(this, start, end);
    return this.#bytes.slice(start * HASH_BYTES, end * HASH_BYTES);
  }

  close(): void {}
}
