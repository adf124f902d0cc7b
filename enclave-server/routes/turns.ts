/** `POST /waxseal/v1/turns/{instance}`: a sealed request in, sealed records out (wire-format.md B6 to B8). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toHex } from '../../protocol/bytes.ts';
import { instancePrefix } from '../../protocol/session/header.ts';
import { parseSealedRequest, type SealedRequest } from '../../protocol/session/request.ts';
import { type OpenedTurn, ServerSession } from '../../protocol/session/server-turn.ts';
import { BUSY_RETRY_S } from '../admission.ts';
import { enclaveError } from '../errors.ts';
import { nodeAead } from '../node-aead.ts';
import type { EnclaveParts } from '../parts.ts';
import { Reply } from '../reply.ts';
import type { LiveSession } from '../sessions.ts';
import { Turn } from '../turn.ts';
import { BINARY, commonHeaders, refuseTurn } from './headers.ts';

interface Accepted {
  live: LiveSession;
  turn: OpenedTurn;
}

async function openSession(
  { sessions, config }: EnclaveParts,
  request: SealedRequest,
): Promise<Accepted | null> {
  const waiting = sessions.take(request.id);
  if (!waiting) return null;
  const limits = { maxTurns: config.session.maxTurns, ...config.wire };
  try {
    const { session, turn } = await ServerSession.open(waiting, request, limits, nodeAead);
    // While it was being opened the server was told to end.
    if (sessions.draining) throw enclaveError('WAX_ENCLAVE_OVERLOADED');
    return { live: sessions.open(session, waiting.endsAt, waiting.client), turn };
  } catch (error) {
    sessions.giveUp(waiting);
    throw error;
  }
}

/** Opens a request, or null; whatever was wrong with it has then had its effect on the session. */
async function accept(parts: EnclaveParts, instance: string, body: unknown): Promise<Accepted | null> {
  const { sessions, config } = parts;
  if (!(body instanceof Uint8Array)) return null;
  let live: LiveSession | null = null;
  try {
    const request = parseSealedRequest(body, config.session.maxRequestBytes);
    if (instance !== instancePrefix(request.id)) return null;
    live = sessions.find(request.id);
    if (!live) return request.turn === 0 ? await openSession(parts, request) : null;
    return { live, turn: live.keys.accept(request) };
  } catch {
    if (live) sessions.drop(live);
    return null;
  }
}

class Replies {
  readonly #parts: EnclaveParts;
  #underWay = 0;

  constructor(parts: EnclaveParts) {
    this.#parts = parts;
  }

  /** `release` is called when nothing of the request is needed any more. */
  start({ live, turn }: Accepted, { raw: response }: FastifyReply, release: () => void): void {
    const { sessions, events, ticker, config, now, engine } = this.#parts;
    const { request, reply: writer } = turn;
    sessions.begin(live, turn);
    events.count('turns');
    this.#underWay++;
    const settle = () => {
      this.#underWay--;
      if (writer.error !== null) events.count('turns-failed');
      sessions.settle(live, writer);
    };
    response.writeHead(200, { ...commonHeaders, 'content-type': BINARY });
    response.flushHeaders();
    const { blockMs } = config.limits;
    const work = new Turn({
      engine,
      models: config.models,
      reply: writer,
      session: live.number,
      signal: live.stop.signal,
      blockMs,
    });
    const reply = new Reply({
      response,
      writer,
      ticker,
      recordBytes: config.wire.recordBytes,
      now,
      onSent: () => work.checkRoom(),
      onFinished: settle,
      onLost: (reason) => {
        if (reason === 'stalled') events.count('readers-dropped');
        // After END the content is complete and the session goes on; before it, it cannot.
        if (reason === 'stalled' || !writer.contentEnded) sessions.drop(live);
        writer.erase();
        settle();
      },
    });
    if (this.#underWay > config.limits.repliesUnderWay) {
      events.count('turns-shed');
      writer.fail('busy', BUSY_RETRY_S);
      reply.settle();
      release();
    } else {
      void work.run(request).finally(() => {
        reply.settle();
        release();
      });
    }
  }
}

/**
 * Makes room for a request before any of it is read; null where there is none, or where it is for another
 * process. A body without a length counts as the longest.
 */
function makeRoom({ held, sessions, config }: EnclaveParts, { params, headers }: TurnRequest) {
  if (params.instance !== toHex(sessions.instance)) return null;
  const announced = Number(headers['content-length'] ?? config.session.maxRequestBytes);
  return held.take(announced);
}

type TurnRequest = FastifyRequest<{ Params: { instance: string } }>;

export function turnsRoute(app: FastifyInstance, parts: EnclaveParts): void {
  const replies = new Replies(parts);
  const rooms = new WeakMap<object, () => void>();
  const refuse = (reply: FastifyReply) => {
    parts.events.count('requests-refused');
    return refuseTurn(reply);
  };
  const onRequest = async (request: TurnRequest, reply: FastifyReply) => {
    const release = makeRoom(parts, request);
    if (!release) return refuse(reply);
    rooms.set(request, release);
    // Also where the body is never read to its end.
    reply.raw.once('close', release);
  };
  app.post('/waxseal/v1/turns/:instance', { onRequest }, async (request: TurnRequest, reply) => {
    const accepted = await accept(parts, request.params.instance, request.body);
    if (!accepted) return refuse(reply);
    reply.hijack();
    replies.start(accepted, reply, rooms.get(request) ?? (() => {}));
    return reply;
  });
}
