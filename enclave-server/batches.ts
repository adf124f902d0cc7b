/**
 * Attestation by group commit (wire-format.md B3): one hardware report is under way at a time, and the next
 * one covers whatever queued meanwhile. Hardware that takes a second for a report then still serves a
 * thousand offers with it.
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import { equalBytes } from '../protocol/bytes.ts';
import { BATCH_SLOTS, BatchTree, batchLeaf, reportData } from '../protocol/session/batch.ts';
import type { Attester } from './attester/attester.ts';
import { askWhileBusy } from './attester/busy.ts';
import { enclaveError } from './errors.ts';
import type { EventList } from './events.ts';
import { reportDataOf } from './report-data.ts';

/** What one session needs from the batch that it was in. */
export interface BatchPlace {
  slot: number;
  path: Uint8Array[];
  evidence: Uint8Array;
  endorsements: Uint8Array[];
}

const PLACES_AT_ONCE = 16;

interface Waiting {
  leaf: Uint8Array;
  resolve: (place: BatchPlace) => void;
  reject: (error: Error) => void;
}

interface Covered {
  tree: BatchTree;
  evidence: Uint8Array;
  endorsements: Uint8Array[];
}

export interface BatchOptions {
  attester: Attester;
  statement: Uint8Array;
  /** Offers that may wait for the next report. */
  queued: number;
  /** Longest wait for one report, in milliseconds. */
  reportMs: number;
  events: EventList;
}

export class Batches {
  readonly #options: BatchOptions;
  #queue: Waiting[] = [];
  #busy = false;
  #working = true;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** False while the attester fails or does not come back. */
  get working(): boolean {
    return this.#working;
  }

  /** Puts a session into the next batch. Rejects with WAX_ENCLAVE_OVERLOADED or WAX_ENCLAVE_REPORT. */
  join(session: { nonce: Uint8Array; headerBytes: Uint8Array; pk: Uint8Array }): Promise<BatchPlace> {
    // A report that does not come back blocks all later ones: say so at once instead of queueing behind it.
    if (this.#busy && !this.#working) return Promise.reject(enclaveError('WAX_ENCLAVE_REPORT'));
    if (this.#queue.length >= this.#options.queued) {
      return Promise.reject(enclaveError('WAX_ENCLAVE_OVERLOADED'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<BatchPlace>();
    this.#queue.push({ leaf: batchLeaf(session), resolve, reject });
    // Offers that arrive in one turn of the event loop belong into one batch, the first one included.
    void setImmediate().then(() => this.#next());
    return promise;
  }

  #next(): void {
    if (this.#busy || this.#queue.length === 0) return;
    this.#busy = true;
    const members = this.#queue.splice(0, BATCH_SLOTS);
    void this.#attest(members).finally(() => {
      this.#busy = false;
      this.#next();
    });
  }

  /** Settles all members by the deadline; resolves only when the attester is free again. */
  async #attest(members: Waiting[]): Promise<void> {
    const { reportMs, events } = this.#options;
    let late = false;
    const fail = (waiting: Waiting[]) => {
      for (const { reject } of waiting) reject(enclaveError('WAX_ENCLAVE_REPORT'));
    };
    const deadline = setTimeout(() => {
      late = true;
      this.#working = false;
      events.notice('report-late');
      fail(members);
      fail(this.#queue.splice(0));
    }, reportMs);
    try {
      const made = await askWhileBusy(
        () => this.#report(members),
        () => late,
      );
      this.#working = true;
      clearTimeout(deadline);
      await this.#settle(members, made);
    } catch {
      // The reason may hold anything; whoever runs the machine learns that it happened, and nothing else.
      this.#working = false;
      if (!late) events.notice('report-failed');
      fail(members);
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Asks once; who came while the device was busy is taken along. */
  async #report(members: Waiting[]): Promise<Covered> {
    const { attester, statement } = this.#options;
    members.push(...this.#queue.splice(0, BATCH_SLOTS - members.length));
    const tree = new BatchTree(members.map(({ leaf }) => leaf));
    const wanted = reportData(tree.root, statement);
    const { evidence, endorsements } = await attester.report(wanted);
    // The report's own bytes, whatever the way to the hardware claims: another caller may have come between.
    if (!equalBytes(reportDataOf(attester.evidenceType, evidence), wanted)) {
      throw enclaveError('WAX_ENCLAVE_REPORT', 'it covers other data');
    }
    return { tree, evidence, endorsements };
  }

  async #settle(members: Waiting[], { tree, ...made }: Covered): Promise<void> {
    for (const [index, { resolve }] of members.entries()) {
      resolve({ ...tree.place(index), ...made });
      // An answer is made from each: records of open chats go out in between.
      if ((index + 1) % PLACES_AT_ONCE === 0) await setImmediate();
    }
  }
}
