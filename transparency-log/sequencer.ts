import { setImmediate, setTimeout } from 'node:timers/promises';
import { toHex } from '../protocol/bytes.ts';
import { CodedError } from '../protocol/errors.ts';
import { hashLeaf } from '../protocol/log/tree.ts';
import { serverError } from './errors.ts';
import type { HashTree } from './hash-tree.ts';
import type { Publisher } from './publisher.ts';
import type { Candidate, LogRules } from './rules.ts';
import type { StepListener } from './steps.ts';
import { diskError } from './storage/disk-errors.ts';
import type { EntryStore, NewEntry } from './storage/storage.ts';

/** Entries sequenced in one transaction: a larger one would block the event loop for too long. */
const CHUNK = 256;
/** Submissions that are verified, sequenced or published at a time, unless said: without witnesses none is let go. */
const MOST_WAITING = 8192;
const LONGEST_RETRY_MS = 30_000;
/** What is wrong with one submission; anything else is wrong with the log. */
const REFUSAL = /^WAX_STATEMENT_|^WAX_LOGSERVER_(CLOSED|FULL|INTERNAL)$/;

/** How long a cycle waits for others that come with the last submission: most that come together come in bursts. */
const COMPANY_MS = 20;
/** How often it looks whether they came. */
const LOOK_MS = 5;

/** Where an accepted entry ended up. */
interface Receipt {
  index: number;
  /** False if the log had this statement already. */
  isNew: boolean;
}

/** A submission that was accepted; `published` resolves when a witnessed checkpoint holds the entry. */
export interface Ticket {
  statement: string;
  published: Promise<Receipt>;
}

interface Waiting {
  readonly candidate: Candidate | null;
  /** When it came, by a clock that nobody sets. */
  readonly cameAt: number;
  /** Null until it is sequenced. */
  index: number | null;
  readonly isNew: boolean;
  readonly result: PromiseWithResolvers<Receipt>;
}

export interface SequencerOptions {
  entries: EntryStore;
  tree: HashTree;
  rules: LogRules;
  publisher: Publisher;
  publishIntervalMs: number;
  /** Submissions under way after which more are refused; 8,192 unless said. */
  mostWaiting?: number;
  onStep: StepListener;
  /** Told whenever a cycle fails, and when the log halts. */
  onProblem: (problem: CodedError) => void;
  now: () => number;
}

/**
 * Takes submissions, sequences them in batches, has each batch published, and only then tells the submitters.
 * One cycle runs at a time. A witness quorum that cannot be had is waited for; any other failure of a cycle
 * halts the log for good, since what is in memory may then differ from what is on disk.
 */
export class Sequencer {
  readonly #options: SequencerOptions;
  readonly #waiting = new Map<string, Waiting>();
  #queue: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;
  #cycle: Promise<void> = Promise.resolve();
  #failures = 0;
  /** When the last cycle began, by a clock that nobody sets. */
  #begun = Number.NEGATIVE_INFINITY;
  /** When the last submission came, by the same clock. */
  #cameLast = Number.NEGATIVE_INFINITY;
  /** Submissions that are being verified. */
  readonly #reading = new Set<Uint8Array>();
  /** Why submissions are refused now, or null. */
  blocked: CodedError | null = null;
  /** Why the last cycle could not publish, or null. */
  problem: CodedError | null = null;

  constructor(options: SequencerOptions) {
    this.#options = options;
  }

  /** Checks an entry and queues it. Resolves once it is accepted; throws a coded error if it is refused. */
  async submit(entry: Uint8Array): Promise<Ticket> {
    this.#requireOpen();
    const { mostWaiting = MOST_WAITING } = this.#options;
    if (this.#waiting.size + this.#reading.size >= mostWaiting) throw serverError('WAX_LOGSERVER_BUSY');
    const cameAt = performance.now();
    this.#cameLast = cameAt;
    const candidate = await this.#read(entry);
    const refusal = await this.#refusal(candidate);
    // After the verdict: a twin that was sequenced meanwhile is the reason for a refusal, and no reason to refuse.
    const known = await this.lookUp(candidate.statement);
    if (known) return known;
    if (refusal) throw refusal;
    this.#requireOpen();
    return this.#enqueue(candidate, cameAt);
  }

  async #refusal(candidate: Candidate): Promise<CodedError | null> {
    try {
      await this.#options.rules.requireAcceptable(candidate, this.#options.now());
      return null;
    } catch (cause) {
      if (cause instanceof CodedError) return cause;
      throw cause;
    }
  }

