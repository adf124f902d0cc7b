/**
 * Downloads all entries of a log and all tiles, and holds the one against the other.
 * @module
 */
import { equalBytes } from '../../protocol/bytes.ts';
import { TILE_WIDTH, tilePath, tilesAtLevel } from '../../protocol/log/tiles.ts';
import { hashLeaf } from '../../protocol/log/tree.ts';
import { HashTree } from '../hash-tree.ts';
import { auditError } from './errors.ts';
import { inOrder, type LogReader } from './log-reader.ts';

/** Told of progress: `done` of `total` files of a kind. */
export type ProgressListener = (stage: 'entries' | 'tiles', done: number, total: number) => void;

/** Requests under way at a time. */
const PARALLEL = 8;
const TILE_LEVELS = 8;

/** The tree of all `size` entries; each bundle is handed to `visit`, in order. */
export async function downloadEntries(
  reader: LogReader,
  size: number,
  visit: (entries: Uint8Array[]) => Promise<void>,
  onProgress: ProgressListener,
): Promise<HashTree> {
  const tree = new HashTree();
  const bundles = [...tilesAtLevel(0, size)];
  let done = 0;
  const downloads = inOrder(bundles, PARALLEL, ({ index, width }) => reader.entries(index, width));
  for await (const entries of downloads) {
    for (const entry of entries) tree.append(hashLeaf(entry));
    await visit(entries);
    done += 1;
    onProgress('entries', done, bundles.length);
  }
  return tree;
}

/** Compares every tile of every level with the tree; returns how many there are. Throws WAX_AUDIT_TILE. */
export async function requireTiles(
  reader: LogReader,
  tree: HashTree,
  onProgress: ProgressListener,
): Promise<number> {
  const tiles = [...tilesOf(tree.size)];
  let done = 0;
  const downloads = inOrder(tiles, PARALLEL, async (tile) => ({
    ...tile,
    bytes: await reader.tile(tile.level, tile.index, tile.width),
  }));
  for await (const { level, index, width, bytes } of downloads) {
    const start = index * TILE_WIDTH;
    if (!equalBytes(bytes, tree.hashes(TILE_LEVELS * level, start, start + width))) {
      throw auditError('WAX_AUDIT_TILE', tilePath(level, index, width));
    }
    done += 1;
    onProgress('tiles', done, tiles.length);
  }
  return tiles.length;
}

function* tilesOf(size: number): Generator<{ level: number; index: number; width: number }> {
  for (let level = 0; TILE_WIDTH ** level <= size; level++) {
    for (const tile of tilesAtLevel(level, size)) yield { level, ...tile };
  }
}
