/**
 * The attestation batch (wire-format.md B3): one hardware report covers up to 1,024 sessions, whose leaves
 * are the ends of a tree that is always ten levels deep, so that a path says nothing about the others.
 * @module
 */
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, lp } from '../bytes.ts';
import { sessionError } from './errors.ts';

export const BATCH_DEPTH = 10;
export const BATCH_SLOTS = 1 << BATCH_DEPTH;

/** Leaf of a session: client nonce (32), session header (32), hash of the public key. */
export function batchLeaf(session: {
  nonce: Uint8Array;
  headerBytes: Uint8Array;
  pk: Uint8Array;
}): Uint8Array<ArrayBuffer> {
  const { nonce, headerBytes, pk } = session;
  // Fixed lengths are what makes this concatenation readable in one way only.
  if (nonce.length !== 32 || headerBytes.length !== 32)
    throw sessionError('WAX_SESSION_BATCH', 'leaf fields');
  return hash(Uint8Array.of(0), lp('waxseal/1 leaf'), nonce, headerBytes, hash(pk));
}

const hash = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> => sha256(concatBytes(...parts));
const node = (left: Uint8Array, right: Uint8Array) => hash(Uint8Array.of(1), left, right);

/** Root that a leaf at `slot` reaches over its ten siblings, leaf level first. */
export function foldPath(leaf: Uint8Array, slot: number, path: readonly Uint8Array[]): Uint8Array {
  if (path.length !== BATCH_DEPTH) throw sessionError('WAX_SESSION_BATCH', `${path.length} levels`);
  if (!Number.isInteger(slot) || slot < 0 || slot >= BATCH_SLOTS) {
    throw sessionError('WAX_SESSION_BATCH', `slot ${slot}`);
  }
  return path.reduce<Uint8Array>(
    (below, sibling, level) => ((slot >> level) & 1 ? node(sibling, below) : node(below, sibling)),
    leaf,
  );
}

/** The 64 bytes that the hardware signs: batch root and runtime statement. */
export function reportData(root: Uint8Array, statement: Uint8Array): Uint8Array<ArrayBuffer> {
  return sha512(concatBytes(lp('waxseal/1 report'), root, hash(statement)));
}

function randomSlots(count: number): number[] {
  const slots = Array.from({ length: BATCH_SLOTS }, (_, slot) => slot);
  // Fisher-Yates, from the front; 32 random bits over at most 1,024 choices leave a bias below 2^-22.
  const random = crypto.getRandomValues(new Uint32Array(count));
  for (let index = 0; index < count; index++) {
    const other = index + ((random[index] as number) % (BATCH_SLOTS - index));
    [slots[index], slots[other]] = [slots[other] as number, slots[index] as number];
  }
  return slots.slice(0, count);
}

/**
 * Server side: a batch of 1 to 1,024 leaves in random free slots. An empty subtree is one random value at
 * its top, which nobody can tell from the hash of a full one.
 */
export class BatchTree {
  readonly root: Uint8Array;
  readonly #slots: number[];
  readonly #levels: Map<number, Uint8Array>[];

  constructor(leaves: readonly Uint8Array[]) {
    if (leaves.length < 1 || leaves.length > BATCH_SLOTS) {
      throw sessionError('WAX_SESSION_BATCH', `${leaves.length} leaves`);
    }
    this.#slots = randomSlots(leaves.length);
    let level = new Map(this.#slots.map((slot, index) => [slot, leaves[index] as Uint8Array]));
    this.#levels = [level];
    for (let depth = 0; depth < BATCH_DEPTH; depth++) {
      const above = new Map<number, Uint8Array>();
      for (const position of new Set([...level.keys()].map((key) => key >> 1))) {
        const [left, right] = [2 * position, 2 * position + 1].map((key) => {
          const value = level.get(key) ?? crypto.getRandomValues(new Uint8Array(32));
          level.set(key, value);
          return value;
        }) as [Uint8Array, Uint8Array];
        above.set(position, node(left, right));
      }
      level = above;
      this.#levels.push(level);
    }
    this.root = level.get(0) as Uint8Array;
  }

  /** Slot and siblings of the leaf that was given at `index`. */
  place(index: number): { slot: number; path: Uint8Array[] } {
    const slot = this.#slots[index];
    if (slot === undefined) throw sessionError('WAX_SESSION_BATCH', `leaf ${index}`);
    const path = Array.from(
      { length: BATCH_DEPTH },
      (_, level) => this.#levels[level]?.get((slot >> level) ^ 1) as Uint8Array,
    );
    return { slot, path };
  }
}
