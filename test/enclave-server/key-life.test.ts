import { afterEach, describe, expect, it, vi } from 'vitest';
import { type LiveSession, Sessions } from '../../enclave-server/sessions.ts';
import { parseSealedRequest } from '../../protocol/session/request.ts';
import { ServerSession } from '../../protocol/session/server-turn.ts';
import { chat as chatOf, openSession, postTurn, startEnclave, testConfig } from '../support/enclave.ts';
import { chat, handshake, summary } from '../support/session.ts';

const DAY = 86_400_000;
const { session: ttl, limits } = testConfig();
type Client = Awaited<ReturnType<typeof handshake>>;

afterEach(() => {
  vi.useRealTimers();
});

/** Both ends of a session, the server's with the clock of a monotonic counter that the test moves. */
async function ends(header: Parameters<typeof handshake>[0] = {}) {
  const server = { at: 1000 };
  const sessions = new Sessions({ session: ttl, limits, now: () => server.at, onEnd: () => {} });
  const client = await handshake({ maxTurns: 3, ...header });
  sessions.offer(client.waiting);
  let live: LiveSession | null = null;
  return {
    ...client,
    server,
    sessions,
    /** One whole turn over both ends; false when the server has no such session any more. */
    async turn(): Promise<boolean> {
      const { body, reply } = client.client.startTurn(chat());
      const opened = await accept(sessions, client, body, live);
      if (opened === null) return reply.close().state === 'complete';
      live = opened.live;
      sessions.begin(opened.live, opened.turn);
      const writer = opened.turn.reply;
      writer.finish(summary());
      for (let record = writer.next(); record !== null; record = writer.next()) reply.push(record);
      sessions.settle(opened.live, writer);
      return reply.close().state === 'complete';
    },
    live: () => live,
  };
}

async function accept(sessions: Sessions, client: Client, body: Uint8Array, live: LiveSession | null) {
  const request = parseSealedRequest(body, client.header.maxRequestBytes);
  if (live !== null) {
    const found = sessions.find(request.id);
    return found && { live: found, turn: found.keys.accept(request) };
  }
  const waiting = sessions.take(request.id);
  if (waiting === null) return null;
  const { session, turn } = await ServerSession.open(waiting, request, client.limits);
  return { live: sessions.open(session, waiting.endsAt), turn };
}

const erased = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe('while every clock stands still', () => {
  it('a session ends on both ends with its last turn, and the keys go', async () => {
    const { turn, client, live, sessions, header } = await ends();
    for (let count = 0; count < 3; count++) expect(await turn()).toBe(true);
    expect(client.problem).toBe('ended');
    expect(live()?.keys.ended).toBe(true);
    expect(sessions.find(header.id)).toBeNull();
    expect(() => client.startTurn(chat())).toThrow('WAX_SESSION_OVER');
  });

  it('the seed of an offered session is gone as soon as it was used, well or badly', async () => {
    const good = await ends();
    await good.turn();
    expect(erased(good.waiting.seed)).toBe(true);
    const bad = await ends();
    const { body } = bad.client.startTurn(chat());
    body[2000] = (body[2000] ?? 0) ^ 1;
    await expect(accept(bad.sessions, bad, body, null)).rejects.toThrow('WAX_SESSION_REQUEST_OPEN');
    expect(erased(bad.waiting.seed)).toBe(true);
    expect(bad.sessions.take(bad.header.id)).toBeNull();
  });
});

describe('when the clock of the enclave jumps', () => {
  it('a day ahead, everything is over at once, swept or not', async () => {
    const unswept = await ends();
    await unswept.turn();
    unswept.server.at += DAY;
    expect(await unswept.turn()).toBe(false);
    expect(unswept.live()?.keys.ended).toBe(true);

    const swept = await ends();
    swept.server.at += DAY;
    swept.sessions.sweep();
    expect(erased(swept.waiting.seed)).toBe(true);
    expect(await swept.turn()).toBe(false);
  });

  it('back again, what was over stays over', async () => {
    const { turn, server, sessions, header, live } = await ends();
    await turn();
    server.at += DAY;
    sessions.sweep();
    server.at -= DAY;
    expect(sessions.find(header.id)).toBeNull();
    expect(live()?.keys.ended).toBe(true);
  });

  it('back before the session began, turns still end it', async () => {
    const { turn, server, live } = await ends();
    await turn();
    server.at -= DAY;
    expect([await turn(), await turn()]).toEqual([true, true]);
    expect(live()?.keys.ended).toBe(true);
  });

  it.each([-10, 10])('by %d years on the wall, which belongs to the host, nothing changes', async (years) => {
    const { turn, sessions, header } = await ends();
    await turn();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + years * 365 * DAY });
    sessions.sweep();
    expect(sessions.find(header.id)).not.toBeNull();
    expect(await turn()).toBe(true);
  });
});

