/**
 * Tells a fork from bad files. When the entries that a log serves do not lead from a known tree to its new
 * root, either the files are wrong or the new tree does not begin with the known one. The hash tiles of the
 * new tree decide: if they meet the new root and hold another tree at the old size, the log has forked.
 * @module
 */
import { equalBytes } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import type { Ancestor } from './evidence.ts';
import { TILE_WIDTH } from './tiles.ts';
import { consistencyProof, type HashAt, hashNode, rootAt, verifyConsistency } from './tree.ts';

export interface GrowthClaim {
  oldSize: number;
  oldRoot: Uint8Array;
  newSize: number;
  newRoot: Uint8Array;
}

export interface TileWanted {
  level: number;
  index: number;
  width: number;
}

/** Levels of the tree in one tile. */
const TILE_HEIGHT = 8;

/** Where the node over leaves [index · 2^level, …) comes from: `count` hashes of a tile, from `first` on. */
function place(level: number, index: number) {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  return { tileLevel, tileIndex: Math.floor(first / TILE_WIDTH), first: first % TILE_WIDTH, count };
}

/** The hash tiles of the new tree that decide; `oldSize` is at least 1 and below `newSize`. */
export function tilesForGrowth(oldSize: number, newSize: number): TileWanted[] {
  const wanted = new Map<string, TileWanted>();
  const note: HashAt = (level, index) => {
    const { tileLevel, tileIndex } = place(level, index);
    const hashes = Math.floor(newSize / TILE_WIDTH ** tileLevel) - TILE_WIDTH * tileIndex;
    const width = Math.min(TILE_WIDTH, hashes);
    wanted.set(`${tileLevel}/${tileIndex}`, { level: tileLevel, index: tileIndex, width });
    return new Uint8Array(32);
  };
  consistencyProof(oldSize, newSize, note);
  rootAt(oldSize, note);
  return [...wanted.values()];
}

function subtreeRoot(hashes: readonly Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  const half = hashes.length / 2;
  return hashNode(subtreeRoot(hashes.slice(0, half)), subtreeRoot(hashes.slice(half)));
}

/** The hashes of each tile that `tilesForGrowth` asked for. */
export type TileAt = (level: number, index: number) => readonly Uint8Array[];

/**
 * The root that a tree had at an earlier size, proven by its own tiles.
 * @returns null if the tiles prove nothing, because they do not meet the new root
 */
export function rootBefore(
  { oldSize, newSize, newRoot }: Omit<GrowthClaim, 'oldRoot'>,
  tileAt: TileAt,
): Ancestor | null {
  const hashAt: HashAt = (level, index) => {
    const { tileLevel, tileIndex, first, count } = place(level, index);
    return subtreeRoot(tileAt(tileLevel, tileIndex).slice(first, first + count));
  };
  const root = rootAt(oldSize, hashAt);
  const proof = consistencyProof(oldSize, newSize, hashAt);
  try {
    verifyConsistency({ oldSize, oldRoot: root, newSize, newRoot, proof });
    return { root, proof };
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

/**
 * What proves that the new tree does not begin with the old one: its own root at the old size, another than the
 * known one, and the consistency proof.
 * @returns null too if the tiles prove nothing
 */
export function proveFork(claim: GrowthClaim, tileAt: TileAt): Ancestor | null {
  const found = rootBefore(claim, tileAt);
  return found === null || equalBytes(found.root, claim.oldRoot) ? null : found;
}
