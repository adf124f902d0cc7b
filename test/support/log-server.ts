/** A real log server with real witnesses on loopback, in temporary folders, and entries to submit to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { buildLog, type LogServerOptions } from '../../transparency-log/app.ts';
import { openLocalStorage } from '../../transparency-log/storage/local.ts';
import { buildWitness } from '../../transparency-log/witness/app.ts';
import type { WitnessEndpoint } from '../../transparency-log/witness/client.ts';
import { logOfKey } from '../../transparency-log/witness/log-list.ts';
import { anyOf, WitnessPolicy } from '../../transparency-log/witness-policy.ts';
import { LogBuilder, type LogOptions, releaseFields } from './log-builder.ts';

/** A log's time is its machine's: entries dated otherwise are refused. */
export const thisSecond = () => Math.floor(Date.now() / 1000) * 1000;

export interface WorldOptions extends Pick<LogOptions, 'witnesses' | 'quorum' | 'names'> {
  at?: number;
  /** Adds to each witness before it listens, to see what it is asked. */
  prepareWitness?: (app: FastifyInstance) => void;
}

export class LogWorld {
  readonly folder: string;
  /** Who signs what; its entry 0 is the policy of the server. */
  readonly builder: LogBuilder;
  readonly witnesses: (FastifyInstance | null)[] = [];
  readonly endpoints: WitnessEndpoint[] = [];
  /** By how much each witness's clock is ahead of this machine's, in milliseconds. */
  readonly ahead: number[] = [];
  readonly #servers: FastifyInstance[] = [];
  readonly #prepareWitness: (app: FastifyInstance) => void;

  private constructor(folder: string, builder: LogBuilder, prepareWitness: (app: FastifyInstance) => void) {
    this.folder = folder;
    this.builder = builder;
    this.#prepareWitness = prepareWitness;
  }

  static async create(options: WorldOptions = {}): Promise<LogWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'waxseal-log-'));
    const { at = thisSecond(), prepareWitness = () => {}, ...sizes } = options;
    const builder = await LogBuilder.create({ at, ...sizes });
    const world = new LogWorld(folder, builder, prepareWitness);
    for (const index of builder.witnesses.keys()) await world.startWitness(index);
    return world;
  }

  get policyEntry(): Uint8Array {
    const [first] = this.builder.entries;
    if (!first) throw new RangeError('no policy');
    return first;
  }

  /** Starts (or starts again, on the same port and database) one witness. */
  async startWitness(index: number): Promise<void> {
    const signer = this.builder.witnesses[index];
    if (!signer) throw new RangeError(`no witness ${index}`);
    const app = buildWitness({
      signer,
      logs: [logOfKey(this.builder.signer.verifierKey.text)],
      database: join(this.folder, `witness-${index}.db`),
      now: () => Date.now() + (this.ahead[index] ?? 0),
    });
    this.#prepareWitness(app);
    const port = Number(new URL(this.endpoints[index]?.url ?? 'http://127.0.0.1:0').port);
    const url = await app.listen({ host: '127.0.0.1', port });
    this.witnesses[index] = app;
    this.endpoints[index] = { url, key: signer.verifierKey };
  }

  async stopWitness(index: number): Promise<void> {
    await this.witnesses[index]?.close();
    this.witnesses[index] = null;
  }

  /** Options of a server on `data/` in the folder, with short intervals. */
  async options(changes: Partial<LogServerOptions> = {}): Promise<LogServerOptions> {
    return {
      storage: changes.storage ?? (await openLocalStorage(join(this.folder, 'data'))),
      origin: this.builder.origin,
      signer: this.builder.signer,
      policyEntry: this.policyEntry,
      witnesses: new WitnessPolicy(anyOf(this.endpoints, this.builder.quorum)),
      publishIntervalMs: 20,
      ...changes,
    };
  }

  async start(changes: Partial<LogServerOptions> = {}): Promise<FastifyInstance> {
    const app = await buildLog(await this.options(changes));
    this.#servers.push(app);
    return app;
  }

  /** A signed release, each version once. */
  release(version: number): Promise<Uint8Array> {
    return this.builder.entry('release', releaseFields(this.builder.now, { version }));
  }

  async close(): Promise<void> {
    for (const server of this.#servers) await server.close();
    for (const index of this.witnesses.keys()) await this.stopWitness(index);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Submits an entry without a network. */
export function submit(app: FastifyInstance, entry: Uint8Array) {
  return app.inject({
    method: 'POST',
    url: '/api/v1/entries',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(entry),
  });
}