describe('when a clock of the person jumps', () => {
  it.each([
    ['the wall clock, ahead', 'wall', DAY, 'expired'],
    ['the monotonic clock, ahead, as after sleep', 'steady', DAY, 'expired'],
    ['the wall clock, back', 'wall', -DAY, null],
  ] as const)('%s', async (_name, clockName, ms, problem) => {
    const { turn, client, clock } = await ends();
    await turn();
    clock[clockName] += ms;
    expect(client.problem).toBe(problem);
  });

  it('back on the wall, it adds no time: the monotonic clock still counts', async () => {
    const { turn, client, clock, header } = await ends();
    await turn();
    clock.wall -= DAY;
    clock.steady += 1000 * header.sessionTtlS;
    expect(client.problem).toBe('expired');
  });

  it.each(['wall', 'steady'] as const)(
    'only the %s clock runs: idle time counts all the same',
    async (name) => {
      const { turn, client, clock } = await ends();
      await turn();
      clock[name] += 599_999;
      expect(client.problem).toBeNull();
      clock[name] += 1;
      expect(client.problem).toBe('expired');
    },
  );
});

describe('time on both ends', () => {
  it.each([
    ['of the offer', 0, 300_000],
    ['without use', 1, 600_000],
  ])('%s: while the client would send, the server still has the keys', async (_name, turns, life) => {
    const inTime = await ends();
    for (let count = 0; count < turns; count++) await inTime.turn();
    inTime.clock.pass(life - 1);
    inTime.server.at += life - 1;
    expect(await inTime.turn()).toBe(true);

    const late = await ends();
    for (let count = 0; count < turns; count++) await late.turn();
    late.clock.pass(life);
    late.server.at += life;
    late.sessions.sweep();
    expect(late.client.problem).toBe('expired');
    expect(turns === 0 ? erased(late.waiting.seed) : late.live()?.keys.ended).toBe(true);
  });

  it('of the session: it ends however much it is used', async () => {
    const { turn, client, clock, server, live, sessions } = await ends({ maxTurns: 9 });
    for (let at = 0; at < 1_800_000; at += 450_000) {
      expect(await turn()).toBe(true);
      clock.pass(450_000);
      server.at += 450_000;
    }
    sessions.sweep();
    expect(client.problem).toBe('expired');
    expect(live()?.keys.ended).toBe(true);
  });
});

describe('many first turns for one session at the same moment', () => {
  it('find one key between them', async () => {
    const { sessions, header } = await ends();
    const taken = await Promise.all(Array.from({ length: 100 }, async () => sessions.take(header.id)));
    expect(taken.filter((session) => session !== null)).toHaveLength(1);
  });

  it('are one that is accepted, and refusals', async () => {
    const enclave = await startEnclave();
    const { client } = await openSession(enclave.url);
    const { body, path } = client.startTurn(chatOf('Hi'));
    const replies = await Promise.all(Array.from({ length: 32 }, () => postTurn(enclave.url, path, body)));
    const count = (status: number) => replies.filter((reply) => reply.status === status).length;
    expect([count(200), count(400)]).toEqual([1, 31]);
    await enclave.app.close();
  });

  it('are nothing but refusals when the first of them is not authentic', async () => {
    const { sessions, client, ...rest } = await ends();
    const { body } = client.startTurn(chat());
    const forged = body.slice();
    forged[2000] = (forged[2000] ?? 0) ^ 1;
    const opened = await Promise.allSettled(
      [forged, body, body].map((one) => accept(sessions, { client, ...rest }, one, null)),
    );
    expect(opened.map((one) => (one.status === 'fulfilled' ? one.value : 'refused'))).toEqual([
      'refused',
      null,
      null,
    ]);
  });
});