  async #read(entry: Uint8Array): Promise<Candidate> {
    this.#reading.add(entry);
    try {
      return await this.#options.rules.read(entry);
    } finally {
      this.#reading.delete(entry);
    }
  }

  /** The ticket of a statement (hash) that is in the log or on its way into it, or null. */
  async lookUp(statement: Uint8Array): Promise<Ticket | null> {
    const hash = toHex(statement);
    const index = this.#waiting.has(hash) ? null : await this.#options.entries.indexOf(statement);
    const waiting = this.#waiting.get(hash);
    if (waiting) return { statement: hash, published: known(waiting) };
    if (index === null) return null;
    if (index < this.#options.publisher.size) {
      return { statement: hash, published: Promise.resolve({ index, isNew: false }) };
    }
    return this.#wait(hash, {
      candidate: null,
      cameAt: performance.now(),
      index,
      isNew: false,
      result: Promise.withResolvers(),
    });
  }

  #requireOpen(): void {
    if (this.blocked) throw this.blocked;
  }

  #enqueue(candidate: Candidate, cameAt: number): Ticket {
    const hash = toHex(candidate.statement);
    // The same statement may have come in a second time while this one was looked up.
    const twin = this.#waiting.get(hash);
    if (twin) return { statement: hash, published: known(twin) };
    const waiting: Waiting = { candidate, cameAt, index: null, isNew: true, result: Promise.withResolvers() };
    this.#queue.push(waiting);
    this.#arm(Math.max(0, this.#begun + this.#options.publishIntervalMs - performance.now()));
    if (this.#queue.length === CHUNK) this.#sequenceEarly();
    return this.#wait(hash, waiting);
  }

  /** What fills a transaction need not wait for the next cycle, which is then over sooner. */
  #sequenceEarly(): void {
    this.#cycle = this.#cycle.then(async () => {
      if (this.blocked) return;
      try {
        await this.#sequenceFull();
      } catch (cause) {
        this.#fail(diskError(cause));
      }
    });
  }

  #wait(hash: string, waiting: Waiting): Ticket {
    this.#waiting.set(hash, waiting);
    // Nobody may be listening any more when it fails.
    waiting.result.promise.catch(() => {});
    return { statement: hash, published: waiting.result.promise };
  }

  #arm(delay: number): void {
    if (this.blocked) return;
    this.#timer ??= globalThis.setTimeout(() => {
      this.#timer = null;
      void this.run();
    }, delay);
  }

  /** One cycle: sequence what waits, publish, tell submitters. With `refresh`, publish even without growth. */
  run(refresh = false): Promise<void> {
    this.#cycle = this.#cycle.then(() => (this.blocked ? undefined : this.#runOnce(refresh)));
    return this.#cycle;
  }

  async #runOnce(refresh: boolean): Promise<void> {
    const { tree, publisher } = this.#options;
    this.#begun = performance.now();
    try {
      await this.#sequenceAll();
      if (tree.size > publisher.size || (refresh && tree.size > 0)) await publisher.publish();
      this.problem = null;
      this.#failures = 0;
      this.#settle();
    } catch (cause) {
      this.#fail(diskError(cause));
    }
  }

  /**
   * Sequences what waits, and what comes or is being verified meanwhile: the rest of a burst would miss this
   * checkpoint by a moment and wait for the next. It ends when nothing more comes, and at the latest when the first
   * of them has waited for as long as the interval: under steady load there is always more.
   */
  async #sequenceAll(): Promise<void> {
    let first = performance.now();
    for (const { cameAt } of this.#waiting.values()) first = Math.min(first, cameAt);
    const latest = first + this.#options.publishIntervalMs;
    const isMore = () => this.#reading.size > 0 || performance.now() - this.#cameLast < COMPANY_MS;
    do {
      while (isMore() && performance.now() < latest) {
        await this.#sequenceFull();
        await setTimeout(LOOK_MS);
      }
      const rest = this.#queue.splice(0);
      for (let start = 0; start < rest.length; start += CHUNK)
        await this.#sequenceChunk(rest.slice(start, start + CHUNK));
    } while ((this.#queue.length > 0 || isMore()) && performance.now() < latest);
  }

  /** Sequences what fills whole transactions, not what comes meanwhile. Few of them, since each waits for the disk. */
  async #sequenceFull(): Promise<void> {
    for (let full = Math.floor(this.#queue.length / CHUNK); full > 0; full--)
      await this.#sequenceChunk(this.#queue.splice(0, CHUNK));
  }

  async #sequenceChunk(chunk: readonly Waiting[]): Promise<void> {
    await this.#sequence(chunk);
    this.#options.onStep('sequenced');
    await setImmediate();
  }

  #fail(error: CodedError): void {
    this.problem = error;
    this.#options.onProblem(error);
    if (error.code === 'WAX_LOGSERVER_NO_QUORUM') {
      this.#failures += 1;
      this.#arm(Math.min(this.#options.publishIntervalMs * 2 ** this.#failures, LONGEST_RETRY_MS));
    } else {
      this.halt(error);
    }
  }

  async #sequence(batch: readonly Waiting[]): Promise<void> {
    const { entries, tree, rules, now } = this.#options;
    const oldSize = tree.size;
    const accepted: Waiting[] = [];
    const fresh: NewEntry[] = [];
    for (const waiting of batch) {
      const { candidate } = waiting;
      if (!candidate) continue;
      const { entry, statement } = candidate;
      let kind: string;
      try {
        // It may have been sequenced and published while a second copy of it was still being verified.
        const index = await entries.indexOf(statement);
        if (index !== null) {
          waiting.index = index;
          continue;
        }
        kind = await rules.accept(candidate, now());
      } catch (cause) {
        // A disk that fails is no fault of this submission, and fails the cycle.
        if (cause instanceof CodedError && !REFUSAL.test(cause.code)) throw cause;
        this.#waiting.delete(toHex(statement));
        waiting.result.reject(cause);
        continue;
      }
      accepted.push(waiting);
      fresh.push({ entry, statement, kind, sequencedAt: now() });
      tree.append(hashLeaf(entry));
    }
    if (fresh.length === 0) return;
    await entries.append(oldSize, fresh, { size: tree.size, root: tree.root() });
    rules.stored();
    for (const [offset, waiting] of accepted.entries()) waiting.index = oldSize + offset;
  }

  /** Tells all whose entry is now below the published size. */
  #settle(): void {
    for (const [hash, { index, isNew, result }] of this.#waiting) {
      if (index === null || index >= this.#options.publisher.size) continue;
      this.#waiting.delete(hash);
      result.resolve({ index, isNew });
    }
    this.#options.onStep('acknowledged');
  }

  /** Refuses everything from now on, and tells those who wait. */
  halt(error: CodedError): void {
    this.blocked = error;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#queue = [];
    for (const { result } of this.#waiting.values()) result.reject(error);
    this.#waiting.clear();
  }

  /** Lets the cycle under way end, then refuses everything. */
  async close(): Promise<void> {
    await this.#cycle;
    this.halt(serverError('WAX_LOGSERVER_STOPPING'));
  }
}

/** To a second submitter the entry is not new. */
function known({ result }: Waiting): Promise<Receipt> {
  const receipt = result.promise.then((first) => ({ ...first, isNew: false }));
  // As for the first one: nobody may be listening any more when it fails.
  receipt.catch(() => {});
  return receipt;
}
