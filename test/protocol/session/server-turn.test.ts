import { describe, expect, it } from 'vitest';
import { concatBytes, u32, utf8 } from '../../../protocol/bytes.ts';
import { encapsulate, generateSessionKey } from '../../../protocol/session/hpke.ts';
import { KeyChain } from '../../../protocol/session/keys.ts';
import { parseSealedRequest, sealRequest } from '../../../protocol/session/request.ts';
import { ServerSession } from '../../../protocol/session/server-turn.ts';
import { hpkeInfo } from '../../../protocol/session/transcript.ts';
import { chat, handshake, openedTurn, summary } from '../../support/session.ts';

const parse = (body: Uint8Array) => parseSealedRequest(body, 1 << 20);

/** Writes the reply up to its END and lets the client read it. */
function end({ turn, reply }: Pick<Awaited<ReturnType<typeof openedTurn>>, 'turn' | 'reply'>) {
  turn.reply.finish(summary());
  while (!turn.reply.contentEnded) reply.push(turn.reply.next() as Uint8Array);
}

function drain({ turn, reply }: Pick<Awaited<ReturnType<typeof openedTurn>>, 'turn' | 'reply'>) {
  for (let record = turn.reply.next(); record !== null; record = turn.reply.next()) reply.push(record);
  return reply.close();
}

