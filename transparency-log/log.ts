import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, toHex } from '../protocol/bytes.ts';
import type { CodedError } from '../protocol/errors.ts';
import { type Cosignature, verifyCosignatures } from '../protocol/log/cosignature.ts';
import { parseNote } from '../protocol/log/note.ts';
import { formatProof } from '../protocol/log/proof.ts';
import type { NoteSigner } from '../protocol/log/signer.ts';
import { hashLeaf } from '../protocol/log/tree.ts';
import { serverError } from './errors.ts';
import { HashTree } from './hash-tree.ts';
import { LogSearch } from './log-search.ts';
import { Publisher } from './publisher.ts';
import {
  fetchPublished,
  repairFiles,
  replay,
  requireHistory,
  requireIdentity,
  requireOwnHistory,
} from './recovery.ts';
import { LogRules } from './rules.ts';
import type { SearchHit, SearchQuery } from './search-index.ts';
import { Sequencer, type Ticket } from './sequencer.ts';
import type { StepListener } from './steps.ts';
import { diskError } from './storage/disk-errors.ts';
import type { Storage, StoredEntry } from './storage/storage.ts';
import type { WitnessPolicy } from './witness-policy.ts';
import { WitnessRound } from './witness-round.ts';

export interface LogOptions {
  storage: Storage;
  origin: string;
  signer: NoteSigner;
  /** Bytes of entry 0: the first policy, which the log sequences itself when it is begun. */
  policyEntry: Uint8Array;
  /** Who must cosign before a checkpoint is published. */
  witnesses: WitnessPolicy;
  /** Where readers find this log, if that is not (only) this process: asked at start for the newest size. */
  publicUrl?: string;
  /** Shortest time from one batch to the next; what comes in between waits for it. 1 second unless said. */
  publishIntervalMs?: number;
  /** How often cosignatures are renewed without growth; 5 minutes unless said. */
  refreshIntervalMs?: number;
  /** Entries after which the log refuses new ones; 100,000 unless said. */
  budget?: number;
  fetch?: typeof fetch;
  now?: () => number;
  /** Told what keeps the log from taking or publishing entries, each time; `status()` says it too. */
  onProblem?: (problem: CodedError) => void;
  /** For tests that stop the process at a given step. */
  onStep?: StepListener;
}

const DEFAULT_BUDGET = 100_000;
const DEFAULT_REFRESH_MS = 300_000;
/** How long to wait before asking the witnesses again when too few of them answered at start. */
const RETRY_SURVEY_MS = 5_000;

