import { parseHex, toHex } from '../protocol/bytes.ts';
import { type JudgedEntry, Replay, requireSubmittable, type VerifiedEntry } from '../protocol/log/replay.ts';
import { serverError } from './errors.ts';
import type { EntryStore, StoredEntry } from './storage/storage.ts';
import { StoredApprovals } from './stored-approvals.ts';
import { Verifier } from './verifier/verifier.ts';

/** Kinds that a nearly full log still takes: approvals must stay revocable, and the log closable. */
const LAST_KINDS: readonly string[] = ['status', 'log-closed'];

/** A submission that is a statement, signed or not. */
export interface Candidate {
  readonly entry: Uint8Array;
  /** SHA-256 of the payload, 32 bytes. */
  readonly statement: Uint8Array;
  readonly verified: VerifiedEntry;
}

/**
 * What this log takes: what its clients would accept, in time by its own clock, within its budget. It replays
 * the entries as clients and auditors do, so that they cannot come to different answers.
 */
export class LogRules {
  readonly #replay: Replay;
  readonly #approvals: StoredApprovals;
  readonly #budget: number;
  readonly #verifier = new Verifier();
  #closed: boolean;

  /** @param genesis hex SHA-256 of the bytes of entry 0 */
  constructor(origin: string, genesis: string, budget: number, entries: EntryStore) {
    this.#approvals = new StoredApprovals(entries);
    this.#replay = Replay.forVerdicts(origin, genesis, this.#approvals);
    this.#budget = budget;
    this.#closed = false;
  }

  /** Takes over entries that the log holds already; one that its own rules refuse cannot have come from it. */
  async replay(stored: readonly StoredEntry[]): Promise<void> {
    const judged = await this.#replay.apply(stored.map(({ entry }) => entry));
    for (const [offset, { index, error, statement, statementSha256 }] of judged.entries()) {
      if (error)
        throw serverError('WAX_LOGSERVER_DAMAGED', `entry ${index}: ${error.code}`, { cause: error });
      const { kind, statement: hash } = stored[offset] ?? { kind: '', statement: new Uint8Array() };
      if (kind !== (statement?.kind ?? 'unknown') || toHex(hash) !== statementSha256)
        throw serverError('WAX_LOGSERVER_DAMAGED', `entry ${index} is filed as something else`);
      if (statement?.kind === 'log-closed') this.#closed = true;
    }
    this.#approvals.stored();
  }

  /** All that was accepted is in the store now. */
  stored(): void {
    this.#approvals.stored();
  }

  /** Reads a submission and verifies its signatures; throws WAX_STATEMENT_SIZE or _ENVELOPE. */
  async read(entry: Uint8Array): Promise<Candidate> {
    const verified = await this.#verifier.verify(entry, this.#replay.policy);
    const { statementSha256, error } = verified;
    if (statementSha256 !== null) return { entry, statement: parseHex(statementSha256, 32), verified };
    throw error ?? serverError('WAX_LOGSERVER_INTERNAL', 'no statement and no error');
  }

  /** Refuses what could not be sequenced now: WAX_STATEMENT_*, WAX_LOGSERVER_*. Nothing is recorded. */
  async requireAcceptable({ verified }: Candidate, now: number): Promise<void> {
    this.#requireOpen();
    // Under another policy than it was verified under it is verified again when it gets its place.
    if (this.#isOutdated(verified)) return;
    await this.#judge(verified, now);
  }

  /** Judges a candidate at the place it is about to get, and records it. Returns its kind. */
  async accept(candidate: Candidate, now: number): Promise<string> {
    this.#requireOpen();
    let { verified } = candidate;
    // Signers found under an earlier policy say nothing about this one.
    if (this.#isOutdated(verified)) ({ verified } = await this.read(candidate.entry));
    const judged = await this.#judge(verified, now);
    this.#replay.record(judged);
    if (judged.statement?.kind === 'log-closed') this.#closed = true;
    return judged.statement?.kind ?? 'unknown';
  }

  close(): Promise<void> {
    return this.#verifier.close();
  }

  #isOutdated({ under }: VerifiedEntry): boolean {
    return under !== (this.#replay.policy?.entrySha256 ?? null);
  }

  #requireOpen(): void {
    if (this.#closed) throw serverError('WAX_LOGSERVER_CLOSED');
  }

  async #judge(verified: VerifiedEntry, now: number): Promise<JudgedEntry> {
    const judged = await this.#replay.judge(verified);
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
