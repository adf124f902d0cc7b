import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex, u32 } from '../../../protocol/bytes.ts';
import { hashLeaf } from '../../../protocol/log/tree.ts';
import { type HashColumn, MemoryColumn } from '../../../transparency-log/hash-column.ts';
import { HashTree } from '../../../transparency-log/hash-tree.ts';
import { FileColumn } from '../../../transparency-log/storage/file-column.ts';

const SEED = 20261129;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-column-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function fill(column: HashColumn, length: number): HashColumn {
  for (let index = 0; index < length; index++) column.push(sha256(u32(index)));
  return column;
}

describe('hashes in a file', () => {
  it('are those that were pushed, whatever part is asked for and however many there are', () => {
    const lengths = [0, 1, 255, 256, 257, 511, 512, 513, 1500];
    const column = fc.constantFrom(...lengths).chain((length) => {
      const place = fc.integer({ min: 0, max: length });
      return fc.tuple(fc.constant(length), place, place);
    });
    const made = new Map(
      lengths.map((length) => [
        length,
        {
          filed: fill(new FileColumn(join(folder, String(length))), length),
          held: fill(new MemoryColumn(), length),
        },
      ]),
    );
    fc.assert(
      fc.property(column, ([length, a, b]) => {
        const { filed, held } = made.get(length) ?? {};
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        expect(filed?.length).toBe(length);
        expect(filed?.slice(start, end)).toEqual(held?.slice(start, end));
      }),
      { seed: SEED, numRuns: 400 },
    );
    for (const { filed } of made.values()) filed.close();
  });

  it('are begun anew, whatever an earlier process left', async () => {
    await writeFile(join(folder, 'hashes'), new Uint8Array(100_000).fill(1));
    const column = fill(new FileColumn(join(folder, 'hashes')), 300);
    expect(column.slice(0, 300)).toEqual(fill(new MemoryColumn(), 300).slice(0, 300));
    expect(() => column.slice(300, 301)).toThrow(RangeError);
    column.close();
  });

  it('are refused where the file was cut off', async () => {
    const column = fill(new FileColumn(join(folder, 'hashes')), 300);
    await truncate(join(folder, 'hashes'), 32);
    expect(column.slice(0, 1)).toHaveLength(32);
    expect(() => column.slice(0, 2)).toThrow(RangeError);
    column.close();
  });
});

describe('a tree with its hashes in files', () => {
  const leaves = Array.from({ length: 1100 }, (_, index) => hashLeaf(u32(index)));
  const file = (level: number) => join(folder, String(level));

  it('has the roots, the proofs and the tiles of one in memory', () => {
    const [filed, held] = [new HashTree((level) => new FileColumn(file(level))), new HashTree()];
    for (const leaf of leaves) {
      filed.append(leaf);
      held.append(leaf);
    }
    for (const size of [1, 2, 255, 256, 257, 1000, 1100]) {
      expect(filed.root(size)).toEqual(held.root(size));
      for (const index of [0, size >> 1, size - 1])
        expect(filed.proof(index, size)).toEqual(held.proof(index, size));
    }
    expect(filed.hashes(0, 256, 512)).toEqual(held.hashes(0, 256, 512));
    filed.close();
  });

  it('goes on to have the right root when its files are damaged under it', async () => {
    const [filed, held] = [new HashTree((level) => new FileColumn(file(level))), new HashTree()];
    for (const leaf of leaves) {
      filed.append(leaf);
      held.append(leaf);
      if (filed.size % 100 > 0) continue;
      for (let level = 0; level < 4; level++) await writeFile(file(level), new Uint8Array(40_000).fill(0xff));
      expect(toHex(filed.root())).toBe(toHex(held.root()));
    }
    expect(toHex(filed.root())).toBe(toHex(held.root()));
    filed.close();
  });
});