/** One open log. Reading always works; whether it takes entries is in `status()`. */
export class TransparencyLog {
  readonly #options: LogOptions;
  readonly #tree: HashTree;
  readonly #search: LogSearch;
  readonly #budget: number;
  readonly #publisher: Publisher;
  readonly #sequencer: Sequencer;
  readonly #rules: LogRules;
  readonly #witnesses: WitnessRound;
  readonly #onProblem: (problem: CodedError) => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LogOptions) {
    const { origin, witnesses, storage, signer, now = Date.now, onStep = () => {} } = options;
    this.#options = options;
    this.#tree = new HashTree(storage.newColumn);
    this.#search = new LogSearch(storage.entries);
    this.#onProblem = options.onProblem ?? (() => {});
    this.#budget = options.budget ?? DEFAULT_BUDGET;
    this.#rules = new LogRules(origin, toHex(sha256(options.policyEntry)), this.#budget, storage.entries);
    this.#witnesses = new WitnessRound({
      origin,
      logKey: signer.verifierKey,
      witnesses,
      fetch: options.fetch ?? fetch,
      now,
    });
    this.#publisher = new Publisher({
      storage,
      tree: this.#tree,
      origin,
      signer,
      witnesses: this.#witnesses,
      onStep,
    });
    this.#sequencer = new Sequencer({
      entries: storage.entries,
      tree: this.#tree,
      rules: this.#rules,
      publisher: this.#publisher,
      publishIntervalMs: options.publishIntervalMs ?? 1000,
      onStep,
      onProblem: this.#onProblem,
      now,
    });
  }

  /**
   * Brings what is on disk in order, then asks the witnesses. Nothing is signed before a quorum of them has
   * said that it knows of nothing newer: a folder restored from a backup looks perfectly sound from inside.
   */
  async open(): Promise<void> {
    const { storage, origin, signer, policyEntry } = this.#options;
    const key = signer.verifierKey;
    await requireIdentity(storage.entries, origin, key);
    const head = await storage.entries.head();
    const [first] = head ? await storage.entries.entries(0, 1) : [];
    if (first && !equalBytes(first.entry, policyEntry)) throw serverError('WAX_LOGSERVER_POLICY');
    await replay(storage.entries, this.#tree, this.#rules);
    const published = await requireOwnHistory(storage, this.#tree, key, origin);
    await repairFiles(storage, this.#tree, this.#tree.size);
    this.#publisher.resume(published);
    await this.#survey();
  }

  async #survey(): Promise<void> {
    const { publicUrl, origin, signer, fetch: fetcher = fetch } = this.#options;
    const known = await this.#cosigners();
    const answers = await this.#witnesses.survey(new Set(known.map(({ name }) => name)));
    for (const { name, checkpoint } of answers) if (checkpoint) requireHistory(this.#tree, checkpoint, name);
    if (publicUrl !== undefined) {
      const shown = await fetchPublished(publicUrl, signer.verifierKey, origin, fetcher);
      if (shown) requireHistory(this.#tree, shown, publicUrl);
    }
    if (this.#options.witnesses.isQuorum(answers.map(({ name }) => name))) return this.#begin();
    const blocked = serverError('WAX_LOGSERVER_NO_QUORUM', `${answers.length} answered`);
    this.#sequencer.blocked = blocked;
    this.#onProblem(blocked);
    this.#after(RETRY_SURVEY_MS, () => this.#survey());
  }

  /** From here on the log signs. */
  async #begin(): Promise<void> {
    this.#sequencer.blocked = null;
    if (this.#tree.size === 0) await this.#sequencer.submit(this.#options.policyEntry);
    await this.#sequencer.run(true);
    if (this.#sequencer.blocked) throw this.#sequencer.blocked;
    this.#refreshLater();
  }

  #refreshLater(): void {
    this.#after(this.#options.refreshIntervalMs ?? DEFAULT_REFRESH_MS, async () => {
      await this.#sequencer.run(true);
      await this.#publisher.cleanUp();
      this.#refreshLater();
    });
  }

  /** Runs the one background task that is due next. Whatever it throws is a reason to stop signing. */
  #after(delay: number, task: () => Promise<void>): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      task().catch((cause: unknown) => {
        const error = diskError(cause);
        this.#onProblem(error);
        this.#sequencer.halt(error);
      });
    }, delay);
  }

  get publishedSize(): number {
    return this.#publisher.size;
  }

  submit(entry: Uint8Array): Promise<Ticket> {
    return this.#sequencer.submit(entry);
  }

  /** The ticket of a statement that is in the log or on its way into it. */
  lookUp(statement: Uint8Array): Promise<Ticket | null> {
    return this.#sequencer.lookUp(statement);
  }

  readFile(path: string): Promise<Uint8Array | null> {
    return this.#options.storage.files.read(path);
  }

  async entry(index: number): Promise<StoredEntry> {
    this.#requirePublished(index);
    const [entry] = await this.#read(index, index + 1);
    if (!entry) throw serverError('WAX_LOGSERVER_NO_SUCH_ENTRY', String(index));
    return entry;
  }

  /** Published entries, as they were signed: a disk may have changed since they were written. */
  async #read(start: number, end: number): Promise<StoredEntry[]> {
    const stored = await this.#options.storage.entries.entries(start, end);
    for (const { index, entry } of stored) {
      if (!equalBytes(hashLeaf(entry), this.#tree.hashAt(0, index)))
        throw serverError('WAX_LOGSERVER_DAMAGED', `entry ${index}`);
    }
    return stored;
  }

  /** Up to `limit` published entries right before the index, in order; the newest ones without an index. */
  async entriesBefore(
    before: number | undefined,
    limit: number,
  ): Promise<{ size: number; entries: StoredEntry[] }> {
    const { size } = this.#publisher;
    const end = Math.min(before ?? size, size);
    return { size, entries: await this.#read(Math.max(0, end - limit), end) };
  }

  /** The tlog-proof of an entry under the published checkpoint. */
  proof(index: number): string {
    this.#requirePublished(index);
    const { size, note } = this.#publisher;
    const proof = this.#tree.proof(index, size);
    return formatProof({ index, proof, checkpoint: note, extra: null });
  }

  #requirePublished(index: number): void {
    if (index >= this.#publisher.size) throw serverError('WAX_LOGSERVER_NO_SUCH_ENTRY', String(index));
  }

  search(query: SearchQuery): Promise<{ indexed: number; hits: SearchHit[] }> {
    return this.#search.find(query, this.#publisher.size);
  }

  async status() {
    const { origin, signer, policyEntry, witnesses } = this.#options;
    const { blocked, problem } = this.#sequencer;
    const trouble = blocked ?? problem;
    return {
      origin,
      key: signer.verifierKey.text,
      size: this.#publisher.size,
      budget: this.#budget,
      accepting: blocked === null,
      problem: trouble && { code: trouble.code, message: trouble.message },
      policyEntry: toHex(sha256(policyEntry)),
      quorum: witnesses.least,
      witnesses: await this.#witnessStatus(),
    };
  }

  /** What only the operator of this log needs to know, besides. */
  async operatorStatus() {
    const status = await this.status();
    const { endpoints } = this.#options.witnesses;
    return {
      ...status,
      sequenced: this.#tree.size,
      /** When a quorum had signed the published checkpoint; milliseconds. */
      quorumAt: await this.#quorumAt(),
      witnesses: status.witnesses.map((witness, index) => ({
        ...witness,
        url: endpoints[index]?.url ?? '',
        answer: this.#witnesses.answers.get(witness.name) ?? null,
      })),
    };
  }

  async #quorumAt(): Promise<number | null> {
    const newestFirst = (await this.#cosigners()).sort((a, b) => b.at - a.at);
    const names: string[] = [];
    for (const { name, at } of newestFirst) {
      names.push(name);
      if (this.#options.witnesses.isQuorum(names)) return at;
    }
    return null;
  }

  /** Who cosigned the published checkpoint, and when. */
  async #cosigners(): Promise<Cosignature[]> {
    const { note } = this.#publisher;
    const keys = this.#options.witnesses.endpoints.map(({ key }) => key);
    return note === '' ? [] : verifyCosignatures(parseNote(note), keys);
  }

  async #witnessStatus() {
    const cosigners = await this.#cosigners();
    return this.#options.witnesses.endpoints.map(({ key: { name, text } }) => {
      const at = cosigners.find((cosigner) => cosigner.name === name)?.at;
      return {
        name,
        key: text,
        cosignedAt: at === undefined ? null : new Date(at).toISOString(),
        problem: this.#witnesses.problems.get(name)?.code ?? null,
      };
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#sequencer.close();
    await this.#rules.close();
    await this.#search.close();
    this.#tree.close();
    await this.#options.storage.entries.close();
  }
}

/** Opens a log; closes the storage again if it must not run. */
export async function openLog(options: LogOptions): Promise<TransparencyLog> {
  const log = new TransparencyLog(options);
  try {
    await log.open();
    return log;
  } catch (error) {
    await log.close();
    throw diskError(error);
  }
}
