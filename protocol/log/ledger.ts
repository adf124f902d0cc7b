/**
 * What the entries of a log add up to: the policy in force, releases, machines, graces, and what was taken
 * back. Plain JSON data; replay.ts makes it out of entries.
 * @module
 */
import type { AuthorisationContext } from './authorise.ts';
import { DAY } from './kinds/kind.ts';
import type { StatementOf } from './statement.ts';

/** Kinds of statement that approve something and can be taken back. */
export type ApprovalKind = 'release' | 'machine' | 'grace' | 'extension-release';

/** An approval as the log holds it. */
export interface Logged<K extends ApprovalKind = ApprovalKind> {
  index: number;
  /** Hex SHA-256 of the payload: the identity of a statement, whoever signed it. */
  statementSha256: string;
  statement: StatementOf<K>;
  /** Names of the publishers that signed, and what the policy of that time asked for. */
  signers: string[];
  threshold: number;
  publisherCount: number;
  /** Final: nothing brings this statement back. */
  takenBack: null | { action: 'revoke' | 'supersede'; index: number; at: number; reason: string };
}

/** From `at` (milliseconds) on, versions of the product lower than `below` are refused. */
export interface Retirement {
  product: string;
  below: number;
  at: number;
  /** Index of the release that says so. */
  index: number;
}

export interface Ledger extends AuthorisationContext {
  /** Number of entries that went into this. */
  size: number;
  /** In the order of the log. Releases stay for a while after they expired, to tell "expired" from "unknown". */
  approvals: Logged[];
  /** They outlive the releases that they come from. */
  retirements: Retirement[];
  /** Entries of a kind that this version does not know and must not ignore: no sealing until an update. */
  notUnderstood: { index: number; predicateType: string }[];
  /** The newest entries that were not authorised, and how many there are in all. They approve nothing. */
  refused: { index: number; code: string }[];
  refusedCount: number;
  closed: null | { index: number; successor: StatementOf<'log-closed'>['successor'] };
}

/** A ledger without entries, for the log of this origin whose entry 0 has this hash (hex). */
export function emptyLedger(origin: string, genesis: string): Ledger {
  return {
    origin,
    genesis,
    policy: null,
    newestNotBefore: 0,
    size: 0,
    approvals: [],
    retirements: [],
    notUnderstood: [],
    refused: [],
    refusedCount: 0,
    closed: null,
  };
}

/** Narrows an approval to one kind. */
export function isLogged<K extends ApprovalKind>(logged: Logged, kind: K): logged is Logged<K> & Logged {
  return logged.statement.kind === kind;
}

const KEPT_EXPIRED = 30 * DAY;

/**
 * Whether an approval ended so long ago that nobody keeps it. By the dates in the log and not by a clock, so that
 * everybody forgets the same.
 * @param expires milliseconds; null for what does not expire
 */
export function isForgotten(expires: number | null, newestNotBefore: number): boolean {
  return expires !== null && expires < newestNotBefore - KEPT_EXPIRED;
}
