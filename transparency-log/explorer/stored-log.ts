/**
 * The log's own database as a source of the explorer's pages. It is read through once, and goes on from there when
 * a page is asked for.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import { emptyLedger, type Ledger } from '../../protocol/log/ledger.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { parseProof } from '../../protocol/log/proof.ts';
import { Replay, type VerifiedEntry, verifyEntry } from '../../protocol/log/replay.ts';
import { parseStatement } from '../../protocol/log/statement.ts';
import type { TransparencyLog } from '../log.ts';
import { GrowthRecord } from './growth.ts';
import type { Inclusion, LogSource, ViewedEntry } from './source.ts';

/** Entries read before others get a turn. */
const CHUNK = 64;

/** The log verified every signature before it took the entry, and the visitor's browser does it again. */
const verifyOnce = (entry: Uint8Array, policy: PolicyInForce | null): Promise<VerifiedEntry> =>
  verifyEntry(entry, policy, async () => true);

export class StoredLog {
  readonly #log: TransparencyLog;
  readonly #growth = new GrowthRecord();
  readonly #policies: PolicyInForce[] = [];
  #replay: Replay | null = null;
  #ledger: Ledger | null = null;
  #reading: Promise<void> = Promise.resolve();

  constructor(log: TransparencyLog) {
    this.#log = log;
  }

  /** The log as it is published now. */
  async source(): Promise<LogSource> {
    const status = await this.#log.status();
    this.#replay ??= Replay.from(emptyLedger(status.origin, status.policyEntry));
    const replay = this.#replay;
    this.#reading = this.#reading.catch(() => {}).then(() => this.#readOn(replay, status.size));
    await this.#reading;
    this.#ledger ??= replay.ledger();
    const { size } = this.#ledger;
    return {
      isChecked: false,
      origin: status.origin,
      size,
      ledger: this.#ledger,
      quorum: status.quorum,
      witnesses: status.witnesses.map(({ name, cosignedAt }) => ({
        name,
        at: cosignedAt === null ? null : Date.parse(cosignedAt),
      })),
      growth: this.#growth,
      entry: async (index) => (index < size ? this.#entry(index) : null),
      entriesBefore: async (before, limit) => {
        const end = Math.min(before, size);
        const start = Math.max(0, end - limit);
        const indices = Array.from({ length: end - start }, (_, offset) => end - 1 - offset);
        return Promise.all(indices.map((index) => this.#entry(index)));
      },
      find: async (query, before, limit) => {
        const found = await this.#log.search({ ...query, before: Math.min(before, size), limit });
        return Promise.all(found.hits.map(({ index }) => this.#entry(index)));
      },
      inclusion: async (index) => this.#inclusion(index),
    };
  }

  async #readOn(replay: Replay, size: number): Promise<void> {
    while (replay.size < size) {
      const end = Math.min(size, replay.size + CHUNK);
      const { entries } = await this.#log.entriesBefore(end, end - replay.size);
      for (const { entry } of entries) {
        const judged = replay.judge(await verifyOnce(entry, replay.policy));
        replay.record(judged);
        this.#growth.add(judged);
        const { policy } = replay;
        if (policy !== null && policy.index === judged.index) this.#policies.push(policy);
      }
      this.#ledger = null;
      await new Promise(setImmediate);
    }
  }

  async #entry(index: number): Promise<ViewedEntry> {
    const { entry: bytes } = await this.#log.entry(index);
    const policy = this.#policies.findLast((known) => known.index < index) ?? null;
    const judged = { ...(await verifyOnce(bytes, policy)), index };
    const { statement } = judged;
    const publishers = policy?.publishers ?? (statement?.kind === 'policy' ? statement.publishers : []);
    const target = statement?.kind === 'status' ? await this.#statement(statement.index) : null;
    return { index, bytes, judged, publishers, target };
  }

  async #statement(index: number) {
    try {
      const { entry } = await this.#log.entry(index);
      return parseStatement(parseEnvelope(entry).payload);
    } catch (error) {
      if (error instanceof CodedError) return null;
      throw error;
    }
  }

  #inclusion(index: number): Inclusion {
    const { proof, checkpoint } = parseProof(this.#log.proof(index));
    const { size, root } = parseCheckpoint(parseNote(checkpoint).text);
    return { proof, size, root };
  }
}
