import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, u32 } from '../../protocol/bytes.ts';
import {
  entriesPath,
  parseEntryBundle,
  parseTile,
  tilePath,
  tilesAtLevel,
} from '../../protocol/log/tiles.ts';
import { hashLeaf } from '../../protocol/log/tree.ts';
import { HashTree } from '../../transparency-log/hash-tree.ts';
import type { EntryStore } from '../../transparency-log/storage/storage.ts';
import { changedFiles, supersededFolders } from '../../transparency-log/tree-files.ts';

const MOST = 70_000;
const tree = new HashTree();
for (let index = 0; index < MOST; index++) tree.append(hashLeaf(u32(index)));
const store = {
  entries: async (start: number, end: number) =>
    Array.from({ length: end - start }, (_, offset) => ({
      index: start + offset,
      entry: u32(start + offset),
      statement: new Uint8Array(32),
      kind: 'release',
      sequencedAt: 0,
    })),
} as Pick<EntryStore, 'entries'> as EntryStore;

async function pathsBetween(oldSize: number, newSize: number): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of changedFiles(oldSize, newSize, tree, store)) paths.push(path);
  return paths;
}

/** By the letter of tlog-tiles: all files of a tree of that size. */
function pathsOf(size: number): string[] {
  const hashes = [0, 1, 2].flatMap((level) =>
    [...tilesAtLevel(level, size)].map(({ index, width }) => tilePath(level, index, width)),
  );
  return [...hashes, ...[...tilesAtLevel(0, size)].map(({ index, width }) => entriesPath(index, width))];
}

describe('the static files of a tree', () => {
  it('are together exactly those of tlog-tiles', async () => {
    for (const size of [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, MOST]) {
      expect((await pathsBetween(0, size)).sort()).toEqual(pathsOf(size).sort());
    }
  });

  it('are complete after any growth: what was there and what is written hold every file of the new size', async () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 2000 }));
    await fc.assert(
      fc.asyncProperty(pair, async ([oldSize, growth]) => {
        const newSize = oldSize + growth;
        const there = new Set([...pathsOf(oldSize), ...(await pathsBetween(oldSize, newSize))]);
        for (const path of pathsOf(newSize)) expect(there).toContain(path);
      }),
      { seed: 20261122, numRuns: 60 },
    );
  });

  it('hold the hashes and entries of their place', async () => {
    for await (const { path, bytes } of changedFiles(65_000, 65_600, tree, store)) {
      if (path === tilePath(2, 0, 1)) expect(toHex(bytes)).toBe(toHex(tree.hashAt(16, 0)));
      if (path === tilePath(1, 0))
        expect(toHex(parseTile(bytes, 256)[255] ?? bytes)).toBe(toHex(tree.hashAt(8, 255)));
      if (path === entriesPath(256, 64)) {
        expect(parseEntryBundle(bytes, 64).map(toHex)).toEqual(
          Array.from({ length: 64 }, (_, i) => toHex(u32(65_536 + i))),
        );
      }
    }
  });

  it('lose only folders of partial tiles that have a full one', () => {
    expect([...supersededFolders(0, 255)]).toEqual([]);
    expect([...supersededFolders(200, 300)]).toEqual(['tile/0/000.p', 'tile/entries/000.p']);
    expect([...supersededFolders(300, 600)]).toEqual(['tile/0/001.p', 'tile/entries/001.p']);
    expect([...supersededFolders(65_500, 65_600)]).toContain('tile/1/000.p');
  });
});
