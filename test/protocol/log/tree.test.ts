import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBase64, parseHex, toHex, utf8 } from '../../../protocol/bytes.ts';
import {
  consistencyProof,
  emptyRoot,
  Frontier,
  hashLeaf,
  hashNode,
  inclusionProof,
  rootAt,
  verifyConsistency,
  verifyInclusion,
} from '../../../protocol/log/tree.ts';
import { merkleOracle } from '../../support/merkle-oracle.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');
const seed = 6962;

const entriesOf = (size: number) => Array.from({ length: size }, (_, index) => utf8(`entry ${index}`));

/** Complete subtrees, computed from the leaves up. */
function hashesOf(entries: readonly Uint8Array[]) {
  const leaves = entries.map(hashLeaf);
  return function hashAt(level: number, index: number): Uint8Array {
    if (level > 0) return hashNode(hashAt(level - 1, 2 * index), hashAt(level - 1, 2 * index + 1));
    const leaf = leaves[index];
    if (leaf === undefined) throw new Error(`asked for a hash outside the tree: ${index}`);
    return leaf;
  };
}

function frontierOf(entries: readonly Uint8Array[]): Frontier {
  const frontier = Frontier.empty();
  for (const entry of entries) frontier.append(hashLeaf(entry));
  return frontier;
}

const flip = (bytes: Uint8Array, bit: number) =>
  bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

describe('the Merkle tree against merkletreejs', () => {
  const sizes = Array.from({ length: 70 }, (_, size) => size);

  it('has the same root at every size, by frontier and out of subtrees', () => {
    for (const size of sizes) {
      const entries = entriesOf(size);
      const expected = toHex(merkleOracle(entries).root());
      expect(toHex(frontierOf(entries).root())).toBe(expected);
      expect(toHex(rootAt(size, hashesOf(entries)))).toBe(expected);
    }
  });

  it('makes the same inclusion proof for every entry at every size', () => {
    for (const size of sizes) {
      const entries = entriesOf(size);
      const oracle = merkleOracle(entries);
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, hashesOf(entries));
        expect(proof.map(toHex)).toEqual(oracle.inclusion(index).map(toHex));
      }
    }
  });

  it('makes inclusion and consistency proofs that its verifiers accept', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.nat(300), (a, b, c) => {
        const [oldSize, newSize] = [Math.min(a, b) + 1, Math.max(a, b) + 1];
        const entries = entriesOf(newSize);
        const hashAt = hashesOf(entries);
        const [oldRoot, newRoot] = [
          merkleOracle(entries.slice(0, oldSize)).root(),
          merkleOracle(entries).root(),
        ];
        const proof = consistencyProof(oldSize, newSize, hashAt);
        verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof });
        const index = c % newSize;
        const leafHash = hashLeaf(entries[index] ?? utf8(''));
        verifyInclusion({
          index,
          size: newSize,
          leafHash,
          proof: inclusionProof(index, newSize, hashAt),
          root: newRoot,
        });
      }),
      { seed, numRuns: 60 },
    );
  });

  it('rejects every proof with one changed bit, one hash more or less, or another index or size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 80 }), fc.nat(), fc.nat(), fc.nat(), (size, a, b, c) => {
        const entries = entriesOf(size);
        const hashAt = hashesOf(entries);
        const root = rootAt(size, hashAt);
        const index = a % size;
        const leafHash = hashLeaf(entries[index] ?? utf8(''));
        const proof = inclusionProof(index, size, hashAt);
        const claim = { index, size, leafHash, proof, root };
        const bent = proof.map((hash, at) => (at === b % proof.length ? flip(hash, c % 256) : hash));
        expect(() => verifyInclusion({ ...claim, proof: bent })).toThrow('WAX_LOG_INCLUSION');
        expect(() => verifyInclusion({ ...claim, root: flip(root, c % 256) })).toThrow('WAX_LOG_INCLUSION');
        expect(() => verifyInclusion({ ...claim, leafHash: flip(leafHash, c % 256) })).toThrow(
          'WAX_LOG_INCLUSION',
        );
        expect(() => verifyInclusion({ ...claim, proof: proof.slice(1) })).toThrow('WAX_LOG_INCLUSION');
        expect(() => verifyInclusion({ ...claim, proof: [...proof, root] })).toThrow('WAX_LOG_INCLUSION');
        const other = (index + 1 + (b % (size - 1))) % size;
        expect(() => verifyInclusion({ ...claim, index: other })).toThrow('WAX_LOG_INCLUSION');

        const oldSize = 1 + (b % (size - 1));
        const step = {
          oldSize,
          oldRoot: rootAt(oldSize, hashAt),
          newSize: size,
          newRoot: root,
          proof: consistencyProof(oldSize, size, hashAt),
        };
        const bentStep = step.proof.map((hash, at) =>
          at === a % step.proof.length ? flip(hash, c % 256) : hash,
        );
        expect(() => verifyConsistency({ ...step, proof: bentStep })).toThrow('WAX_LOG_CONSISTENCY');
        expect(() => verifyConsistency({ ...step, oldRoot: flip(step.oldRoot, c % 256) })).toThrow(
          'WAX_LOG_',
        );
        expect(() => verifyConsistency({ ...step, newRoot: flip(root, c % 256) })).toThrow(
          'WAX_LOG_CONSISTENCY',
        );
        expect(() => verifyConsistency({ ...step, proof: step.proof.slice(1) })).toThrow(
          'WAX_LOG_CONSISTENCY',
        );
        expect(() => verifyConsistency({ ...step, proof: [...step.proof, root] })).toThrow(
          'WAX_LOG_CONSISTENCY',
        );
      }),
      { seed, numRuns: 150 },
    );
  });
});

