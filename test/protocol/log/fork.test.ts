import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { proveFork, tilesForGrowth } from '../../../protocol/log/fork.ts';
import { LogBuilder } from '../../support/log-builder.ts';

/** A tree of fillers that leaves the common history at entry `apart`. */
async function tree(size: number, apart: number): Promise<LogBuilder> {
  const log = await LogBuilder.create();
  while (log.size < size) log.addBytes(utf8(log.size < apart ? `common ${log.size}` : `own ${log.size}`));
  return log;
}

/** Only the tiles that were asked for, out of this log. */
function tilesOf(log: LogBuilder, oldSize: number, newSize: number) {
  const asked = new Map(
    tilesForGrowth(oldSize, newSize).map(({ level, index, width }) => [
      `${level}/${index}`,
      Array.from({ length: width }, (_, i) => log.hashAt(8 * level, 256 * index + i)),
    ]),
  );
  return (level: number, index: number) => asked.get(`${level}/${index}`) ?? [];
}

describe('proveFork', () => {
  test('finds every fork at or before the old size, and none in a tree that only grew', async () => {
    const honest = await tree(700, 700);
    const sizes = fc.tuple(fc.integer({ min: 2, max: 699 }), fc.integer({ min: 1, max: 200 }), fc.nat());
    const property = fc.asyncProperty(sizes, async ([oldSize, growth, where]) => {
      const apart = 1 + (where % (oldSize + growth - 1));
      const newSize = oldSize + growth;
      const other = await tree(newSize, apart);
      const claim = { oldSize, oldRoot: honest.root(oldSize), newSize, newRoot: other.root() };
      expect(proveFork(claim, tilesOf(other, oldSize, newSize)) !== null).toBe(apart < oldSize);
    });
    await fc.assert(property, { seed: 3, numRuns: 25 });
  });

  test('is not taken in by tiles of another tree', async () => {
    const [honest, other, third] = [await tree(300, 300), await tree(400, 10), await tree(400, 20)];
    const claim = { oldSize: 300, oldRoot: honest.root(), newSize: 400, newRoot: other.root() };
    expect(proveFork(claim, tilesOf(other, 300, 400))?.root).toEqual(other.root(300));
    expect(proveFork(claim, tilesOf(third, 300, 400))).toBeNull();
  });

  test('asks for few tiles, of the width that the new tree has', async () => {
    expect(tilesForGrowth(1, 2)).toEqual([{ level: 0, index: 0, width: 2 }]);
    expect(tilesForGrowth(70_000, 100_000).length).toBeLessThan(8);
    for (const { level, index, width } of tilesForGrowth(70_000, 100_000)) {
      expect(width).toBe(Math.min(256, Math.floor(100_000 / 256 ** level) - 256 * index));
    }
  });
});
