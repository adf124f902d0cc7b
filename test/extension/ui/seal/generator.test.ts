import { describe, expect, test } from 'vitest';
import {
  pictures,
  rims,
  sealFromHash,
  sealFromSeed,
  shapes,
  waxes,
} from '../../../../extension/ui/seal/generator.ts';
import { fakeSeal, offerSeals } from '../../../../extension/ui/seal/offer.ts';
import { shapePath, waxPath } from '../../../../extension/ui/seal/outline.ts';
import { picturePaths } from '../../../../extension/ui/seal/pictures.ts';

const seed = Uint8Array.of(0, 0, 27, 149, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

describe('sealFromSeed', () => {
  test('gives the same seal for the same seed, always', async () => {
    const seal = await sealFromSeed(seed);
    expect(seal).toMatchObject({ picture: 'swallow', shape: 'quatrefoil', wax: 'mulberry', rim: 'beads' });
    expect(await sealFromSeed(seed.slice())).toEqual(seal);
  });

  test('hashes the label and the seed, not the seed alone', async () => {
    const bare = new Uint8Array(await crypto.subtle.digest('SHA-256', seed));
    expect(await sealFromSeed(seed)).not.toEqual(sealFromHash(bare));
  });
});

describe('sealFromHash', () => {
  test('reaches 4,096 different seals by shape, wax, picture and rim', () => {
    const names = new Set<string>();
    for (const [i] of shapes.entries())
      for (const [j] of waxes.entries())
        for (const [k] of pictures.entries())
          for (const [l] of rims.entries()) {
            const { shape, wax, picture, rim } = sealFromHash(Uint8Array.of(i, j, k, l, 0, 0, 0, 0));
            names.add([shape, wax, picture, rim].join());
          }
    expect(names.size).toBe(4096);
  });

  test('takes only the low bits that it needs', () => {
    expect(sealFromHash(Uint8Array.of(8, 8, 16, 4, 0, 0, 0, 0))).toEqual(sealFromHash(new Uint8Array(8)));
  });
});

describe('drawing', () => {
  test('no two shapes and no two pictures are drawn alike', () => {
    expect(new Set(shapes.map((shape) => shapePath(shape))).size).toBe(shapes.length);
    expect(new Set(pictures.map((picture) => picturePaths[picture])).size).toBe(pictures.length);
  });

  test('every outline stays in its box and is closed', () => {
    for (const shape of shapes) {
      const seal = sealFromHash(Uint8Array.of(shapes.indexOf(shape), 0, 0, 0, 10, 60, 120, 200));
      for (const path of [shapePath(shape), waxPath(seal)]) {
        expect(path).toMatch(/^M[\d. C-]+Z$/);
        const numbers = path.match(/-?\d+(?:\.\d+)?/g)?.map(Number) ?? [];
        expect(Math.min(...numbers)).toBeGreaterThan(-2);
        expect(Math.max(...numbers)).toBeLessThan(98);
      }
    }
  });
});

describe('offerSeals', () => {
  test('offers eight that differ in shape and picture', async () => {
    const offered = await offerSeals();
    expect(new Set(offered.map(({ seal }) => seal.shape)).size).toBe(8);
    expect(new Set(offered.map(({ seal }) => seal.picture)).size).toBe(8);
  });

  test('the lesson’s fake keeps picture and wax and changes the shape', async () => {
    for (const { seal } of await offerSeals()) {
      const fake = fakeSeal(seal);
      expect(fake.shape).not.toBe(seal.shape);
      expect([fake.picture, fake.wax]).toEqual([seal.picture, seal.wax]);
    }
  });
});
