/** A log of LogBuilder behind a real web server on loopback, honest or not, with real witnesses beside it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { consistencyProof } from '../../protocol/log/tree.ts';
import { buildWitness } from '../../transparency-log/witness/app.ts';
import { WitnessClient, type WitnessEndpoint } from '../../transparency-log/witness/client.ts';
import { logOfKey } from '../../transparency-log/witness/log-list.ts';
import type { LogBuilder } from './log-builder.ts';

export class ServedLog {
  readonly folder: string;
  url = '';
  /** What is served: change it to make the log show another tree. */
  builder: LogBuilder;
  /** Files to serve instead of the log's own; null for "not there". */
  readonly overrides = new Map<string, Uint8Array | null>();
  /** Status to answer everything with, or null. */
  broken: number | null = null;
  readonly #apps: FastifyInstance[] = [];

  private constructor(folder: string, builder: LogBuilder) {
    this.folder = folder;
    this.builder = builder;
  }

  static async start(builder: LogBuilder): Promise<ServedLog> {
    const served = new ServedLog(await mkdtemp(join(tmpdir(), 'waxseal-served-')), builder);
    const app = Fastify();
    app.get('/*', async (request, reply) => {
      if (served.broken !== null) return reply.code(served.broken).send();
      const path = request.url.slice(1);
      const file = served.overrides.has(path) ? served.overrides.get(path) : served.builder.file(path);
      return file ? reply.type('application/octet-stream').send(Buffer.from(file)) : reply.code(404).send();
    });
    served.url = await served.#listen(app);
    return served;
  }

  /** Starts a witness of the builder and lets it cosign the checkpoint that is served now. */
  async startWitness(index: number): Promise<WitnessEndpoint> {
    const signer = this.builder.witnesses[index];
    if (signer === undefined) throw new RangeError(`no witness ${index}`);
    const logs = [logOfKey(this.builder.signer.verifierKey.text)];
    const app = buildWitness({ signer, logs, database: join(this.folder, `${index}.db`) });
    const endpoint = { url: await this.#listen(app), key: signer.verifierKey };
    await this.show(endpoint);
    return endpoint;
  }

  /** Shows a witness the tree of the builder at its present size. */
  async show(endpoint: WitnessEndpoint): Promise<void> {
    const { builder } = this;
    const client = new WitnessClient({ witnesses: [endpoint] });
    const checkpoint = await builder.sealCheckpoint({ by: [] });
    const proofFrom = (oldSize: number) => consistencyProof(oldSize, builder.size, builder.hashAt);
    const [outcome] = await client.collect({ checkpoint, proofFrom, isQuorum: () => false }).all;
    if (outcome?.state !== 'cosigned') throw new Error(`not cosigned: ${outcome?.error.message}`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close()));
    await rm(this.folder, { recursive: true, force: true });
  }

  async #listen(app: FastifyInstance): Promise<string> {
    this.#apps.push(app);
    return app.listen({ host: '127.0.0.1', port: 0 });
  }
}
