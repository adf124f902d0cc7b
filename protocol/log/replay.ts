/**
 * Replays entries: each is judged under the policy in force before it, and one that is not authorised
 * changes nothing but the list of such entries. Log, client and auditor all run this.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { type Approved, KeptApprovals, type Place } from './approved.ts';
import {
  needsThreshold,
  type PolicyInForce,
  publishersFor,
  requireAuthorised,
  requireTimely,
  type VerifySignature,
  verifySigners,
} from './authorise.ts';
import { type Envelope, parseEnvelope } from './dsse.ts';
import { type ApprovalKind, emptyLedger, isForgotten, type Ledger, type Logged } from './ledger.ts';
import { parseStatement, type Statement, type StatementOf } from './statement.ts';
import { statementError } from './statement-errors.ts';

/** An entry that has been read, and the signatures in it verified; `error` is the first thing wrong with it. */
export interface VerifiedEntry {
  /** Hex SHA-256 of a policy's entry, by which later statements name it; null for all others. */
  entrySha256: string | null;
  /** Hex SHA-256 of the payload; null if there is no envelope. */
  statementSha256: string | null;
  statement: Statement | null;
  /** Publishers that signed, under the policy `under` (hash of its entry, null before the first). */
  signers: string[];
  under: string | null;
  error: CodedError | null;
}

/** The verdict on an entry at its place in the log: authorised unless there is an error. */
export interface JudgedEntry extends VerifiedEntry {
  index: number;
}

interface ReadEntry extends VerifiedEntry {
  envelope: Envelope | null;
}

/** Refused and not understood entries that are kept for reports; one is enough to act on. */
const KEPT_ODDITIES = 32;
/** Entries read while the signatures of as many are verified: other threads do that. More would only hold memory. */
const RUN_LENGTH = 64;

const isStatementError = (error: unknown): error is CodedError =>
  error instanceof CodedError && error.code.startsWith('WAX_STATEMENT_');

function codedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  throw error;
}

function readEntry(bytes: Uint8Array): ReadEntry {
  const read: ReadEntry = {
    entrySha256: null,
    statementSha256: null,
    statement: null,
    signers: [],
    under: null,
    error: null,
    envelope: null,
  };
  try {
    read.envelope = parseEnvelope(bytes);
    read.statementSha256 = toHex(sha256(read.envelope.payload));
    read.statement = parseStatement(read.envelope.payload);
    if (read.statement.kind === 'policy') read.entrySha256 = toHex(sha256(bytes));
  } catch (error) {
    read.error = codedError(error);
  }
  return read;
}

async function verifyRead(
  read: ReadEntry,
  policy: PolicyInForce | null,
  verify?: VerifySignature,
): Promise<VerifiedEntry> {
  const { envelope, ...verified } = read;
  verified.under = policy?.entrySha256 ?? null;
  if (envelope === null || verified.statement === null) return verified;
  try {
    verified.signers = await verifySigners(envelope, publishersFor(verified.statement, policy), verify);
  } catch (error) {
    verified.error = codedError(error);
  }
  return verified;
}

/**
 * Reads an entry and verifies its signatures under a policy: the costly part of a verdict, free of order.
 * @param verify what checks one signature, where that is not the runtime's WebCrypto
 */
export function verifyEntry(
  bytes: Uint8Array,
  policy: PolicyInForce | null,
  verify?: VerifySignature,
): Promise<VerifiedEntry> {
  return verifyRead(readEntry(bytes), policy, verify);
}

/** A ledger that grows. `from` takes a ledger as it was stored, `ledger()` gives it back. */
export class Replay {
  #ledger: Omit<Ledger, 'approvals' | 'retirements'>;
  readonly #approved: Approved;

  private constructor(ledger: Omit<Ledger, 'approvals' | 'retirements'>, approved: Approved) {
    this.#ledger = structuredClone(ledger);
    this.#approved = approved;
  }

  static from({ approvals, retirements, ...ledger }: Ledger): Replay {
    return new Replay(ledger, new KeptApprovals({ approvals, retirements }));
  }

  /**
   * For a log, which judges entries and never asks what they add up to: kept in memory, that would be a kilobyte or
   * two for each.
   * @param approved where it looks up what it has recorded since its first entry
   */
  static forVerdicts(origin: string, genesis: string, approved: Approved): Replay {
    const { approvals, retirements, ...ledger } = emptyLedger(origin, genesis);
    return new Replay(ledger, approved);
  }

