import { describe, expect, it } from 'vitest';
import { Sessions } from '../../enclave-server/sessions.ts';
import { ServerSession } from '../../protocol/session/server-turn.ts';
import { testConfig } from '../support/enclave.ts';
import { openedTurn, summary } from '../support/session.ts';

function store(limits: object = {}) {
  const clock = { at: 1000 };
  const ended: number[] = [];
  const { session, limits: configured } = testConfig({ limits });
  const sessions = new Sessions({
    session,
    limits: configured,
    now: () => clock.at,
    onEnd: (number) => ended.push(number),
  });
  return { sessions, clock, ended };
}

const waiting = (sessions: Sessions, client = 'one') => {
  const pending = {
    id: sessions.newId(client),
    seed: new Uint8Array(32).fill(9),
    transcript: new Uint8Array(32),
  };
  sessions.offer(pending, client);
  return pending;
};

/** A live session with its first reply under way. */
async function live(sessions: Sessions, endsAt = 1_801_000, client = '') {
  const { server, turn } = await openedTurn();
  const opened = sessions.open(server, endsAt, client);
  sessions.begin(opened, turn);
  return { opened, turn, keys: server };
}

function drain({ turn }: { turn: { reply: { next(): Uint8Array | null } } }): number {
  let records = 0;
  while (turn.reply.next() !== null) records++;
  return records;
}

describe('offered sessions', () => {
  it('are taken once', () => {
    const { sessions } = store();
    const { id } = waiting(sessions);
    expect(sessions.take(id)).not.toBeNull();
    expect(sessions.take(id)).toBeNull();
  });

  it('carry the prefix of this process and nothing that repeats', () => {
    const { sessions } = store();
    const ids = Array.from({ length: 100 }, () => Buffer.from(sessions.newId('one')));
    expect(new Set(ids.map((id) => id.subarray(0, 4).toString('hex'))).size).toBe(1);
    expect(new Set(ids.map((id) => id.toString('hex'))).size).toBe(100);
    expect(store().sessions.instance).not.toEqual(sessions.instance);
  });

  it('can no longer be taken when their time is over, and their key is erased', () => {
    const { sessions, clock } = store();
    const first = waiting(sessions);
    clock.at += 299_999;
    expect(sessions.take(first.id)).not.toBeNull();
    const second = waiting(sessions);
    clock.at += 300_000;
    expect(sessions.take(second.id)).toBeNull();
    expect(second.seed.every((byte) => byte === 0)).toBe(true);
  });

  it('are swept out with their keys when nobody comes', () => {
    const { sessions, clock } = store({ pendingSessions: 2 });
    const old = waiting(sessions);
    clock.at += 200_000;
    const young = waiting(sessions);
    expect(() => sessions.newId('one')).toThrow('WAX_ENCLAVE_OVERLOADED');
    clock.at += 100_000;
    sessions.sweep();
    expect(old.seed[0]).toBe(0);
    expect(young.seed[0]).toBe(9);
    expect(sessions.newId('one')).toHaveLength(16);
  });
});

