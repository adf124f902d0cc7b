/**
 * Holds a checkpoint seen elsewhere or before against the one that is audited.
 * @module
 */
import { equalBytes } from '../../protocol/bytes.ts';
import type { Checkpoint } from '../../protocol/log/checkpoint.ts';
import {
  type Evidence,
  forkEvidence,
  type LogIdentity,
  rollbackEvidence,
} from '../../protocol/log/evidence.ts';
import type { HashTree } from '../hash-tree.ts';
import { ancestorIn } from './evidence.ts';

/** A signed checkpoint whose signature has been verified. */
export interface SignedCheckpoint {
  note: string;
  checkpoint: Checkpoint;
}

export type Comparison =
  | { outcome: 'extends' }
  /** The entries that could tell are not there. */
  | { outcome: 'unknown' }
  /** The audited tree is the smaller one. */
  | { outcome: 'smaller'; evidence: Evidence }
  | { outcome: 'fork'; evidence: Evidence };

/**
 * @param tree the tree of the audited checkpoint, or null if the served entries do not lead to its root: a fork
 *   at a smaller size can then be neither seen nor proven
 */
export function compareCheckpoints(
  log: LogIdentity,
  other: SignedCheckpoint,
  audited: SignedCheckpoint,
  tree: HashTree | null,
  now: number,
): Comparison {
  const { size, root } = other.checkpoint;
  const notes: [string, string] = [other.note, audited.note];
  if (size > audited.checkpoint.size)
    return { outcome: 'smaller', evidence: rollbackEvidence(log, notes, now) };
  if (size === audited.checkpoint.size) {
    if (equalBytes(root, audited.checkpoint.root)) return { outcome: 'extends' };
    return { outcome: 'fork', evidence: forkEvidence(log, notes, null, now) };
  }
  if (tree === null) return { outcome: 'unknown' };
  if (equalBytes(tree.root(size), root)) return { outcome: 'extends' };
  return { outcome: 'fork', evidence: forkEvidence(log, notes, ancestorIn(tree, size), now) };
}
