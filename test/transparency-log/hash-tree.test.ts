import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, u32 } from '../../protocol/bytes.ts';
import {
  consistencyProof,
  hashLeaf,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../../protocol/log/tree.ts';
import { HashTree } from '../../transparency-log/hash-tree.ts';
import { merkleOracle } from '../support/merkle-oracle.ts';

const SEED = 20261122;
const entriesOf = (size: number) => Array.from({ length: size }, (_, index) => u32(index));
function treeOf(size: number): HashTree {
  const tree = new HashTree();
  for (const entry of entriesOf(size)) tree.append(hashLeaf(entry));
  return tree;
}

describe('the tree of the log', () => {
  it('has the roots of an independent implementation at every size up to 130', () => {
    const tree = treeOf(130);
    for (let size = 1; size <= 130; size++) {
      expect(toHex(tree.root(size))).toBe(toHex(merkleOracle(entriesOf(size)).root()));
    }
  });

  it('proves inclusion and consistency at any sizes', () => {
    const tree = treeOf(1000);
    const sizes = fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), fc.nat());
    fc.assert(
      fc.property(sizes, ([a, b, pick]) => {
        const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)];
        const index = pick % newSize;
        verifyInclusion({
          index,
          size: newSize,
          leafHash: hashLeaf(u32(index)),
          proof: inclusionProof(index, newSize, tree.hashAt),
          root: tree.root(newSize),
        });
        verifyConsistency({
          oldSize,
          oldRoot: tree.root(oldSize),
          newSize,
          newRoot: tree.root(newSize),
          proof: consistencyProof(oldSize, newSize, tree.hashAt),
        });
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('gives the same inclusion proofs as without what it remembers of the right edge, at sizes in any order', () => {
    const tree = treeOf(300);
    const claim = fc
      .integer({ min: 1, max: 300 })
      .chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));
    fc.assert(
      fc.property(claim, ([index, size]) => {
        const proof = tree.proof(index, size);
        expect(proof.map(toHex)).toEqual(inclusionProof(index, size, tree.hashAt).map(toHex));
        verifyInclusion({ index, size, leafHash: hashLeaf(u32(index)), proof, root: tree.root(size) });
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('gives the right edge away as a copy', () => {
    const tree = treeOf(7);
    for (const hash of tree.proof(0, 7)) hash.fill(0);
    expect(tree.proof(0, 7).map(toHex)).toEqual(inclusionProof(0, 7, tree.hashAt).map(toHex));
  });

  it('refuses to give a hash that it does not have', () => {
    const tree = treeOf(5);
    for (const [level, index] of [
      [0, 5],
      [1, 2],
      [2, 1],
      [3, 0],
      [0, -1],
    ] as const) {
      expect(() => tree.hashAt(level, index)).toThrow(RangeError);
    }
  });

  it('gives hashes away as copies', () => {
    const tree = treeOf(3);
    const before = toHex(tree.root());
    tree.hashAt(0, 0).fill(0);
    tree.hashes(0, 0, 3).fill(0);
    expect(toHex(tree.root())).toBe(before);
  });
});
