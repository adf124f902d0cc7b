/**
 * The Merkle tree of RFC 6962 section 2.1 over SHA-256: hashes, a frontier that appends in O(log n), and
 * inclusion and consistency proofs. Sizes are numbers up to 2^53 - 1, so halving is division, never a shift.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes } from '../bytes.ts';
import { logError } from './errors.ts';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Hash of an entry: SHA-256(0x00 ‖ entry). */
export function hashLeaf(entry: Uint8Array): Uint8Array {
  return sha256.create().update(LEAF).update(entry).digest();
}

/** Hash of an interior node: SHA-256(0x01 ‖ left ‖ right). */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE, left, right));
}

/** Root of the tree without entries: SHA-256 of nothing. */
export const emptyRoot: Uint8Array = sha256(new Uint8Array(0));

const half = (value: number) => Math.floor(value / 2);
const isOdd = (value: number) => value % 2 === 1;

function requireSize(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw logError('WAX_LOG_SIZE', name);
}

function countOnes(value: number): number {
  let ones = 0;
  for (let rest = value; rest > 0; rest = half(rest)) if (isOdd(rest)) ones += 1;
  return ones;
}

/** The roots of the complete subtrees along the right edge: all that is needed to append and to know the root. */
export class Frontier {
  #size: number;
  readonly #hashes: Uint8Array[];

  private constructor(size: number, hashes: readonly Uint8Array[]) {
    this.#size = size;
    this.#hashes = [...hashes];
  }

  static empty(): Frontier {
    return new Frontier(0, []);
  }

  /** Restores a frontier: one hash for each set bit of `size`, the largest subtree first. */
  static from(size: number, hashes: readonly Uint8Array[]): Frontier {
    requireSize(size, 'frontier');
    if (hashes.length !== countOnes(size) || hashes.some((hash) => hash.length !== 32)) {
      throw logError('WAX_LOG_FRONTIER', `${hashes.length} hashes for size ${size}`);
    }
    return new Frontier(size, hashes);
  }

  get size(): number {
    return this.#size;
  }

