/**
 * The tree once more, by merkletreejs: an implementation that shares no code with ours.
 * @module
 */
import { createHash } from 'node:crypto';
import { MerkleTree } from 'merkletreejs';
import { equalBytes } from '../../protocol/bytes.ts';
import { inclusionProof } from '../../protocol/log/tree.ts';
import type { HashTree } from '../hash-tree.ts';
import { auditError } from './errors.ts';

/** It needs some 700 bytes an entry. */
const MOST_ENTRIES = 1_000_000;
/** Entries whose inclusion proofs are compared, spread over the log. */
const COMPARED_PROOFS = 256;

const hashNode = (data: Buffer) => createHash('sha256').update(Buffer.of(1)).update(data).digest();

/**
 * Compares root and inclusion proofs; says how many proofs, or null for a log too large for the library.
 * @throws WAX_AUDIT_ORACLE
 */
export function requireSecondOpinion(tree: HashTree): number | null {
  const { size } = tree;
  if (size > MOST_ENTRIES) return null;
  // The library has no notion of the empty tree, whose root is a constant.
  if (size === 0) return 0;
  const leaves = Array.from({ length: size }, (_, index) => Buffer.from(tree.hashAt(0, index)));
  const oracle = new MerkleTree(leaves, hashNode);
  if (!equalBytes(oracle.getRoot(), tree.root())) throw auditError('WAX_AUDIT_ORACLE', 'root');
  const compared = Math.min(size, COMPARED_PROOFS);
  for (let count = 0; count < compared; count++) {
    const index = Math.floor((count * size) / compared);
    const theirs = oracle.getProof(leaves[index] ?? Buffer.alloc(0), index);
    const ours = inclusionProof(index, size, tree.hashAt);
    const agrees =
      theirs.length === ours.length &&
      theirs.every(({ data }, at) => equalBytes(data, ours[at] ?? data.subarray(1)));
    if (!agrees) throw auditError('WAX_AUDIT_ORACLE', `inclusion proof of entry ${index}`);
  }
  return compared;
}
