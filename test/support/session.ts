import { concatBytes, utf8 } from '../../protocol/bytes.ts';
import { type Answer, encodeAnswer, parseAnswer } from '../../protocol/session/answer.ts';
import { BatchTree, batchLeaf } from '../../protocol/session/batch.ts';
import { ClientSession, type Clock } from '../../protocol/session/client-session.ts';
import { encodeSessionHeader, type SessionHeader } from '../../protocol/session/header.ts';
import { generateSessionKey } from '../../protocol/session/hpke.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import { parseSealedRequest } from '../../protocol/session/request.ts';
import { parseRuntimeStatement } from '../../protocol/session/runtime-statement.ts';
import { ServerSession, type WaitingSession } from '../../protocol/session/server-turn.ts';
import { transcriptHash } from '../../protocol/session/transcript.ts';
import type { TurnRequest } from '../../protocol/session/turn-request.ts';
import { admitHandshake } from '../../protocol/session/verified-handshake.ts';

export const modelSha256 = 'ab'.repeat(32);

/** A runtime statement as a server would send it, with fields replaced. */
export function statementJson(changes: object = {}): object {
  return {
    protocol: 'waxseal/1',
    service: 'https://chat.example',
    configSha256: '01'.repeat(32),
    engine: 'test engine',
    accelerator: 'none',
    models: [{ id: 'm', sha256: modelSha256, contextTokens: 2048, maxOutputTokens: 100 }],
    wire: { tickMs: 50, recordBytes: 160, maxRecords: 64 },
    ...changes,
  };
}

export const statementBytes = (changes: object = {}) => utf8(JSON.stringify(statementJson(changes)));

export function sessionHeader(changes: Partial<SessionHeader> = {}): SessionHeader {
  const id = concatBytes(Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd), crypto.getRandomValues(new Uint8Array(12)));
  return { id, offerTtlS: 300, sessionTtlS: 1800, maxTurns: 4, maxRequestBytes: 1 << 20, ...changes };
}

/** Parts of an answer that `encodeAnswer` takes; the evidence means nothing. */
export function answerParts(changes: Partial<Omit<Answer, 'header'>> = {}): Omit<Answer, 'header'> {
  return {
    evidenceType: 1,
    slot: 5,
    headerBytes: encodeSessionHeader(sessionHeader()),
    pk: new Uint8Array(1216).fill(2),
    path: Array.from({ length: 10 }, (_, level) => new Uint8Array(32).fill(level)),
    logSizeHint: 12,
    statement: statementBytes(),
    evidence: utf8('evidence'),
    endorsements: ['vcek', 'ask', 'ark', 'crl'].map(utf8),
    staple: null,
    ...changes,
  };
}

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  wall = 1_800_000_000_000;
  steady = 5_000;
  now = () => this.wall;
  monotonic = () => this.steady;
  pass(ms: number) {
    this.wall += ms;
    this.steady += ms;
  }
}

export const chat = (mode: 'steady' | 'block' = 'steady', content = 'Hello'): TurnRequest => ({
  op: 'chat',
  mode,
  body: { model: 'm', messages: [{ role: 'user', content }] },
});

/** Both ends after a handshake; the batch is real, the evidence is not. */
export async function handshake(headerChanges: Partial<SessionHeader> = {}, statementChanges: object = {}) {
  const clock = new FakeClock();
  const offer = createOffer();
  const sentAt = { now: clock.now(), monotonic: clock.monotonic() };
  const header = sessionHeader(headerChanges);
  const headerBytes = encodeSessionHeader(header);
  const { seed, pk } = await generateSessionKey();
  const tree = new BatchTree([batchLeaf({ nonce: offer.nonce, headerBytes, pk })]);
  const answerBody = encodeAnswer(
    answerParts({ headerBytes, pk, statement: statementBytes(statementChanges), ...tree.place(0) }),
  );
  const answer = parseAnswer(answerBody);
  const statement = parseRuntimeStatement(answer.statement);
  const waiting: WaitingSession = {
    id: header.id,
    seed,
    transcript: transcriptHash(offer.body, answerBody),
  };
  const verified = { offerBody: offer.body, answerBody, answer, statement, sentAt, clock };
  admitHandshake(verified);
  const client = await ClientSession.open(verified);
  const limits = { maxTurns: header.maxTurns, ...statement.wire };
  return { clock, header, client, waiting, limits, statement };
}

/** Both ends, and turn 0 opened by the server. */
export async function openedTurn(
  request: TurnRequest = chat(),
  headerChanges: Partial<SessionHeader> = {},
  statementChanges: object = {},
) {
  const { client, waiting, limits, ...rest } = await handshake(headerChanges, statementChanges);
  const sealed = client.startTurn(request);
  const { session, turn } = await ServerSession.open(
    waiting,
    parseSealedRequest(sealed.body, rest.header.maxRequestBytes),
    limits,
  );
  return { ...rest, client, server: session, turn, reply: sealed.reply, body: sealed.body, limits };
}

export const summary = (changes: object = {}) => ({
  finish_reason: 'stop' as const,
  model: 'm',
  modelSha256,
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  ...changes,
});
