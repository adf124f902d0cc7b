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
import { OfferQueue } from './offer-queue.ts';
import { Pace } from './pace.ts';
import { reportDataOf } from './report-data.ts';

/** What one session needs from the batch that it was in. */
export interface BatchPlace {
  slot: number;
  path: Uint8Array[];
  evidence: Uint8Array;
  endorsements: Uint8Array[];
}

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
  /** Of the work on offers; an own one unless told otherwise. */
  pace?: Pace;
}

export class Batches {
  readonly #options: BatchOptions;
  readonly #queue: OfferQueue<Waiting>;
  #busy = false;
  /** The report under way has not come back in time. */
  #late = false;
  #working = true;
  readonly #pace: Pace;

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#pace = options.pace ?? new Pace();
    this.#queue = new OfferQueue(options.queued);
  }

  /** False while the attester fails or does not come back. */
  get working(): boolean {
    return this.#working;
  }

  /**
   * Puts a session into the next batch. `client` is whatever tells one who offers from another.
   * Rejects with WAX_ENCLAVE_OVERLOADED or WAX_ENCLAVE_REPORT.
   */
  join(
    session: { nonce: Uint8Array; headerBytes: Uint8Array; pk: Uint8Array },
    client = '',
  ): Promise<BatchPlace> {
    // A report that does not come back blocks all later ones: say so at once instead of queueing behind it.
    if (this.#late) return Promise.reject(enclaveError('WAX_ENCLAVE_REPORT'));
    const { promise, resolve, reject } = Promise.withResolvers<BatchPlace>();
    const crowdedOut = this.#queue.add(client, { leaf: batchLeaf(session), resolve, reject });
    crowdedOut?.reject(enclaveError('WAX_ENCLAVE_OVERLOADED'));
    // Offers that arrive in one turn of the event loop belong into one batch, the first one included.
    void setImmediate().then(() => this.#next());
    return promise;
  }

  #next(): void {
    if (this.#busy || this.#queue.size === 0) return;
    this.#busy = true;
    const members = this.#queue.take(BATCH_SLOTS);
    void this.#attest(members).finally(() => {
      this.#busy = false;
      this.#next();
    });
  }

  /** Settles all members by the deadline; resolves only when the attester is free again. */
  async #attest(members: Waiting[]): Promise<void> {
    const { reportMs, events } = this.#options;
    const fail = (waiting: Waiting[]) => {
      for (const { reject } of waiting) reject(enclaveError('WAX_ENCLAVE_REPORT'));
    };
    const deadline = setTimeout(() => {
      this.#late = true;
      this.#working = false;
      events.notice('report-late');
      fail(members);
      fail(this.#queue.take(this.#queue.size));
    }, reportMs);
    try {
      const made = await askWhileBusy(
        () => this.#report(members),
        () => this.#late,
      );
      this.#working = true;
      clearTimeout(deadline);
      await this.#settle(members, made);
    } catch {
      // The reason may hold anything; whoever runs the machine learns that it happened, and nothing else.
      this.#working = false;
      if (!this.#late) events.notice('report-failed');
      fail(members);
    } finally {
      clearTimeout(deadline);
      this.#late = false;
    }
  }

  /** Asks once; who came while the device was busy is taken along. */
  async #report(members: Waiting[]): Promise<Covered> {
    const { attester, statement } = this.#options;
    members.push(...this.#queue.take(BATCH_SLOTS - members.length));
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
      // An answer is made from each: records of open chats go out in between.
      await this.#pace.pass();
      resolve({ ...tree.place(index), ...made });
    }
  }
}
