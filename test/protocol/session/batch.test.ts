import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { BatchTree, batchLeaf, foldPath, reportData } from '../../../protocol/session/batch.ts';

const leafOf = (byte: number) =>
  batchLeaf({
    nonce: new Uint8Array(32).fill(byte),
    headerBytes: new Uint8Array(32),
    pk: new Uint8Array(1216),
  });
const leaves = (count: number) =>
  Array.from({ length: count }, () => crypto.getRandomValues(new Uint8Array(32)));

describe('a batch', () => {
  it('lets every leaf reach the root from its own slot', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 }), (count) => {
        const all = leaves(count);
        const tree = new BatchTree(all);
        const places = all.map((_, index) => tree.place(index));
        expect(new Set(places.map(({ slot }) => slot)).size).toBe(count);
        for (const [index, { slot, path }] of places.entries()) {
          expect(path).toHaveLength(10);
          expect(foldPath(all[index] as Uint8Array, slot, path)).toEqual(tree.root);
        }
      }),
      { seed: 3, numRuns: 15, examples: [[1], [2], [1024]] },
    );
  });

  it('lets no leaf reach the root from another slot or over another path', () => {
    const all = leaves(3);
    const tree = new BatchTree(all);
    const [first, second] = [tree.place(0), tree.place(1)];
    const leaf = all[0] as Uint8Array;
    expect(foldPath(leaf, first.slot ^ 1, first.path)).not.toEqual(tree.root);
    expect(foldPath(leaf, second.slot, second.path)).not.toEqual(tree.root);
    expect(foldPath(all[1] as Uint8Array, first.slot, first.path)).not.toEqual(tree.root);
    expect(foldPath(leaf, first.slot, first.path.toReversed())).not.toEqual(tree.root);
  });

  it('draws slots and empty places afresh: two batches of the same leaves have nothing in common', () => {
    const all = leaves(1);
    const [one, two] = [new BatchTree(all), new BatchTree(all)];
    expect(one.root).not.toEqual(two.root);
    const seen = new Set([...one.place(0).path, ...two.place(0).path].map(toHex));
    expect(seen.size).toBe(20);
    expect(seen).not.toContain('00'.repeat(32));
    const slots = new Set(Array.from({ length: 40 }, () => new BatchTree(all).place(0).slot));
    expect(slots.size).toBeGreaterThan(20);
  });

  it('has ten levels and 1,024 places, and says so', () => {
    expect(() => new BatchTree([])).toThrow('WAX_SESSION_BATCH');
    expect(() => new BatchTree(leaves(1025))).toThrow('WAX_SESSION_BATCH');
    expect(() => new BatchTree(leaves(1)).place(1)).toThrow('WAX_SESSION_BATCH');
    const path = leaves(10);
    expect(() => foldPath(leafOf(1), 0, path.slice(1))).toThrow('9 levels');
    for (const slot of [-1, 1024, 0.5]) expect(() => foldPath(leafOf(1), slot, path)).toThrow('slot');
  });

  it('separates leaves from nodes, and binds nonce, header, key and statement', () => {
    const base = { nonce: new Uint8Array(32), headerBytes: new Uint8Array(32), pk: new Uint8Array(1216) };
    const variants = [
      base,
      { ...base, nonce: base.nonce.with(0, 1) },
      { ...base, headerBytes: base.headerBytes.with(31, 1) },
      { ...base, pk: base.pk.with(1215, 1) },
    ];
    expect(new Set(variants.map((variant) => toHex(batchLeaf(variant)))).size).toBe(4);
    expect(() => batchLeaf({ ...base, nonce: new Uint8Array(31) })).toThrow('WAX_SESSION_BATCH');
    const root = new Uint8Array(32);
    expect(reportData(root, Uint8Array.of(1))).toHaveLength(64);
    expect(reportData(root, Uint8Array.of(1))).not.toEqual(reportData(root, Uint8Array.of(2)));
    expect(reportData(root.with(0, 1), Uint8Array.of(1))).not.toEqual(reportData(root, Uint8Array.of(1)));
  });
});
