import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeEntryBundle,
  entriesPath,
  parseEntryBundle,
  parseTile,
  parseTilePath,
  tilePath,
  tilesAtLevel,
} from '../../../protocol/log/tiles.ts';

const seed = 256;

describe('tile paths', () => {
  it('writes the examples of the standard', () => {
    expect(tilePath(0, 1234067)).toBe('tile/0/x001/x234/067');
    expect(tilePath(0, 1234, 5)).toBe('tile/0/x001/234.p/5');
    expect(tilePath(63, 0, 256)).toBe('tile/63/000');
    expect(entriesPath(1000, 1)).toBe('tile/entries/x001/000.p/1');
  });

  it('reads back every path it writes', () => {
    const index = fc.oneof(fc.nat(3000), fc.maxSafeNat());
    fc.assert(
      fc.property(fc.nat(63), index, fc.integer({ min: 1, max: 256 }), (level, at, width) => {
        expect(parseTilePath(tilePath(level, at, width))).toEqual({ level, index: at, width });
        expect(parseTilePath(entriesPath(at, width))).toEqual({ level: 'entries', index: at, width });
      }),
      { seed },
    );
  });

  it('refuses a second spelling of an address, and what is no address', () => {
    for (const path of [
      '/tile/0/000',
      'tile/0/0',
      'tile/0/0000',
      'tile/00/000',
      'tile/64/000',
      'tile/-1/000',
      'tile/0/x000/001',
      'tile/0/001/234',
      'tile/0/x001',
      'tile/0/000.p/0',
      'tile/0/000.p/01',
      'tile/0/000.p/256',
      'tile/0/000.p/',
      'tile/0/000/',
      'tile/data/000',
      'tile/entries/../000',
      'tile/entries/000\n',
      'tile/0/x009/x007/x199/x254/x740/992',
      '',
    ]) {
      expect(() => parseTilePath(path), path).toThrow('WAX_LOG_TILE_PATH');
    }
    fc.assert(
      fc.property(fc.string(), (path) => {
        expect(() => parseTilePath(path)).toThrow('WAX_LOG_TILE_PATH');
      }),
      { seed },
    );
  });

  it('refuses to write an address that does not exist', () => {
    expect(() => tilePath(64, 0)).toThrow('WAX_LOG_TILE_PATH');
    expect(() => tilePath(0, -1)).toThrow('WAX_LOG_TILE_PATH');
    expect(() => tilePath(0, 0, 0)).toThrow('WAX_LOG_TILE_PATH');
    expect(() => entriesPath(0, 257)).toThrow('WAX_LOG_TILE_PATH');
    expect(() => entriesPath(0.5)).toThrow('WAX_LOG_TILE_PATH');
  });
});

describe('the tiles of a tree', () => {
  it('are those of the standard’s example of 70,000 entries', () => {
    const at = (level: number) => [...tilesAtLevel(level, 70_000)];
    expect(at(0)).toHaveLength(274);
    expect(at(0).at(-1)).toEqual({ index: 273, width: 112 });
    expect(at(1)).toEqual([
      { index: 0, width: 256 },
      { index: 1, width: 17 },
    ]);
    expect(at(2)).toEqual([{ index: 0, width: 1 }]);
    expect(at(3)).toEqual([]);
  });

  it('are one full and one partial tile above at size 256, and none at size 0', () => {
    expect([...tilesAtLevel(0, 256)]).toEqual([{ index: 0, width: 256 }]);
    expect([...tilesAtLevel(1, 256)]).toEqual([{ index: 0, width: 1 }]);
    expect([...tilesAtLevel(0, 0)]).toEqual([]);
  });

  it('hold exactly as many hashes as announced', () => {
    const bytes = Uint8Array.from({ length: 96 }, (_, index) => index);
    expect(parseTile(bytes, 3).map((hash) => hash[0])).toEqual([0, 32, 64]);
    expect(() => parseTile(bytes, 2)).toThrow('WAX_LOG_TILE');
    expect(() => parseTile(bytes.subarray(1), 3)).toThrow('WAX_LOG_TILE');
  });
});

describe('entry bundles', () => {
  it('hold what was put in', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 256 }), (entries) => {
        expect(parseEntryBundle(encodeEntryBundle(entries), entries.length)).toEqual(entries);
      }),
      { seed },
    );
  });

  it('hold entries of 0 and of 65,535 bytes, and none longer', () => {
    const entries = [new Uint8Array(0), new Uint8Array(65_535).fill(7)];
    expect(parseEntryBundle(encodeEntryBundle(entries), 2)).toEqual(entries);
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow('WAX_LOG_ENTRY_SIZE');
  });

  it('are refused with another count, cut short or with bytes behind them', () => {
    const bundle = encodeEntryBundle([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(() => parseEntryBundle(bundle, 1)).toThrow('WAX_LOG_BUNDLE');
    expect(() => parseEntryBundle(bundle, 3)).toThrow('WAX_LOG_BUNDLE');
    expect(() => parseEntryBundle(bundle.subarray(0, -1), 2)).toThrow('WAX_LOG_BUNDLE');
    expect(() => parseEntryBundle(Uint8Array.of(...bundle, 0), 2)).toThrow('WAX_LOG_BUNDLE');
  });
});
