/**
 * The log's own database as a source of the explorer's pages. It is read through once, and goes on from there when
 * a page is asked for.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { parseProof } from '../../protocol/log/proof.ts';
import { type VerifiedEntry, verifyEntry } from '../../protocol/log/replay.ts';
import { parseStatement } from '../../protocol/log/statement.ts';
import type { TransparencyLog } from '../log.ts';
import { Approvals } from './approvals.ts';
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
  readonly #approvals = new Approvals();
  readonly #policies: PolicyInForce[] = [];
  /** Entries read so far. */
  #size = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(log: TransparencyLog) {
    this.#log = log;
  }

  /** The log as it is published now. */
  async source(): Promise<LogSource> {
    const status = await this.#log.status();
    const { size } = status;
    this.#reading = this.#reading.catch(() => {}).then(() => this.#readOn(size));
    await this.#reading;
    return {
      isChecked: false,
      origin: status.origin,
      size,
      approvals: this.#approvals,
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

  /** The log takes nothing that is not authorised, and asks that of what it holds whenever it starts. */
  async #readOn(size: number): Promise<void> {
    while (this.#size < size) {
      const end = Math.min(size, this.#size + CHUNK);
      const { entries } = await this.#log.entriesBefore(end, end - this.#size);
      for (const { index, entry } of entries) {
        const judged = { ...(await verifyOnce(entry, this.#policies.at(-1) ?? null)), index };
        const { statement, entrySha256 } = judged;
        this.#growth.add(judged);
        this.#approvals.add(judged);
        if (statement?.kind === 'policy' && entrySha256 !== null) {
          const { publishers, threshold } = statement;
          this.#policies.push({ index, entrySha256, publishers, threshold });
        }
        this.#size += 1;
      }
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
