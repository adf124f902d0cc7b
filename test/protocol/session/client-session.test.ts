import { describe, expect, it } from 'vitest';
import { chat, handshake, openedTurn, summary } from '../../support/session.ts';

/** Finishes the turn on the server and lets the client read all of it. */
function finish({ turn, reply }: Pick<Awaited<ReturnType<typeof openedTurn>>, 'turn' | 'reply'>) {
  turn.reply.finish(summary());
  for (let record = turn.reply.next(); record !== null; record = turn.reply.next()) reply.push(record);
  return reply.close();
}

describe('a client session', () => {
  it('may start turn 0 until the offer expires', async () => {
    const { client, clock } = await handshake();
    clock.pass(299_999);
    expect(client.problem).toBeNull();
    clock.pass(1);
    expect(client.problem).toBe('expired');
    expect(() => client.startTurn(chat())).toThrow('WAX_SESSION_OVER');
  });

  it('expires by whichever clock says so first', async () => {
    for (const name of ['wall', 'steady'] as const) {
      const { client, clock } = await handshake();
      clock[name] += 300_000;
      expect(client.problem).toBe('expired');
    }
  });

  it('lives as long as the session, counted from the offer, once turn 0 is sent', async () => {
    const opened = await openedTurn(chat(), { sessionTtlS: 1000 });
    const { client, clock } = opened;
    expect(finish(opened)).toMatchObject({ state: 'complete', session: 'kept' });
    clock.pass(500_000);
    expect(client.problem).toBeNull();
    expect(client.startTurn(chat()).reply.close()).toMatchObject({ state: 'cut-off' });
    expect(client.problem).toBe('ended');
    const other = await openedTurn(chat(), { sessionTtlS: 60 });
    finish(other);
    other.clock.pass(59_999);
    expect(other.client.problem).toBeNull();
    other.clock.pass(1);
    expect(other.client.problem).toBe('expired');
  });

  it('counts as forgotten by the enclave after ten minutes without use', async () => {
    const opened = await openedTurn(chat(), { sessionTtlS: 3600 });
    finish(opened);
    expect(opened.client.usableUntil).toBe(opened.clock.now() + 600_000);
    opened.clock.pass(599_999);
    expect(opened.client.problem).toBeNull();
    opened.clock.pass(1);
    expect(opened.client.problem).toBe('expired');
  });

  it('starts no turn before the content of the last has ended', async () => {
    const { client, reply, turn } = await openedTurn();
    expect(client.problem).toBe('busy');
    expect(() => client.startTurn(chat())).toThrow('WAX_SESSION_TURN');
    turn.reply.finish(summary());
    while (!turn.reply.contentEnded) reply.push(turn.reply.next() as Uint8Array);
    expect(client.problem).toBeNull();
    expect(client.startTurn(chat()).body.subarray(24, 28)).toEqual(Uint8Array.of(0, 0, 0, 1));
  });

  it('ends after a cut off reply and after its last turn', async () => {
    const cut = await openedTurn();
    cut.reply.close();
    expect(cut.client.problem).toBe('ended');
    const last = await openedTurn(chat(), { maxTurns: 1 });
    expect(last.client.problem).toBe('turns');
    finish(last);
    expect(last.client.problem).toBe('ended');
  });

  describe('of a service with two models', () => {
    const digest = (byte: string) => byte.repeat(32);
    const models = [
      { id: 'large', sha256: digest('11'), contextTokens: 2048, maxOutputTokens: 100 },
      { id: 'small', sha256: digest('22'), contextTokens: 2048, maxOutputTokens: 100 },
    ];
    const answeredBy = async (model: string, modelSha256: string, op: 'chat' | 'models' = 'chat') => {
      const asked = { op, mode: op === 'chat' ? 'steady' : 'block', body: {} } as const;
      const request = op === 'chat' ? { ...asked, body: { model: 'large', messages: [] } } : asked;
      const { turn, reply } = await openedTurn(request, {}, { models });
      turn.reply.finish(summary({ model, modelSha256 }));
      for (let record = turn.reply.next(); record !== null; record = turn.reply.next()) reply.push(record);
      return reply.close();
    };

    it('takes an answer of the model that was asked for', async () => {
      expect(await answeredBy('large', digest('11'))).toMatchObject({ state: 'complete' });
    });

    it.each([
      ['the other model, though that is approved too', 'small', digest('22')],
      ['the other model under the name of this', 'large', digest('22')],
      ['this model under another name', 'small', digest('11')],
      ['a model that the statement does not list', 'large', digest('33')],
    ])('cuts off an answer of %s', async (_what, model, modelSha256) => {
      const outcome = await answeredBy(model, modelSha256);
      expect(outcome).toEqual({ state: 'cut-off', session: 'dropped', code: 'WAX_SESSION_MODEL' });
    });

    it('takes a list of models from any of them', async () => {
      expect(await answeredBy('small', digest('22'), 'models')).toMatchObject({ state: 'complete' });
      expect(await answeredBy('small', digest('11'), 'models')).toMatchObject({ code: 'WAX_SESSION_MODEL' });
    });
  });

  it('refuses what is too long without using the turn up', async () => {
    const { client } = await handshake({ maxRequestBytes: 8192 });
    expect(() => client.startTurn(chat('steady', 'x'.repeat(8000)))).toThrow('WAX_SESSION_REQUEST_SIZE');
    expect(() => client.startTurn({ ...chat(), op: 'models' })).toThrow('WAX_SESSION_REQUEST_BODY');
    const { body, path } = client.startTurn(chat());
    expect(body.length).toBeLessThanOrEqual(8192);
    expect(path).toBe('/waxseal/v1/turns/aabbccdd');
  });

  it('starts nothing once it was ended', async () => {
    const { client } = await handshake();
    client.end();
    expect(() => client.startTurn(chat())).toThrow('WAX_SESSION_OVER');
  });
});