describe('a server session', () => {
  it('opens turn 0, answers it, and goes on with turn 1', async () => {
    const opened = await openedTurn(chat('steady', 'Hello there'));
    expect(opened.turn).toMatchObject({ turn: 0, request: chat('steady', 'Hello there') });
    opened.turn.reply.push({ kind: 'text', text: 'Hi' });
    end(opened);
    expect(drain(opened)).toMatchObject({ state: 'complete', session: 'kept' });
    const next = opened.client.startTurn(chat('block'));
    const turn = opened.server.accept(parse(next.body));
    expect(turn).toMatchObject({ turn: 1, request: { mode: 'block' } });
    turn.reply.push({ kind: 'result', bytes: utf8('{}') });
    turn.reply.finish(summary());
    expect(next.reply.push(turn.reply.drain()).map(({ kind }) => kind)).toEqual(['result', 'summary', 'end']);
    expect(next.reply.close()).toMatchObject({ state: 'complete', session: 'kept' });
    expect(opened.server.turns).toBe(2);
  });

  it('takes the next turn while the last one is still being padded', async () => {
    const opened = await openedTurn();
    end(opened);
    const next = opened.client.startTurn(chat());
    const turn = opened.server.accept(parse(next.body));
    expect(drain(opened)).toMatchObject({ state: 'complete', session: 'kept' });
    turn.reply.finish(summary());
    expect(drain({ turn, reply: next.reply })).toMatchObject({ state: 'complete', session: 'kept' });
    expect(opened.server.ended).toBe(false);
  });

  it('refuses a turn before END, and ends with it', async () => {
    const { server, client, turn, reply, body } = await openedTurn();
    turn.reply.push({ kind: 'text', text: 'Hi' });
    reply.push(turn.reply.next() as Uint8Array);
    expect(client.problem).toBe('busy');
    const early = concatBytes(body.subarray(0, 24), u32(1), body.subarray(28 + 1120));
    expect(() => server.accept(parse(early))).toThrow('before the end of 0');
    expect(server.ended).toBe(true);
    expect(turn.reply.next()).toBeNull();
  });

  it.each([
    ['a turn that was there', 0],
    ['a turn too far', 2],
  ])('refuses %s, and ends with it', async (_, number) => {
    const opened = await openedTurn();
    end(opened);
    const { body } = opened.client.startTurn(chat());
    const other =
      number === 0 ? opened.body : concatBytes(body.subarray(0, 24), u32(number), body.subarray(28));
    expect(() => opened.server.accept(parse(other))).toThrow('WAX_SESSION_TURN');
    expect(opened.server.ended).toBe(true);
    expect(() => opened.server.accept(parse(body))).toThrow('WAX_SESSION_OVER');
  });

  it('ends with a request that does not open', async () => {
    const opened = await openedTurn();
    end(opened);
    const { body } = opened.client.startTurn(chat());
    const at = body.length - 1;
    expect(() => opened.server.accept(parse(body.with(at, (body[at] as number) ^ 1)))).toThrow(
      'REQUEST_OPEN',
    );
    expect(opened.server.ended).toBe(true);
    expect(() => opened.server.accept(parse(body))).toThrow('WAX_SESSION_OVER');
  });

  it('burns the key of a waiting session, also when turn 0 does not open', async () => {
    const { client, waiting, limits } = await handshake();
    const { body } = client.startTurn(chat());
    const wrong = parse(body.with(28, (body[28] as number) ^ 1));
    await expect(ServerSession.open(waiting, wrong, limits)).rejects.toThrow('REQUEST_OPEN');
    expect(waiting.seed).toEqual(new Uint8Array(32));
    await expect(ServerSession.open(waiting, parse(body), limits)).rejects.toThrow('REQUEST_OPEN');
    const later = await handshake();
    const request = parse(concatBytes(body.subarray(0, 24), u32(1), body.subarray(28 + 1120)));
    await expect(ServerSession.open(later.waiting, request, later.limits)).rejects.toThrow(
      'WAX_SESSION_TURN',
    );
    expect(later.waiting.seed).toEqual(new Uint8Array(32));
  });

  it('does not open for a client that saw another transcript', async () => {
    const { client, waiting, limits } = await handshake();
    const { body } = client.startTurn(chat());
    const other = { ...waiting, transcript: new Uint8Array(32) };
    await expect(ServerSession.open(other, parse(body), limits)).rejects.toThrow('REQUEST_OPEN');
  });

  it('accepts as many turns as it promised, and ends with the FIN of the last', async () => {
    const opened = await openedTurn(chat(), { maxTurns: 1 });
    end(opened);
    expect(opened.server.ended).toBe(false);
    drain(opened);
    expect(opened.server.ended).toBe(true);
  });

  it('accepts no turn beyond that while the last one is being padded', async () => {
    const { client, waiting, limits } = await handshake();
    const { body, reply } = client.startTurn(chat());
    const { session, turn } = await ServerSession.open(waiting, parse(body), { ...limits, maxTurns: 1 });
    end({ turn, reply });
    expect(() => session.accept(parse(client.startTurn(chat()).body))).toThrow('no turn is left');
    expect(session.ended).toBe(true);
  });

  it('ends with "session over" and with a reply that is given up before END', async () => {
    const over = await openedTurn();
    over.turn.reply.fail('session-over');
    expect(drain(over)).toMatchObject({ state: 'failed', session: 'dropped', error: 'session-over' });
    expect(over.server.ended).toBe(true);
    const gone = await openedTurn();
    gone.turn.reply.erase();
    expect(gone.server.ended).toBe(true);
    const padding = await openedTurn();
    end(padding);
    padding.turn.reply.erase();
    expect(padding.server.ended).toBe(false);
  });

  it('lives on after any other error', async () => {
    const opened = await openedTurn();
    opened.turn.reply.fail('busy', 5);
    expect(drain(opened)).toMatchObject({ state: 'failed', session: 'kept', retryAfterS: 5 });
    const turn = opened.server.accept(parse(opened.client.startTurn(chat()).body));
    expect(turn.turn).toBe(1);
  });

  it('hands over a text that is no request as null, in the mode that it names', async () => {
    const { seed, pk } = await generateSessionKey();
    for (const [json, mode] of [
      ['{"op":"chat","mode":"steady","body":{"unknown":1}}', 'steady'],
      ['not json', 'block'],
    ] as const) {
      const waiting = { id: new Uint8Array(16), seed: seed.slice(), transcript: new Uint8Array(32) };
      const { enc, chainKey } = await encapsulate(pk, hpkeInfo(waiting.transcript));
      const { body } = sealRequest(new KeyChain(chainKey).advance(), waiting.id, enc, utf8(json));
      const limits = { maxTurns: 2, recordBytes: 160, maxRecords: 64 };
      const { turn, session } = await ServerSession.open(waiting, parse(body), limits);
      expect(turn.request).toBeNull();
      expect(turn.reply.mode).toBe(mode);
      expect(session.ended).toBe(false);
    }
  });
});
