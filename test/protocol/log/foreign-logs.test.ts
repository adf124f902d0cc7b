import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseUtf8, toHex } from '../../../protocol/bytes.ts';
import { verifyCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { verifyCosignatures } from '../../../protocol/log/cosignature.ts';
import { parseNote, parseVerifierKey } from '../../../protocol/log/note.ts';
import { verifyProof } from '../../../protocol/log/proof.ts';
import {
  entriesPath,
  parseEntryBundle,
  parseTile,
  tilePath,
  tilesAtLevel,
} from '../../../protocol/log/tiles.ts';
import {
  consistencyProof,
  Frontier,
  hashLeaf,
  hashNode,
  verifyConsistency,
} from '../../../protocol/log/tree.ts';
import { parseAddCheckpoint } from '../../../protocol/log/witness.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');

/** A log on disk in the tlog-tiles layout, read as a client reads one over HTTP. */
function openLog(folder: string) {
  const file = (path: string) => new Uint8Array(readFileSync(`${folder}/${path}`));
  const entries = (size: number) =>
    [...tilesAtLevel(0, size)].flatMap(({ index, width }) =>
      parseEntryBundle(file(entriesPath(index, width)), width),
    );
  const tiles = (level: number, size: number) =>
    [...tilesAtLevel(level, size)].flatMap(({ index, width }) =>
      parseTile(file(tilePath(level, index, width)), width),
    );
  const hashAt = (leaves: readonly Uint8Array[]) =>
    function at(level: number, index: number): Uint8Array {
      if (level > 0) return hashNode(at(level - 1, 2 * index), at(level - 1, 2 * index + 1));
      return leaves[index] ?? new Uint8Array(0);
    };
  return { file, entries, tiles, hashAt };
}

function keysOf(file: Uint8Array) {
  const lines = [...parseUtf8(file).matchAll(/^(?:log|witness)-vkey (.*)$/gm)];
  const [logKey, ...witnesses] = lines.map(([, text]) => parseVerifierKey(text ?? ''));
  if (logKey === undefined) throw new Error('no log key');
  return { logKey, witnesses };
}

const rootOf = (leaves: readonly Uint8Array[]) => {
  const frontier = Frontier.empty();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
};

describe.skipIf(vectors === null)('logs written by other programs', () => {
  it('made with x/mod: every checkpoint, tile, bundle and cosignature fits', async () => {
    const log = openLog(`${vectors}own-log-300`);
    const { logKey, witnesses } = keysOf(log.file('keys.txt'));
    const leaves = log.entries(300).map(hashLeaf);
    expect(log.tiles(0, 300)).toEqual(leaves);
    expect(log.tiles(1, 300)).toEqual([rootOf(leaves.slice(0, 256))]);
    for (const size of [0, 1, 2, 5, 255, 256, 257, 300]) {
      const name = size === 300 ? 'checkpoint' : `checkpoint.${size}`;
      const note = log.file(name);
      const checkpoint = await verifyCheckpoint(note, logKey);
      expect(checkpoint.size).toBe(size);
      expect(toHex(checkpoint.root)).toBe(toHex(rootOf(leaves.slice(0, size))));
      expect(await verifyCosignatures(parseNote(note), witnesses)).toHaveLength(2);
    }
  });

  it('made with x/mod: its consistency proofs are the ones this prover makes', async () => {
    const log = openLog(`${vectors}own-log-300`);
    const leaves = log.entries(300).map(hashLeaf);
    for (const [oldSize, newSize] of [
      [0, 0],
      [0, 1],
      [1, 2],
      [2, 5],
      [5, 255],
      [255, 256],
      [256, 257],
      [257, 300],
    ] as const) {
      const request = parseAddCheckpoint(log.file(`witness-requests/${oldSize}-${newSize}.txt`));
      expect(request.oldSize).toBe(oldSize);
      expect(request.proof).toEqual(consistencyProof(oldSize, newSize, log.hashAt(leaves)));
    }
  });

  it('made with x/mod: its proof files verify', async () => {
    const log = openLog(`${vectors}own-log-300`);
    const { logKey, witnesses } = keysOf(log.file('keys.txt'));
    for (const index of [0, 1, 150, 299]) {
      const proof = log.file(`proofs/${index}.tlog-proof`);
      const entry = log.file(`proofs/${index}.leaf`);
      const proven = await verifyProof({ proof, entry, logKey, witnesses, quorum: 2 });
      expect(proven.index).toBe(index);
    }
  });

  it('made with Tessera: every size extends every smaller one', async () => {
    const log = openLog(`${vectors}tessera-log`);
    const key = parseVerifierKey(parseUtf8(log.file('vkey.txt')).trim());
    const leaves = log.entries(9).map(hashLeaf);
    const roots: Uint8Array[] = [];
    for (let size = 0; size <= 9; size++) {
      expect(existsSync(`${vectors}tessera-log/checkpoint.${size}`)).toBe(true);
      const checkpoint = await verifyCheckpoint(log.file(`checkpoint.${size}`), key);
      expect(checkpoint.size).toBe(size);
      expect(toHex(checkpoint.root)).toBe(toHex(rootOf(leaves.slice(0, size))));
      if (size > 0) expect(log.tiles(0, size)).toEqual(leaves.slice(0, size));
      roots.push(checkpoint.root);
      for (let oldSize = 1; oldSize <= size; oldSize++) {
        const proof = consistencyProof(oldSize, size, log.hashAt(leaves));
        const oldRoot = roots[oldSize] ?? new Uint8Array(0);
        verifyConsistency({ oldSize, oldRoot, newSize: size, newRoot: checkpoint.root, proof });
      }
    }
  });
});
