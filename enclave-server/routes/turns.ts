/** `POST /waxseal/v1/turns/{instance}`: a sealed request in, sealed records out (wire-format.md B6 to B8). */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { instancePrefix } from '../../protocol/session/header.ts';
import { parseSealedRequest, type SealedRequest } from '../../protocol/session/request.ts';
import { type OpenedTurn, ServerSession } from '../../protocol/session/server-turn.ts';
import { nodeAead } from '../node-aead.ts';
import type { EnclaveParts } from '../parts.ts';
import { Reply } from '../reply.ts';
import type { LiveSession } from '../sessions.ts';
import { Turn } from '../turn.ts';
import { BINARY, commonHeaders, refuseTurn } from './headers.ts';

const BUSY_RETRY_S = 2;

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
  const { session, turn } = await ServerSession.open(waiting, request, limits, nodeAead);
  return { live: sessions.open(session, waiting.endsAt), turn };
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

  start({ live, turn }: Accepted, { raw: response }: FastifyReply): void {
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
      writer.fail('busy', BUSY_RETRY_S);
      reply.settle();
    } else void work.run(request).finally(() => reply.settle());
  }
}

export function turnsRoute(app: FastifyInstance, parts: EnclaveParts): void {
  const replies = new Replies(parts);
  app.post<{ Params: { instance: string } }>('/waxseal/v1/turns/:instance', async (request, reply) => {
    const accepted = await accept(parts, request.params.instance, request.body);
    if (!accepted) {
      parts.events.count('requests-refused');
      return refuseTurn(reply);
    }
    reply.hijack();
    replies.start(accepted, reply);
    return reply;
  });
}