describe('proofs at the limits', () => {
  const root = hashLeaf(utf8('x'));

  it('follows paths in trees larger than 32-bit arithmetic holds', () => {
    const size = 2 ** 40 + 5;
    const index = 2 ** 40 + 4;
    // Every complete subtree is given a made-up hash: the prover and the verifier must still agree on the shape.
    const hashAt = (level: number, at: number) => hashLeaf(utf8(`${level}/${at}`));
    const tall = rootAt(size, hashAt);
    const leafHash = hashAt(0, index);
    const proof = inclusionProof(index, size, hashAt);
    verifyInclusion({ index, size, leafHash, proof, root: tall });
    expect(() => verifyInclusion({ index: index - 1, size, leafHash, proof, root: tall })).toThrow(
      'WAX_LOG_INCLUSION',
    );
    const step = consistencyProof(2 ** 40, size, hashAt);
    verifyConsistency({
      oldSize: 2 ** 40,
      oldRoot: hashAt(40, 0),
      newSize: size,
      newRoot: tall,
      proof: step,
    });
  });

  it('refuses an index outside the tree, an unsafe size and a hash of another length', () => {
    const claim = { index: 0, size: 1, leafHash: root, proof: [], root };
    verifyInclusion(claim);
    expect(() => verifyInclusion({ ...claim, index: 1 })).toThrow('WAX_LOG_INCLUSION');
    expect(() => verifyInclusion({ ...claim, size: 2 ** 53 })).toThrow('WAX_LOG_SIZE');
    expect(() => verifyInclusion({ ...claim, index: -1 })).toThrow('WAX_LOG_SIZE');
    expect(() => verifyInclusion({ ...claim, leafHash: new Uint8Array(31) })).toThrow('WAX_LOG_HASH');
    expect(() => inclusionProof(3, 3, () => root)).toThrow('WAX_LOG_SIZE');
    expect(() => consistencyProof(4, 3, () => root)).toThrow('WAX_LOG_SIZE');
  });

  it('refuses more hashes than the size has levels, even where they lead to the root that was signed', () => {
    const [a, b, c, d, x] = [1, 2, 3, 4, 5].map((byte) => hashLeaf(Uint8Array.of(byte)));
    if (!a || !b || !c || !d || !x) throw new Error('five hashes');
    const ab = hashNode(a, b);
    const claim = { index: 1, size: 2, leafHash: b, proof: [a, x], root: hashNode(x, ab) };
    expect(() => verifyInclusion(claim)).toThrow('too many hashes');
    const step = {
      oldSize: 3,
      oldRoot: hashNode(x, hashNode(ab, c)),
      newSize: 4,
      newRoot: hashNode(x, hashNode(ab, hashNode(c, d))),
      proof: [c, d, ab, x],
    };
    expect(() => verifyConsistency(step)).toThrow('too many hashes');
  });

  it('refuses two roots for one size, a shrinking tree and a proof from nothing', () => {
    const same = { oldSize: 3, oldRoot: root, newSize: 3, newRoot: root, proof: [] };
    verifyConsistency(same);
    expect(() => verifyConsistency({ ...same, newRoot: emptyRoot })).toThrow('two roots for one size');
    expect(() => verifyConsistency({ ...same, proof: [root] })).toThrow('WAX_LOG_CONSISTENCY');
    expect(() => verifyConsistency({ ...same, newSize: 2 })).toThrow('WAX_LOG_CONSISTENCY');
    expect(() => verifyConsistency({ ...same, oldSize: 0 })).toThrow('WAX_LOG_CONSISTENCY');
  });
});

