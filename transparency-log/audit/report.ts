/**
 * What an audit says: plain data, for people and for scripts.
 * @module
 */
import type { Evidence } from '../../protocol/log/evidence.ts';

/** The checks, in the order of the report. */
export type AuditCheckId =
  | 'checkpoint'
  | 'acceptance'
  | 'policy'
  | 'entries'
  | 'root'
  | 'second-root'
  | 'tiles'
  | 'pin'
  | 'authorisation'
  | 'search'
  | 'history'
  | 'witness-views';

export interface AuditCheck {
  id: AuditCheckId;
  /** `skipped` with a code: something could not be reached; without: there was nothing to check it against. */
  state: 'pass' | 'fail' | 'skipped';
  code: string | null;
  text: string;
}

interface AuditedWitness {
  name: string;
  /** RFC 3339 time of its newest cosignature on the audited checkpoint. */
  cosignedAt: string | null;
  /** What it shows monitors, where it was asked and has cosigned anything. */
  view: { size: number; root: string; cosignedAt: string } | null;
}

/** What the entries add up to. */
export interface AuditedEntries {
  total: number;
  /** Index of the policy entry in force. */
  policyIndex: number | null;
  releases: { live: number; expired: number; takenBack: number };
  /** Entries that approve nothing, since they were not authorised. */
  refused: { index: number; code: string }[];
  notUnderstood: { index: number; predicateType: string }[];
  closed: boolean;
}

export interface AuditReport {
  format: 'waxseal-audit/1';
  verdict: 'ok' | 'finding' | 'unreachable';
  log: { url: string; origin: string; size: number | null; root: string | null };
  checks: AuditCheck[];
  witnesses: AuditedWitness[];
  entries: AuditedEntries | null;
  /** Proof of misbehaviour for third parties, if there is any. */
  evidence: Evidence | null;
  checkedAt: string;
  tookMs: number;
}

/** One failed check is a finding, whatever could not be reached besides. */
export function verdictOf(checks: readonly AuditCheck[]): AuditReport['verdict'] {
  if (checks.some(({ state }) => state === 'fail')) return 'finding';
  return checks.some(({ state, code }) => state === 'skipped' && code !== null) ? 'unreachable' : 'ok';
}
