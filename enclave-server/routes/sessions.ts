/** `POST /waxseal/v1/sessions`: an offer in, an attested answer out (wire-format.md B1 to B3). */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addressGroup } from '../../protocol/address-group.ts';
import { encodeAnswer } from '../../protocol/session/answer.ts';
import { encodeSessionHeader } from '../../protocol/session/header.ts';
import { generateSessionKey } from '../../protocol/session/hpke.ts';
import { parseOffer } from '../../protocol/session/offer.ts';
import { transcriptHash } from '../../protocol/session/transcript.ts';
import { mayOpenSession } from '../access.ts';
import type { EnclaveParts } from '../parts.ts';
import { BINARY } from './headers.ts';

const RETRY_AFTER_S = '5';
/** Anybody may send an offer: none that is longer than one may be is held in memory. */
const bodyLimit = 64;

/** Makes the session and its key, has both attested, and keeps what turn 0 will need. */
async function answerOffer(
  parts: EnclaveParts,
  offerBody: Uint8Array,
  nonce: Uint8Array,
  client: string,
): Promise<Uint8Array> {
  const { config, sessions, batches, attester, pace } = parts;
  await pace.pass();
  const id = sessions.newId(client);
  const { offerTtlS, sessionTtlS, maxTurns, maxRequestBytes } = config.session;
  const headerBytes = encodeSessionHeader({ id, offerTtlS, sessionTtlS, maxTurns, maxRequestBytes });
  const { seed, pk } = await generateSessionKey();
  try {
    const place = await batches.join({ nonce, headerBytes, pk }, client);
    const body = encodeAnswer({
      evidenceType: attester.evidenceType,
      headerBytes,
      pk,
      logSizeHint: parts.logSizeHint(),
      statement: config.statement,
      staple: null,
      ...place,
    });
    sessions.offer({ id, seed, transcript: transcriptHash(offerBody, body) }, client);
    return body;
  } catch (error) {
    seed.fill(0);
    throw error;
  }
}

/**
 * What tells clients apart, as far as anything does: the token where there are tokens, or else the address. That of
 * a front stands for everybody behind it: a front may not name them, since the server is to know nobody's address.
 */
const clientOf = ({ accessTokens }: EnclaveParts, { headers, ip }: FastifyRequest): string =>
  accessTokens === null ? addressGroup(ip) : (headers.authorization ?? addressGroup(ip));

export function sessionsRoute(app: FastifyInstance, parts: EnclaveParts): void {
  /** Connections with an offer that waits: one that sends its next before the answer to the last gets none. */
  const waiting = new WeakSet<Socket>();
  app.post('/waxseal/v1/sessions', { bodyLimit }, async (request, reply) => {
    const { body, headers, socket } = request;
    parts.events.count('offers');
    const refuse = (status: number) => {
      parts.events.count('offers-refused');
      return reply.code(status).send();
    };
    if (!mayOpenSession(parts.accessTokens, headers.authorization)) return refuse(401);
    const offer = body instanceof Uint8Array ? body : new Uint8Array();
    let nonce: Uint8Array;
    try {
      nonce = parseOffer(offer).nonce;
    } catch {
      return refuse(400);
    }
    reply.header('retry-after', RETRY_AFTER_S);
    if (waiting.has(socket)) return refuse(503);
    waiting.add(socket);
    try {
      const answer = await answerOffer(parts, offer, nonce, clientOf(parts, request));
      return reply
        .removeHeader('retry-after')
        .header('content-type', BINARY)
        .send(Buffer.from(answer.buffer, answer.byteOffset, answer.length));
    } catch {
      return refuse(503);
    } finally {
      waiting.delete(socket);
    }
  });
}
