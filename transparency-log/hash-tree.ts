import { type EdgeAt, type HashAt, hashNode, inclusionProof, rootAt } from '../protocol/log/tree.ts';
import { type HashColumn, MemoryColumn } from './hash-column.ts';

/** From the start of each complete subtree of a tree of `size`, the hash of everything from there on. */
function edgeHashes(size: number, hashAt: HashAt): Map<number, Uint8Array> {
  const hashes = new Map<number, Uint8Array>();
  let hash: Uint8Array | null = null;
  let start = size;
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 0) continue;
    start -= 2 ** level;
    const subtree = hashAt(level, start / 2 ** level);
    hash = hash === null ? subtree : hashNode(subtree, hash);
    hashes.set(start, hash);
  }
  return hashes;
}

/** All complete subtrees of the log's tree (64 bytes an entry): what proofs and tiles are read from. */
export class HashTree {
  readonly #levels: HashColumn[] = [];
  readonly #newColumn: (level: number) => HashColumn;
  /** The right edge of the tree that was last asked about: from each place on, the hash of all that follows. */
  #edge = { size: 0, hashes: new Map<number, Uint8Array>() };

  /** @param newColumn makes the list of hashes of a level; in memory unless said */
  constructor(newColumn: (level: number) => HashColumn = () => new MemoryColumn()) {
    this.#newColumn = newColumn;
  }

  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  append(leafHash: Uint8Array): void {
    let hash = leafHash;
    for (let level = 0; ; level++) {
      let column = this.#levels[level];
      if (!column) {
        column = this.#newColumn(level);
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
  readonly hashAt: HashAt = (level, index) => this.hashes(level, index, index + 1);

  /** Inclusion proof in the tree of the first `size` entries. All proofs of one size hash its right edge once. */
  proof(index: number, size: number): Uint8Array[] {
    return inclusionProof(index, size, this.hashAt, this.#edgeAt);
  }

  readonly #edgeAt: EdgeAt = (start, size) => {
    if (this.#edge.size !== size) this.#edge = { size, hashes: edgeHashes(size, this.hashAt) };
    const hash = this.#edge.hashes.get(start);
    if (!hash) throw new RangeError('No complete subtree ends there');
    return hash.slice();
  };

  /** Neighbouring subtree hashes of one level, joined: the content of a tile. */
  hashes(level: number, start: number, end: number): Uint8Array {
    const column = this.#levels[level];
    if (!column) throw new RangeError('A hash beyond the size of the tree');
    return column.slice(start, end);
  }

  close(): void {
    for (const column of this.#levels) column.close();
  }
}
