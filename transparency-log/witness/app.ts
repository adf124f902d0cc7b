/**
 * The HTTP interface of a witness (C2SP tlog-witness): POST /add-checkpoint, and for monitors
 * GET /<SHA-256 of the origin>/checkpoint.
 * @module
 */
import { dirname } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { CodedError } from '../../protocol/errors.ts';
import type { NoteSigner } from '../../protocol/log/signer.ts';
import { RefusalCount } from '../operator/figures.ts';
import { buildOperatorServer } from '../operator/server.ts';
import { writeWitnessPage } from '../operator/witness-page.ts';
import { cutOffSlowReaders, patience } from '../patience.ts';
import type { WitnessedLog } from './log-list.ts';
import { WitnessStore } from './store.ts';
import { Witness } from './witness.ts';

export interface WitnessOptions {
  /** A key of type 4. */
  signer: NoteSigner;
  logs: readonly WitnessedLog[];
  /** Path of the SQLite file, made when missing. */
  database: string;
  /** Milliseconds since the epoch; the system clock unless given. */
  now?: () => number;
}

/** Room for 63 proof lines and a checkpoint with many post-quantum signatures. */
const BODY_LIMIT = 512 * 1024;

const statusOf: Record<string, number> = {
  WAX_WITNESS_UNKNOWN_LOG: 404,
  WAX_WITNESS_UNTRUSTED: 403,
  WAX_WITNESS_CONFLICT: 409,
  WAX_WITNESS_INCONSISTENT: 422,
  WAX_WITNESS_RATE: 429,
};

/** The server for logs and monitors, and that of the operator's page, which is closed with it. */
export interface WitnessServers {
  app: FastifyInstance;
  operator: FastifyInstance;
}

/** The witness server alone. */
export function buildWitness(options: WitnessOptions): FastifyInstance {
  return buildWitnessServers(options).app;
}

/** Builds the witness server and the operator's page; closing the witness closes its database. */
export function buildWitnessServers({
  signer,
  logs,
  database,
  now = Date.now,
}: WitnessOptions): WitnessServers {
  const store = new WitnessStore(database);
  const witness = new Witness(signer, logs, store, now);
  const app = Fastify({ logger: false, bodyLimit: BODY_LIMIT, ...patience });
  cutOffSlowReaders(app);
  const refused = new RefusalCount();
  const operator = buildOperatorServer(() => writeWitnessPage(witness, refused, dirname(database), now()));
  app.addHook('onClose', async () => {
    await operator.close();
    store.close();
  });
  // The body is text of its own kind, whatever a client calls it; our parser reads the raw bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.setErrorHandler((error: unknown, _request, reply) => {
    reply.type('text/plain; charset=utf-8');
    if (error instanceof CodedError) {
      const { code, detail, message } = error;
      refused.add(code, now());
      if (code === 'WAX_WITNESS_CONFLICT')
        return reply.code(409).type('text/x.tlog.size').send(`${detail}\n`);
      return reply.code(statusOf[code] ?? 400).send(`${message}\n`);
    }
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    return reply.code(status).send(status === 413 ? 'The request is too large.\n' : 'The witness failed.\n');
  });

  app.post('/add-checkpoint', async (request, reply) => {
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const line = await witness.addCheckpoint(body);
    return reply.type('text/plain; charset=utf-8').send(line);
  });

  app.get<{ Params: { hash: string } }>('/:hash/checkpoint', async ({ params }, reply) => {
    const note = witness.latest(params.hash);
    // Anybody may compare what witnesses saw, from a page too.
    reply
      .type('text/plain; charset=utf-8')
      .header('access-control-allow-origin', '*')
      .header('cache-control', 'no-cache');
    return note === null ? reply.code(404).send('Nothing was cosigned under this name.\n') : reply.send(note);
  });

  return { app, operator };
}
