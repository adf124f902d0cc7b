import { sha256 } from '@noble/hashes/sha2.js';
import { parseEnvelope } from '../protocol/log/dsse.ts';
import { emptyLedger } from '../protocol/log/ledger.ts';
import { type JudgedEntry, Replay, requireSubmittable, type VerifiedEntry } from '../protocol/log/replay.ts';
import { serverError } from './errors.ts';

/** Kinds that a nearly full log still takes: approvals must stay revocable, and the log closable. */
const LAST_KINDS: readonly string[] = ['status', 'log-closed'];

/** A submission, read as far as it takes to know which statement it is. */
export interface Submission {
  readonly entry: Uint8Array;
  /** SHA-256 of the payload, 32 bytes. */
  readonly statement: Uint8Array;
}

/** A submission whose signatures were verified. */
export interface Candidate extends Submission {
  readonly verified: VerifiedEntry;
}

/** Reads a submission; throws WAX_STATEMENT_ENVELOPE or _SIZE. */
export function readSubmission(entry: Uint8Array): Submission {
  return { entry, statement: sha256(parseEnvelope(entry).payload) };
}

/**
 * What this log takes: what its clients would accept, in time by its own clock, within its budget. It replays
 * the entries as clients and auditors do, so that they cannot come to different answers.
 */
export class LogRules {
  readonly #replay: Replay;
  readonly #budget: number;
  #closed: boolean;

  /** @param genesis hex SHA-256 of the bytes of entry 0 */
  constructor(origin: string, genesis: string, budget: number) {
    this.#replay = Replay.from(emptyLedger(origin, genesis));
    this.#budget = budget;
    this.#closed = false;
  }

  /** Takes over entries that the log holds already; one that its own rules refuse cannot have come from it. */
  async replay(entries: readonly Uint8Array[]): Promise<void> {
    for (const { index, error, statement } of await this.#replay.apply(entries)) {
      if (error)
        throw serverError('WAX_LOGSERVER_DAMAGED', `entry ${index}: ${error.code}`, { cause: error });
      if (statement?.kind === 'log-closed') this.#closed = true;
    }
  }

  /** Verifies the signatures, and refuses what could not be sequenced now: WAX_STATEMENT_*, WAX_LOGSERVER_*. */
  async verify(submission: Submission, now: number): Promise<Candidate> {
    this.#requireOpen();
    const verified = await this.#replay.verify(submission.entry);
    this.#judge(verified, now);
    return { ...submission, verified };
  }

  /** Judges a candidate at the place it is about to get, and records it. Returns its kind. */
  async accept(candidate: Candidate, now: number): Promise<string> {
    this.#requireOpen();
    let { verified } = candidate;
    // Signers found under an earlier policy say nothing about this one.
    if (this.#replay.judge(verified).error?.code === 'WAX_STATEMENT_POLICY') {
      verified = await this.#replay.verify(candidate.entry);
    }
    const judged = this.#judge(verified, now);
    this.#replay.record(judged);
    if (judged.statement?.kind === 'log-closed') this.#closed = true;
    return judged.statement?.kind ?? 'unknown';
  }

  #requireOpen(): void {
    if (this.#closed) throw serverError('WAX_LOGSERVER_CLOSED');
  }

  #judge(verified: VerifiedEntry, now: number): JudgedEntry {
    const judged = this.#replay.judge(verified);
    requireSubmittable(judged, now);
    if (this.#replay.size >= this.#limitFor(judged.statement?.kind ?? 'unknown')) {
      throw serverError('WAX_LOGSERVER_FULL', `${this.#budget} entries`);
    }
    return judged;
  }

  /** The last place is for `log-closed`, and one in a hundred before it for what takes approvals back. */
  #limitFor(kind: string): number {
    if (kind === 'log-closed') return this.#budget;
    return this.#budget - (LAST_KINDS.includes(kind) ? 1 : 1 + Math.ceil(this.#budget / 100));
  }
}