describe('the frontier', () => {
  it('goes on from stored hashes as if it had never been stored', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.nat(20), (size, more) => {
        const whole = frontierOf(entriesOf(size));
        const restored = Frontier.from(size, whole.hashes());
        for (const frontier of [whole, restored]) {
          for (let index = 0; index < more; index++) frontier.append(hashLeaf(utf8(`more ${index}`)));
        }
        expect(toHex(restored.root())).toBe(toHex(whole.root()));
        expect(restored.size).toBe(size + more);
      }),
      { seed, numRuns: 40 },
    );
  });

  it('refuses hashes that do not fit the size', () => {
    const hashes = frontierOf(entriesOf(5)).hashes();
    expect(() => Frontier.from(7, hashes)).toThrow('WAX_LOG_FRONTIER');
    expect(() => Frontier.from(5, [new Uint8Array(31), ...hashes.slice(1)])).toThrow('WAX_LOG_FRONTIER');
    expect(() => Frontier.from(2 ** 53, hashes)).toThrow('WAX_LOG_SIZE');
    expect(() => Frontier.empty().append(new Uint8Array(31))).toThrow('WAX_LOG_HASH');
  });

  it('leaves its copies alone', () => {
    const frontier = frontierOf(entriesOf(3));
    const copy = frontier.clone();
    frontier.append(hashLeaf(utf8('x')));
    frontier.hashes().pop();
    expect([copy.size, frontier.size]).toEqual([3, 4]);
    expect(toHex(copy.root())).toBe(toHex(merkleOracle(entriesOf(3)).root()));
  });
});

describe.skipIf(vectors === null)('the RFC 6962 vectors', () => {
  const read = (name: string) => JSON.parse(readFileSync(`${vectors}rfc6962/${name}.json`, 'utf8'));
  const bytes = (base64: string | null) => (base64 === null ? new Uint8Array(0) : parseBase64(base64));
  const judge = (verify: () => void) => {
    try {
      verify();
      return false;
    } catch {
      return true;
    }
  };

  it('reproduces the reference tree', () => {
    const { leafInputsHex, leafHashesHex, rootsHexBySize } = read('reference-tree');
    const entries: Uint8Array[] = leafInputsHex.map((hex: string) => parseHex(hex));
    expect(entries.map((entry) => toHex(hashLeaf(entry)))).toEqual(leafHashesHex);
    const roots = Array.from({ length: 9 }, (_, size) => toHex(frontierOf(entries.slice(0, size)).root()));
    expect(roots).toEqual(rootsHexBySize);
  });

  it('judges all inclusion cases as upstream does', () => {
    const cases = read('inclusion');
    const wrong = cases.filter(
      (row: {
        wantErr: boolean;
        leafIdx: number;
        treeSize: number;
        leafHash: string;
        root: string;
        proof: string[];
      }) =>
        row.wantErr !==
        judge(() =>
          verifyInclusion({
            index: row.leafIdx,
            size: row.treeSize,
            leafHash: bytes(row.leafHash),
            root: bytes(row.root),
            proof: (row.proof ?? []).map(bytes),
          }),
        ),
    );
    expect(cases).toHaveLength(61);
    expect(wrong).toEqual([]);
  });

  it('judges all consistency cases as upstream does', () => {
    const cases = read('consistency');
    const wrong = cases.filter(
      (row: {
        wantErr: boolean;
        size1: number;
        size2: number;
        root1: string;
        root2: string;
        proof: string[];
      }) =>
        row.wantErr !==
        judge(() =>
          verifyConsistency({
            oldSize: row.size1,
            oldRoot: bytes(row.root1),
            newSize: row.size2,
            newRoot: bytes(row.root2),
            proof: (row.proof ?? []).map(bytes),
          }),
        ),
    );
    expect(cases).toHaveLength(57);
    expect(wrong).toEqual([]);
  });

  it('hashes full tiles of a real log to their parents', () => {
    const expected = JSON.parse(readFileSync(`${vectors}tiles/navigli2025h2/expect.json`, 'utf8'));
    for (const [name, hash] of Object.entries<string>(expected)) {
      const tile = readFileSync(`${vectors}tiles/navigli2025h2/${name}`);
      const root = rootAt(256, function hashAt(level, index): Uint8Array {
        if (level === 0) return tile.subarray(32 * index, 32 * index + 32);
        return hashNode(hashAt(level - 1, 2 * index), hashAt(level - 1, 2 * index + 1));
      });
      expect(root).toEqual(parseBase64(hash));
    }
  });
});
