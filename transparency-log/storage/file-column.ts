import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { HASH_BYTES, type HashColumn, requireWithin } from '../hash-column.ts';

/** Hashes that are held in memory until there is one more: as many as a tile takes. */
const BLOCK = 256;

/**
 * Hashes in a file of their own, which is begun anew: they follow from the entries. The last ones, up to a block, are
 * in memory. A tree that appends reads the last pair of a column only, and its root the last hash of those columns
 * whose length is odd: so what a log signs never comes back from a disk that may have changed it.
 */
export class FileColumn implements HashColumn {
  readonly #file: number;
  readonly #block = new Uint8Array(BLOCK * HASH_BYTES);
  /** Hashes in the file. */
  #written = 0;
  length = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w+', 0o600);
  }

  push(hash: Uint8Array): void {
    if (this.length - this.#written === BLOCK) this.#write();
    this.#block.set(hash, (this.length - this.#written) * HASH_BYTES);
    this.length += 1;
  }

  #write(): void {
    const at = this.#written * HASH_BYTES;
    for (let done = 0; done < this.#block.length; ) {
      done += writeSync(this.#file, this.#block, done, this.#block.length - done, at + done);
    }
    this.#written += BLOCK;
  }

  slice(start: number, end: number): Uint8Array {
    requireWithin(this, start, end);
    const bytes = new Uint8Array((end - start) * HASH_BYTES);
    const filed = Math.max(0, Math.min(end, this.#written) - start);
    this.#read(bytes.subarray(0, filed * HASH_BYTES), start);
    const [from, to] = [start + filed - this.#written, end - this.#written];
    if (to > from) bytes.set(this.#block.subarray(from * HASH_BYTES, to * HASH_BYTES), filed * HASH_BYTES);
    return bytes;
  }

  #read(into: Uint8Array, start: number): void {
    const at = start * HASH_BYTES;
    for (let done = 0; done < into.length; ) {
      const read = readSync(this.#file, into, done, into.length - done, at + done);
      if (read === 0) throw new RangeError('The file of hashes was cut off');
      done += read;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
