/**
 * The enclave's HTTP side. No logger, no error text, no cookies: an answer, a stream of records, or one of a
 * few fixed refusals.
 * @module
 */
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { selfTestNativeHpke } from '../protocol/session/hpke.ts';
import type { AccessTokens } from './access.ts';
import type { Attester } from './attester/attester.ts';
import { Batches } from './batches.ts';
import type { EnclaveConfig } from './config.ts';
import type { Engine } from './engine/engine.ts';
import { enclaveError } from './errors.ts';
import type { EventList } from './events.ts';
import type { EnclaveParts } from './parts.ts';
import { BINARY, commonHeaders, refuseTurn } from './routes/headers.ts';
import { sessionsRoute } from './routes/sessions.ts';
import { turnsRoute } from './routes/turns.ts';
import { Sessions } from './sessions.ts';
import { Ticker } from './ticker.ts';

export interface EnclaveOptions {
  config: EnclaveConfig;
  attester: Attester;
  engine: Engine;
  /** SHA-256 digests of access tokens; null lets anybody open sessions. */
  accessTokens?: AccessTokens;
  /** Log entries within which the release is to be found; 0 while the operator has not said. */
  logSizeHint?: () => number;
  events: EventList;
  /** Milliseconds on a monotonic clock. */
  now?: () => number;
}

const TURNS = '/waxseal/v1/turns/';
const OFFERS_BODY = 64;
const REQUEST_TIMEOUT_MS = 60_000;

/** What a client gets whose bytes are not HTTP. */
function refuseConnection(_error: Error, socket: Socket): void {
  const headers = Object.entries(commonHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 400 Bad Request\r\n${headers.join('')}content-length: 0\r\nconnection: close\r\n\r\n`,
    );
  }
  socket.destroy();
}

/** Every refusal that does not come from a route itself. Whatever is wrong with a turn looks the same. */
function refuse(url: string, status: number, reply: FastifyReply): FastifyReply {
  reply.headers(commonHeaders);
  return url.startsWith(TURNS) ? refuseTurn(reply) : reply.code(status).send();
}

function answerErrors(app: FastifyInstance, { events }: EnclaveParts): void {
  app.setErrorHandler((_error, { url }, reply) => {
    if (url.startsWith(TURNS)) events.count('requests-refused');
    return refuse(url, 400, reply);
  });
  app.setNotFoundHandler(({ url }, reply) => refuse(url, 404, reply));
}

/**
 * Builds the server; `app.close()` ends all sessions. The attester and the engine stay the caller's to stop.
 * Throws WAX_ENCLAVE_HPKE without a working native X-Wing.
 */
export async function buildEnclave(options: EnclaveOptions): Promise<FastifyInstance> {
  const { config, attester, engine, events, now = () => performance.now() } = options;
  await selfTestNativeHpke().catch((cause) => {
    throw enclaveError('WAX_ENCLAVE_HPKE', '', { cause });
  });
  const { queuedOffers: queued, reportMs } = config.limits;
  const parts: EnclaveParts = {
    config,
    attester,
    engine,
    events,
    now,
    accessTokens: options.accessTokens ?? null,
    logSizeHint: options.logSizeHint ?? (() => 0),
    batches: new Batches({ attester, statement: config.statement, queued, reportMs, events }),
    sessions: new Sessions({
      session: config.session,
      limits: config.limits,
      now,
      onEnd: (number) => engine.release(number),
    }),
    ticker: new Ticker(config.wire.tickMs, now),
  };
  const app = Fastify({
    logger: false,
    bodyLimit: Math.max(OFFERS_BODY, config.session.maxRequestBytes),
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    clientErrorHandler: refuseConnection,
    // Paths that cannot be decoded get here without passing a hook or a handler.
    frameworkErrors: (_error, { url }, reply) => void refuse(url, 400, reply),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(BINARY, { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    // A Buffer's `slice` shares memory; the protocol code relies on copies.
    done(null, new Uint8Array(body.buffer, body.byteOffset, body.length));
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(commonHeaders);
  });
  app.addHook('onClose', async () => {
    events.notice('stopping');
    events.stop();
    parts.sessions.close();
  });
  answerErrors(app, parts);
  app.options('/*', async (_request, reply) => reply.code(204).send());
  app.get('/health', async (_request, reply) => {
    return parts.batches.working ? reply.type('text/plain').send('ok') : reply.code(503).send();
  });
  sessionsRoute(app, parts);
  turnsRoute(app, parts);
  return app;
}
