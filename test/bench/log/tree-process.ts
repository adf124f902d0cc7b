/**
 * Measures one tree, ours with its hashes in files as a log has them: `tree-process.ts ours|merkletreejs SIZE` prints
 * append and proof in microseconds, and bytes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MerkleTree } from 'merkletreejs';
import { u32 } from '../../../protocol/bytes.ts';
import { hashLeaf, hashNode } from '../../../protocol/log/tree.ts';
import { HashTree } from '../../../transparency-log/hash-tree.ts';
import { columnsIn } from '../../../transparency-log/storage/local.ts';

const [kind, count] = process.argv.slice(2);
const size = Number(count);
const PROOFS = 400;
const RUNS = 10;

function used(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Microseconds of a call: the median over ten runs of `times` calls each, since others use this machine too. */
function timed(times: number, call: (round: number) => unknown): number {
  const means = Array.from({ length: RUNS }, (_, run) => {
    const began = performance.now();
    for (let round = run * times; round < (run + 1) * times; round++) call(round);
    return (1000 * (performance.now() - began)) / times;
  });
  return means.sort((a, b) => a - b)[RUNS / 2] ?? Number.NaN;
}

const leaf = (index: number) => hashLeaf(u32(index));
/** Spread over the tree, so that no proof finds the hashes of the one before in a cache. */
const at = (round: number) => (round * 7919) % size;

function ours() {
  const folder = mkdtempSync(join(tmpdir(), 'waxseal-tree-'));
  const before = used();
  const tree = new HashTree(columnsIn(folder));
  for (let index = 0; index < size; index++) tree.append(leaf(index));
  const memory = used() - before;
  timed(PROOFS, (round) => tree.proof(at(round), size));
  const proof = timed(PROOFS, (round) => tree.proof(at(round), size));
  const fresh = Array.from({ length: 100 * RUNS }, (_, round) => leaf(size + round));
  const append = timed(100, (round) => {
    tree.append(fresh[round] ?? new Uint8Array());
    return tree.root();
  });
  tree.close();
  rmSync(folder, { recursive: true });
  return { append, proof, memory };
}

function theirs() {
  const node = (pair: Buffer) => Buffer.from(hashNode(pair.subarray(0, 32), pair.subarray(32)));
  const before = used();
  const leaves = Array.from({ length: size }, (_, index) => Buffer.from(leaf(index)));
  const tree = new MerkleTree(leaves, node);
  const memory = used() - before;
  const prove = (round: number) => tree.getProof(leaves[at(round)] ?? Buffer.alloc(0), at(round));
  timed(PROOFS, prove);
  const proof = timed(PROOFS, prove);
  // It builds the whole tree anew, so one is enough to know and a second would take as long again.
  const began = performance.now();
  tree.addLeaf(Buffer.from(leaf(size)));
  tree.getRoot();
  const append = 1000 * (performance.now() - began);
  return { append, proof, memory };
}

console.log(JSON.stringify(kind === 'ours' ? ours() : theirs()));
