/**
 * The verification report: what was checked before a prompt may be sealed, row by row, in the order of
 * section B9 of the wire format. Plain data: it goes through messages, into exports and onto screens.
 * It carries no key; verify.ts keeps that apart.
 * @module
 */
import type { JsonValue } from './json.ts';

/** The rows, in order. */
export const rowIds = [
  'answer',
  'evidence',
  'collateral',
  'platform',
  'binding',
  'log',
  'release',
  'machine',
  'wire',
  'lifetime',
] as const;
export type RowId = (typeof rowIds)[number];

/** Outcome of a row or of one check in it. `skipped`: what it needs was not there; it never counts as passed. */
export type Outcome = 'pass' | 'fail' | 'skipped';

/** One check of a row, named after reference lists (`S5`, `C4`) or after the rule it enforces. */
export interface Check {
  id: string;
  state: Outcome;
  code: string | null;
  text: string;
}

/** What a failed row leads to, in order from the loudest; the first that occurs names the report's state. */
export const failureStates = [
  'fork',
  'failed',
  'not-understood',
  'update',
  'clock',
  'papers',
  'retired',
  'stale',
  'log-too-old',
  'log-unreachable',
] as const;
export type FailureState = (typeof failureStates)[number];

/** The verdict in one word: what a surface shows. */
export type ReportState = FailureState | 'sealed' | 'sealed-imported' | 'sealed-grace' | 'simulated';

export interface Row {
  id: RowId;
  state: Outcome;
  /** What failed, for the choice of words: `unknown`, `revoked`, `dated`, `debug`, `quorum` and so on. */
  variant: string | null;
  /** Code of the first failed check. */
  code: string | null;
  /** The state that this failure asks for; null unless it failed. */
  leadsTo: FailureState | null;
  /** One plain sentence about the outcome, in English; surfaces may translate by id, state and variant. */
  sentence: string;
  checks: Check[];
  /** Values that a reader can compare elsewhere: digests, versions, times (RFC 3339), names. */
  evidence: { [key: string]: JsonValue };
}

/** The approval that covers this server: who signed which release, and where the log holds it. */
export interface ApprovedRelease {
  product: string;
  version: number;
  /** Index of the entry in the log. */
  index: number;
  statementSha256: string;
  publishers: string[];
  threshold: number;
  publisherCount: number;
  notBefore: string;
  expires: string;
  source: { repository: string; commit: string };
}

export interface VerificationReport {
  format: 'waxseal-report/1';
  verdict: 'pass' | 'fail';
  state: ReportState;
  /** True for evidence of the simulator: nothing here is private, whatever the rows say. */
  simulated: boolean;
  /** Origin of the service that was asked. */
  service: string;
  /** Who vouches: name of the trust domain, and whether the person imported it. */
  domain: { name: string; imported: boolean };
  vendor: string | null;
  models: { id: string; sha256: string; contextTokens: number; maxOutputTokens: number }[];
  release: ApprovedRelease | null;
  log: {
    origin: string;
    size: number;
    root: string;
    witnesses: { name: string; at: string }[];
    quorum: number;
  } | null;
  rows: Row[];
  /** RFC 3339 times; `expiresAt` is the earliest end among all inputs, null when the verdict is "fail". */
  checkedAt: string;
  expiresAt: string | null;
  tookMs: number;
}