  append(leafHash: Uint8Array): void {
    if (leafHash.length !== 32) throw logError('WAX_LOG_HASH');
    requireSize(this.#size + 1, 'frontier');
    let hash = leafHash;
    for (let rest = this.#size; isOdd(rest); rest = half(rest)) {
      hash = hashNode(this.#hashes.pop() as Uint8Array, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    return this.#size === 0 ? emptyRoot : this.#hashes.reduceRight((right, left) => hashNode(left, right));
  }

  hashes(): Uint8Array[] {
    return [...this.#hashes];
  }

  clone(): Frontier {
    return new Frontier(this.#size, this.#hashes);
  }
}

export interface InclusionClaim {
  index: number;
  size: number;
  leafHash: Uint8Array;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}

/** Proves that `leafHash` is at `index` in the tree of `size` leaves with `root` (RFC 9162 section 2.1.3.2), or throws. */
export function verifyInclusion({ index, size, leafHash, proof, root }: InclusionClaim): void {
  requireSize(index, 'index');
  requireSize(size, 'size');
  if (index >= size) throw logError('WAX_LOG_INCLUSION', `index ${index} in a tree of ${size}`);
  requireHashes([leafHash, root, ...proof]);
  let node = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) throw logError('WAX_LOG_INCLUSION', 'too many hashes');
    if (isOdd(node) || node === last) {
      hash = hashNode(sibling, hash);
      // A right-edge node without a right sibling moves up unchanged until it is a right child.
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw logError('WAX_LOG_INCLUSION', 'too few hashes');
  if (!equalBytes(hash, root)) throw logError('WAX_LOG_INCLUSION', 'other root');
}

export interface ConsistencyClaim {
  oldSize: number;
  oldRoot: Uint8Array;
  newSize: number;
  newRoot: Uint8Array;
  proof: readonly Uint8Array[];
}

/**
 * Proves that the new tree starts with all entries of the old one (RFC 9162 section 2.1.4.2), or throws.
 * An old size of 0 has no proof and is refused: every tree extends the empty one, which callers decide themselves.
 */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }: ConsistencyClaim): void {
  requireSize(oldSize, 'old size');
  requireSize(newSize, 'new size');
  if (oldSize === 0 || oldSize > newSize)
    throw logError('WAX_LOG_CONSISTENCY', `from ${oldSize} to ${newSize}`);
  if (oldSize === newSize) {
    if (proof.length > 0) throw logError('WAX_LOG_CONSISTENCY', 'too many hashes');
    if (!equalBytes(oldRoot, newRoot)) throw logError('WAX_LOG_CONSISTENCY', 'two roots for one size');
    return;
  }
  requireHashes([oldRoot, newRoot, ...proof]);
  let node = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  // When the old tree is a complete subtree of the new one, its root is the node that the proof leaves out.
  const [first, ...rest] = countOnes(oldSize) === 1 ? [oldRoot, ...proof] : proof;
  if (first === undefined) throw logError('WAX_LOG_CONSISTENCY', 'too few hashes');
  let oldHash = first;
  let newHash = first;
  for (const sibling of rest) {
    if (last === 0) throw logError('WAX_LOG_CONSISTENCY', 'too many hashes');
    if (isOdd(node) || node === last) {
      oldHash = hashNode(sibling, oldHash);
      newHash = hashNode(sibling, newHash);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newHash = hashNode(newHash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw logError('WAX_LOG_CONSISTENCY', 'too few hashes');
  if (!equalBytes(oldHash, oldRoot)) throw logError('WAX_LOG_CONSISTENCY', 'other old root');
  if (!equalBytes(newHash, newRoot)) throw logError('WAX_LOG_CONSISTENCY', 'other new root');
}

function requireHashes(hashes: readonly Uint8Array[]): void {
  if (hashes.some((hash) => hash.length !== 32)) throw logError('WAX_LOG_HASH');
}

/** Hash of the complete subtree over leaves [index · 2^level, (index + 1) · 2^level). */
export type HashAt = (level: number, index: number) => Uint8Array;

/** The largest power of two below `size` (which is at least 2), as an exponent. */
function splitLevel(size: number): number {
  let level = 0;
  while (2 ** (level + 1) < size) level += 1;
  return level;
}

/** Hash of leaves [start, end), where `start` is aligned for the largest complete subtree inside. */
function rangeHash(start: number, end: number, hashAt: HashAt): Uint8Array {
  const size = end - start;
  const level = size === 1 ? 0 : splitLevel(size);
  const width = 2 ** level;
  if (size === 1) return hashAt(0, start);
  if (size === 2 * width) return hashAt(level + 1, start / (2 * width));
  return hashNode(hashAt(level, start / width), rangeHash(start + width, end, hashAt));
}

/** Root of the first `size` leaves, out of complete subtrees. */
export function rootAt(size: number, hashAt: HashAt): Uint8Array {
  requireSize(size, 'size');
  return size === 0 ? emptyRoot : rangeHash(0, size, hashAt);
}

/** Hash of the leaves from `start` to the end of a tree of `size`, where `start` ends a complete subtree of it. */
export type EdgeAt = (start: number, size: number) => Uint8Array;

/**
 * PATH(m, D[n]) of RFC 6962 section 2.1.1: from the leaf's sibling up. Without `edgeAt` the one sibling that is
 * no complete subtree, what lies to the right of the leaf's own, is hashed anew.
 */
export function inclusionProof(
  index: number,
  size: number,
  hashAt: HashAt,
  edgeAt: EdgeAt = (start, end) => rangeHash(start, end, hashAt),
): Uint8Array[] {
  requireSize(index, 'index');
  requireSize(size, 'size');
  if (index >= size) throw logError('WAX_LOG_SIZE', `index ${index} in a tree of ${size}`);
  // The complete subtrees of the tree, the largest first: those left of the leaf, and the one with it.
  const left: Uint8Array[] = [];
  let start = 0;
  let level = splitLevel(size + 1);
  for (; start + 2 ** level <= index || start + 2 ** level > size; level--) {
    if (start + 2 ** level > size) continue;
    left.push(hashAt(level, start / 2 ** level));
    start += 2 ** level;
  }
  const proof: Uint8Array[] = [];
  for (let below = 0, node = index; below < level; below++, node = half(node)) {
    proof.push(hashAt(below, isOdd(node) ? node - 1 : node + 1));
  }
  const end = start + 2 ** level;
  if (end < size) proof.push(edgeAt(end, size));
  return [...proof, ...left.reverse()];
}

/** PROOF(m, D[n]) of RFC 6962 section 2.1.2; empty for equal sizes and for an old size of 0. */
export function consistencyProof(oldSize: number, newSize: number, hashAt: HashAt): Uint8Array[] {
  requireSize(oldSize, 'old size');
  requireSize(newSize, 'new size');
  if (oldSize > newSize) throw logError('WAX_LOG_SIZE', `from ${oldSize} to ${newSize}`);
  if (oldSize === 0 || oldSize === newSize) return [];
  const proof: Uint8Array[] = [];
  let [start, end] = [0, newSize];
  while (oldSize !== end) {
    const middle = start + 2 ** splitLevel(end - start);
    if (oldSize <= middle) {
      proof.push(rangeHash(middle, end, hashAt));
      end = middle;
    } else {
      proof.push(rangeHash(start, middle, hashAt));
      start = middle;
    }
  }
  // The old root itself is known to the verifier; anything smaller has to be given.
  if (start > 0) proof.push(rangeHash(start, end, hashAt));
  return proof.reverse();
}