describe('live sessions', () => {
  it('are found until their time is over, and then erased', async () => {
    const { sessions, clock, ended } = store();
    const session = await live(sessions);
    session.turn.reply.finish(summary());
    drain(session);
    sessions.settle(session.opened, session.turn.reply);
    expect(sessions.find(session.keys.id)).toBe(session.opened);
    clock.at = 1_801_000;
    expect(sessions.find(session.keys.id)).toBeNull();
    expect(session.keys.ended).toBe(true);
    expect(ended).toEqual([session.opened.number]);
  });

  it('are erased after ten idle minutes, which do not count while a reply is under way', async () => {
    const { sessions, clock } = store();
    const session = await live(sessions);
    clock.at += 700_000;
    sessions.sweep();
    expect(session.keys.ended).toBe(false);
    session.turn.reply.finish(summary());
    drain(session);
    sessions.settle(session.opened, session.turn.reply);
    clock.at += 599_999;
    sessions.sweep();
    expect(session.keys.ended).toBe(false);
    clock.at += 1;
    sessions.sweep();
    expect(session.keys.ended).toBe(true);
  });

  it('end a reply under way as "session over" when their time is over, padded like any other', async () => {
    const { sessions, clock } = store();
    const session = await live(sessions);
    clock.at = 1_801_000;
    sessions.sweep();
    expect(session.opened.stop.signal.aborted).toBe(true);
    expect(session.turn.reply.error).toBe('session-over');
    expect(sessions.find(session.keys.id)).toBeNull();
    expect(drain(session)).toBe(16);
    sessions.settle(session.opened, session.turn.reply);
    expect(session.keys.ended).toBe(true);
  });

  it('let a reply whose content has ended be padded to its end when their time is over', async () => {
    const { sessions, clock } = store();
    const session = await live(sessions);
    session.turn.reply.finish(summary());
    clock.at = 1_801_000;
    sessions.sweep();
    expect(session.turn.reply.error).toBeNull();
    expect(session.keys.ended).toBe(false);
    expect(drain(session)).toBe(16);
    sessions.settle(session.opened, session.turn.reply);
    expect(session.keys.ended).toBe(true);
  });

  it('are erased at once when dropped, reply and all, and told to the engine once', async () => {
    const { sessions, ended } = store();
    const session = await live(sessions);
    sessions.drop(session.opened);
    sessions.drop(session.opened);
    expect(session.keys).toBeInstanceOf(ServerSession);
    expect(session.keys.ended).toBe(true);
    expect(session.turn.reply.next()).toBeNull();
    expect(ended).toEqual([session.opened.number]);
  });

  it('count against their limit', async () => {
    const { sessions } = store({ liveSessions: 1 });
    await live(sessions);
    expect(() => sessions.newId('one')).toThrow('WAX_ENCLAVE_OVERLOADED');
  });

  it('keep to their limit when offers that wait come all at once', async () => {
    const { sessions } = store({ liveSessions: 1 });
    const { id } = waiting(sessions);
    const { opened } = await live(sessions);
    expect(sessions.take(id)).toBeNull();
    sessions.drop(opened);
    expect(sessions.take(id)).not.toBeNull();
  });

  it('give way to those of another client where one holds them all, the longest idle first', async () => {
    const { sessions, clock, ended } = store({ liveSessions: 3 });
    const finish = async (at: number, client: string) => {
      clock.at = at;
      const session = await live(sessions, 1_801_000, client);
      session.turn.reply.finish(summary());
      drain(session);
      sessions.settle(session.opened, session.turn.reply);
      return session;
    };
    const young = await finish(3000, 'a');
    const old = await finish(2000, 'a');
    // Something is under way in this one, however long it has been.
    const busy = await live(sessions, 1_801_000, 'a');
    expect(() => sessions.newId('a')).toThrow('WAX_ENCLAVE_OVERLOADED');
    const other = waiting(sessions, 'b');
    expect(sessions.take(other.id)).not.toBeNull();
    expect([young, old, busy].map(({ keys }) => keys.ended)).toEqual([false, true, false]);
    expect(ended).toEqual([old.opened.number]);
    // Two for `a` and one, which is being opened, for `b`: nobody gives way any more.
    expect(() => sessions.newId('b')).toThrow('WAX_ENCLAVE_OVERLOADED');
  });

  it('are all erased when the server stops', async () => {
    const { sessions } = store();
    const pending = waiting(sessions);
    const session = await live(sessions);
    sessions.close();
    expect(pending.seed[0]).toBe(0);
    expect(session.keys.ended).toBe(true);
  });
});

describe('draining', () => {
  it('takes nothing new, as if all that had no reply under way were forgotten', async () => {
    const { sessions, ended } = store();
    const pending = waiting(sessions);
    const idle = await live(sessions);
    idle.turn.reply.finish(summary());
    drain(idle);
    sessions.settle(idle.opened, idle.turn.reply);
    expect(sessions.draining).toBe(false);
    await sessions.drain(60_000);
    expect(sessions.draining).toBe(true);
    expect(pending.seed[0]).toBe(0);
    expect(sessions.take(pending.id)).toBeNull();
    expect(sessions.find(idle.keys.id)).toBeNull();
    expect(idle.keys.ended).toBe(true);
    expect(ended).toEqual([idle.opened.number]);
    expect(() => sessions.newId('one')).toThrow('WAX_ENCLAVE_OVERLOADED');
    // An answer that was being made meanwhile is no session either.
    const late = { id: new Uint8Array(16), seed: new Uint8Array(32), transcript: new Uint8Array(32) };
    expect(() => sessions.offer(late)).toThrow('WAX_ENCLAVE_OVERLOADED');
  });

  it('waits for a reply under way, padding included, and erases its session after it', async () => {
    const { sessions } = store();
    const session = await live(sessions);
    let drained = false;
    const draining = sessions.drain(60_000).then(() => {
      drained = true;
    });
    expect(sessions.find(session.keys.id)).toBeNull();
    session.turn.reply.finish(summary());
    session.turn.reply.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect([drained, session.keys.ended, session.turn.reply.error]).toEqual([false, false, null]);
    drain(session);
    sessions.settle(session.opened, session.turn.reply);
    await draining;
    expect(session.keys.ended).toBe(true);
  });

  it('ends a reply that takes too long as "session over", and stops the engine', async () => {
    const { sessions } = store();
    const session = await live(sessions);
    const draining = sessions.drain(10);
    await expect.poll(() => session.turn.reply.error, { timeout: 30_000 }).toBe('session-over');
    expect(session.opened.stop.signal.aborted).toBe(true);
    expect(drain(session)).toBe(16);
    sessions.settle(session.opened, session.turn.reply);
    await draining;
    expect(session.keys.ended).toBe(true);
  });
});
