/**
 * Evidence that a log misbehaved, in a form that a third party checks without asking anybody: whoever finds it,
 * an auditor or the extension, writes the same file. Checking it is transparency-log/audit/evidence.ts.
 *
 * Two signed checkpoints of one size with different roots prove a fork by themselves. For two sizes the file also
 * holds the root that the larger tree has at the smaller size, and the consistency proof for it: a tree has only one
 * root at each size, so if that is not the one signed, the two cannot be of one growing log. A smaller tree shown
 * after a larger one is proven only where one witness cosigned both, the smaller one later.
 * @module
 */
import { toBase64 } from '../bytes.ts';
import type { VerifierKey } from './note.ts';

export interface Evidence {
  format: 'waxseal-evidence/1';
  kind: 'fork' | 'rollback';
  log: { origin: string; key: string };
  /** Verifier keys of the witnesses that the finder knows. */
  witnesses: string[];
  /** Two signed checkpoints, verbatim, in the order in which they were seen. */
  checkpoints: [string, string];
  /** Base64: what root the larger tree has at the smaller size, and the proof; null where that is not needed. */
  ancestor: { root: string; proof: string[] } | null;
  /** RFC 3339. */
  foundAt: string;
}

export interface LogIdentity {
  origin: string;
  key: VerifierKey;
  witnesses: readonly VerifierKey[];
}

/** What root a larger tree has at a smaller size, and the consistency proof for it. */
export interface Ancestor {
  root: Uint8Array;
  proof: Uint8Array[];
}

/**
 * Evidence that two signed checkpoints contradict each other.
 * @param ancestor for checkpoints of two sizes
 */
export function forkEvidence(
  log: LogIdentity,
  checkpoints: [string, string],
  ancestor: Ancestor | null,
  now: number,
): Evidence {
  const shown = ancestor && { root: toBase64(ancestor.root), proof: ancestor.proof.map(toBase64) };
  return { ...describe(log, checkpoints, now), kind: 'fork', ancestor: shown };
}

/** Evidence that the log showed a smaller tree later. */
export function rollbackEvidence(log: LogIdentity, checkpoints: [string, string], now: number): Evidence {
  return { ...describe(log, checkpoints, now), kind: 'rollback', ancestor: null };
}

function describe({ origin, key, witnesses }: LogIdentity, checkpoints: [string, string], now: number) {
  return {
    format: 'waxseal-evidence/1' as const,
    log: { origin, key: key.text },
    witnesses: witnesses.map(({ text }) => text),
    checkpoints,
    foundAt: new Date(now).toISOString(),
  };
}
