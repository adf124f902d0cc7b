import { encodeEntryBundle, entriesPath, TILE_WIDTH, tilePath } from '../protocol/log/tiles.ts';
import type { HashTree } from './hash-tree.ts';
import type { EntryStore, StaticFile } from './storage/storage.ts';

/** Tree levels in one tile level. */
const TILE_LEVELS = 8;

interface TileRange {
  level: number;
  index: number;
  width: number;
}

/** Tiles whose content differs between trees of `oldSize` and `newSize` entries, at their width in the newer. */
function* changedTiles(oldSize: number, newSize: number): Generator<TileRange> {
  for (let level = 0, unit = 1; unit <= newSize; level++, unit *= TILE_WIDTH) {
    const [from, to] = [Math.floor(oldSize / unit), Math.floor(newSize / unit)];
    if (from === to) continue;
    for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
      yield { level, index, width: Math.min(TILE_WIDTH, to - index * TILE_WIDTH) };
    }
  }
}

/**
 * The static files (C2SP tlog-tiles) that a tree of `newSize` entries has and one of `oldSize` has not. They
 * follow from the stored entries alone, so writing them again after a crash changes nothing.
 */
export async function* changedFiles(
  oldSize: number,
  newSize: number,
  tree: HashTree,
  store: EntryStore,
): AsyncGenerator<StaticFile> {
  for (const { level, index, width } of changedTiles(oldSize, newSize)) {
    const start = index * TILE_WIDTH;
    yield {
      path: tilePath(level, index, width),
      bytes: tree.hashes(TILE_LEVELS * level, start, start + width),
    };
    if (level > 0) continue;
    const entries = await store.entries(start, start + width);
    yield { path: entriesPath(index, width), bytes: encodeEntryBundle(entries.map(({ entry }) => entry)) };
  }
}

/** Folders of partial tiles that were superseded by a full one when the log grew from `oldSize` to `newSize`. */
export function* supersededFolders(oldSize: number, newSize: number): Generator<string> {
  for (const { level, index, width } of changedTiles(oldSize, newSize)) {
    if (width < TILE_WIDTH) continue;
    yield `${tilePath(level, index)}.p`;
    if (level === 0) yield `${entriesPath(index)}.p`;
  }
}
