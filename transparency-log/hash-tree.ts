import { hashNode, rootAt } from '../protocol/log/tree.ts';

const HASH_BYTES = 32;

/** A growing list of hashes in one buffer: a million small arrays would cost ten times the memory. */
class HashColumn {
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

  /** Hashes `start` to `end` (exclusive), joined, as a copy. */
  slice(start: number, end: number): Uint8Array {
    if (start < 0 || end > this.length) throw new RangeError('A hash beyond the size of the tree');
    return this.#bytes.slice(start * HASH_BYTES, end * HASH_BYTES);
  }
}

/** All complete subtrees of the log's tree, in memory (64 bytes an entry): what proofs and tiles are read from. */
export class HashTree {
  readonly #levels: HashColumn[] = [];

  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  append(leafHash: Uint8Array): void {
    let hash = leafHash;
    for (let level = 0; ; level++) {
      let column = this.#levels[level];
      if (!column) {
        column = new HashColumn();
        this.#levels[level] = column;
      }
      column.push(hash);
      if (column.length % 2 === 1) return;
      hash = hashNode(column.slice(column.length - 2, column.length - 1), hash);
    }
  }

  /** Root of the first `size` entries, in O(log n). */
  root(size: number = this.size): Uint8Array {
    return rootAt(size, this.hashAt);
  }

  /** Hash of the complete subtree over [index · 2^level, (index + 1) · 2^level). */
  readonly hashAt = (level: number, index: number): Uint8Array => this.hashes(level, index, index + 1);

  /** Neighbouring subtree hashes of one level, joined: the content of a tile. */
  hashes(level: number, start: number, end: number): Uint8Array {
    const column = this.#levels[level];
    if (!column) throw new RangeError('A hash beyond the size of the tree');
    return column.slice(start, end);
  }
}
