/**
 * The enclave's HTTP side. No logger, no error text, no cookies: an answer, a stream of records, or one of a
 * few fixed refusals.
 * @module
 */
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { selfTestNativeHpke } from '../protocol/session/hpke.ts';
import type { AccessTokens } from './access.ts';
import { Admission, withAdmission } from './admission.ts';
import type { Attester } from './attester/attester.ts';
import { Batches } from './batches.ts';
import type { EnclaveConfig } from './config.ts';
import type { Engine } from './engine/engine.ts';
import { enclaveError } from './errors.ts';
import type { EventList } from './events.ts';
import { HeldBytes } from './held-bytes.ts';
import { Pace } from './pace.ts';
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
  /** First 4 bytes of every session id, by which a proxy finds this process; random if absent. */
  instance?: Uint8Array;
  /** How long closing waits for replies under way, in milliseconds; absent: they are cut off. */
  drainMs?: number;
  /** Milliseconds on a monotonic clock. */
  now?: () => number;
}

const TURNS = '/waxseal/v1/turns/';
const OFFERS_BODY = 64;
/** From the first byte of a connection, or of a request after the last, to the end of its headers. */
const HEADERS_MS = 10_000;
/** How often connections are looked at. */
const CHECK_MS = 2_000;
/** The slowest line that the client allows for (wire-format.md B8), in bytes a second. */
const SLOWEST_BYTES_PER_S = 32_768;
/** An engine that does not come back when it is told to stop is ended after five seconds. */
const ENGINE_STOP_MS = 6_000;

/**
 * What a client gets whose bytes are not HTTP, or whose headers do not end in time; nothing in the midst of a reply
 * on the same connection. One that has sent nothing yet gets nothing either: browsers connect ahead, and a refusal
 * that lies there unasked would pass for the answer to what they send at that moment.
 */
function refuseConnection(_error: Error, socket: Socket): void {
  const headers = Object.entries(commonHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable && socket.bytesWritten === 0 && socket.bytesRead > 0) {
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
 * Lets replies under way finish, or end as "session over", while new offers and turns are refused as by a
 * server that does not know them: clients then open a session with another one.
 */
async function drain({ sessions, config, ticker }: EnclaveParts, withinMs: number): Promise<void> {
  // From one step to the next of the numbers of records it is at most 44 %, so this pads any reply.
  const paddingMs = Math.ceil(0.44 * config.wire.maxRecords) * config.wire.tickMs;
  const giveUp = new AbortController();
  const late = wait(withinMs + ENGINE_STOP_MS + paddingMs, undefined, { signal: giveUp.signal });
  await Promise.race([sessions.drain(withinMs), late.catch(() => {})]);
  giveUp.abort();
  // The last record is handed to the connection in the same tick; a tick later it has left.
  await wait(2 * ticker.intervalMs);
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
  const { queuedOffers: queued, reportMs, queuedTurns, queueMs, requestBytes, connections } = config.limits;
  const pace = new Pace();
  const admission = new Admission({
    places: config.engine.sequences,
    queued: queuedTurns,
    waitMs: queueMs,
    onShed: () => events.count('turns-shed'),
  });
  const parts: EnclaveParts = {
    config,
    attester,
    engine: withAdmission(engine, admission),
    held: new HeldBytes(requestBytes),
    events,
    now,
    accessTokens: options.accessTokens ?? null,
    logSizeHint: options.logSizeHint ?? (() => 0),
    batches: new Batches({ attester, statement: config.statement, queued, reportMs, events, pace }),
    pace,
    sessions: new Sessions({
      session: config.session,
      limits: config.limits,
      now,
      onEnd: (number) => engine.release(number),
      ...(options.instance && { instance: options.instance }),
    }),
    ticker: new Ticker(config.wire.tickMs, now),
  };
  const app = Fastify({
    logger: false,
    bodyLimit: Math.max(OFFERS_BODY, config.session.maxRequestBytes),
    requestTimeout: HEADERS_MS + Math.ceil((1000 * config.session.maxRequestBytes) / SLOWEST_BYTES_PER_S),
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS },
    forceCloseConnections: true,
    // While it drains the server still answers, in the forms that clients know.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    clientErrorHandler: (error, socket) => {
      // Who hangs up in the middle is refused nothing.
      if (error.code !== 'ECONNRESET') events.count('connections-refused');
      refuseConnection(error, socket);
    },
    // Paths that cannot be decoded get here without passing a hook or a handler.
    frameworkErrors: (_error, { url }, reply) => void refuse(url, 400, reply),
  });
  app.server.maxConnections = connections;
  // Node.js would answer an expectation that it does not know by itself, with 417.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(BINARY, { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    // A Buffer's `slice` shares memory; the protocol code relies on copies.
    done(null, new Uint8Array(body.buffer, body.byteOffset, body.length));
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(commonHeaders);
  });
  app.addHook('preClose', async () => {
    events.notice('stopping');
    if (options.drainMs !== undefined) await drain(parts, options.drainMs);
  });
  app.addHook('onClose', async () => {
    events.stop();
    parts.sessions.close();
  });
  answerErrors(app, parts);
  app.options('/*', async (_request, reply) => reply.code(204).send());
  app.get('/health', async (_request, reply) => {
    const serving = parts.batches.working && !parts.sessions.draining;
    return serving ? reply.type('text/plain').send('ok') : reply.code(503).send();
  });
  sessionsRoute(app, parts);
  turnsRoute(app, parts);
  return app;
}