  /** The ledger after all that was recorded; later entries do not change it. Not for `forVerdicts`. */
  ledger(): Ledger {
    if (!(this.#approved instanceof KeptApprovals)) throw new RangeError('the approvals were not kept');
    return { ...structuredClone(this.#ledger), ...this.#approved.list(this.#ledger.newestNotBefore) };
  }

  get size(): number {
    return this.#ledger.size;
  }

  /** The policy under which the next entry is judged. */
  get policy(): PolicyInForce | null {
    return this.#ledger.policy;
  }

  /** The verdict on an entry if it came next. Nothing is recorded. Throws what looking an approval up throws. */
  async judge(verified: VerifiedEntry): Promise<JudgedEntry> {
    const judged = { ...verified, index: this.#ledger.size };
    const { statement, statementSha256, signers, entrySha256, error } = verified;
    if (error !== null || statement === null || statementSha256 === null) return judged;
    try {
      // Signers found under an earlier policy say nothing about this one.
      if (verified.under !== (this.#ledger.policy?.entrySha256 ?? null)) {
        throw statementError('WAX_STATEMENT_POLICY', 'the policy has changed since');
      }
      requireAuthorised(statement, signers, entrySha256, this.#ledger);
      await this.#requirePlace(statement, statementSha256);
    } catch (cause) {
      // Where the approvals are looked up may fail, too: that says nothing about this entry.
      if (!isStatementError(cause)) throw cause;
      judged.error = cause;
    }
    return judged;
  }

  /** Records the next entry with the verdict that `judge` gave for it just now. */
  record(judged: JudgedEntry): void {
    if (judged.index !== this.#ledger.size) throw new RangeError('the entry was judged for another place');
    this.#ledger.size += 1;
    const { statement, statementSha256, error } = judged;
    if (error !== null || statement === null || statementSha256 === null) {
      this.#ledger.refusedCount += 1;
      const refusal = { index: judged.index, code: error?.code ?? 'WAX_STATEMENT_FORM' };
      this.#ledger.refused = [...this.#ledger.refused, refusal].slice(-KEPT_ODDITIES);
      return;
    }
    // What a single publisher can sign does not move the date, or one stolen key could shut out all others.
    if (needsThreshold(statement)) {
      this.#ledger.newestNotBefore = Math.max(this.#ledger.newestNotBefore, statement.notBefore);
    }
    this.#apply(statement, statementSha256, judged);
  }

  /**
   * Verifies, judges and records entries in order; the signatures under one policy side by side, and while the next
   * entries are read.
   */
  async apply(entries: readonly Uint8Array[]): Promise<JudgedEntry[]> {
    const outcome: JudgedEntry[] = [];
    let underWay: Promise<VerifiedEntry[]> = Promise.resolve([]);
    const settle = async (next: readonly ReadEntry[]) => {
      const { policy } = this.#ledger;
      const before = underWay;
      underWay = Promise.all(next.map((read) => verifyRead(read, policy)));
      // It is awaited in its turn, which does not come if one before it fails.
      underWay.catch(() => {});
      for (const verified of await before) {
        const judged = await this.judge(verified);
        this.record(judged);
        outcome.push(judged);
      }
    };
    let run: ReadEntry[] = [];
    for (const bytes of entries) {
      const read = readEntry(bytes);
      run.push(read);
      const setsPolicy = read.statement?.kind === 'policy';
      if (!setsPolicy && run.length < RUN_LENGTH) continue;
      await settle(run);
      run = [];
      // What follows is verified under the policy that it may have set.
      if (setsPolicy) await settle([]);
    }
    await settle(run);
    await settle([]);
    return outcome;
  }

  async #requirePlace(statement: Statement, statementSha256: string): Promise<void> {
    if (this.#ledger.closed !== null) throw statementError('WAX_STATEMENT_CLOSED');
    if (await this.#find(statementSha256)) throw statementError('WAX_STATEMENT_DUPLICATE');
    if (statement.kind !== 'status') return;
    const target = await this.#find(statement.statementSha256);
    if (target?.index !== statement.index) {
      throw statementError('WAX_STATEMENT_TARGET', `entry ${statement.index}`);
    }
  }

  async #find(statementSha256: string): Promise<Place | null> {
    const { size, newestNotBefore } = this.#ledger;
    const place = await this.#approved.find(statementSha256, size);
    return place === undefined || isForgotten(place.expires, newestNotBefore) ? null : place;
  }

  #apply(statement: Statement, statementSha256: string, { index, entrySha256, signers }: JudgedEntry): void {
    const ledger = this.#ledger;
    if (statement.kind === 'unknown') {
      const { predicateType } = statement;
      if (!statement.critical) return;
      ledger.notUnderstood = [...ledger.notUnderstood, { index, predicateType }].slice(0, KEPT_ODDITIES);
    } else if (statement.kind === 'policy') {
      if (entrySha256 === null) return;
      ledger.policy = {
        index,
        entrySha256,
        publishers: statement.publishers,
        threshold: statement.threshold,
      };
    } else if (statement.kind === 'status') {
      const { action, notBefore: at, reason } = statement;
      this.#approved.takeBack(statement.statementSha256, { action, index, at, reason });
    } else if (statement.kind === 'log-closed') {
      ledger.closed = { index, successor: statement.successor };
    } else {
      this.#approve(statement, statementSha256, index, signers);
    }
  }

  #approve(
    statement: StatementOf<ApprovalKind>,
    statementSha256: string,
    index: number,
    signers: string[],
  ): void {
    const { policy } = this.#ledger;
    const logged: Logged = {
      index,
      statementSha256,
      statement,
      signers,
      threshold: policy?.threshold ?? 0,
      publisherCount: policy?.publishers.length ?? 0,
      takenBack: null,
    };
    this.#approved.add(logged, this.#ledger.newestNotBefore);
  }
}

/**
 * What a log asks, besides authorisation, before it sequences: a kind that it knows, dated within 7 days.
 * @param now the log's clock, in milliseconds
 * @throws the error of the verdict, WAX_STATEMENT_KIND or WAX_STATEMENT_CLOCK
 */
export function requireSubmittable({ statement, error }: JudgedEntry, now: number): void {
  if (error !== null) throw error;
  if (statement === null || statement.kind === 'unknown') throw statementError('WAX_STATEMENT_KIND');
  requireTimely(statement, now);
}
