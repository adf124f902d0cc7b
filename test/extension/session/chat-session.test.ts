import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chatRequest } from '../../../extension/session/chat-request.ts';
import { ChatSession } from '../../../extension/session/chat-session.ts';
import type { ChatStatus, TurnEvent } from '../../../extension/session/chat-status.ts';
import type { Surroundings } from '../../../protocol/verify.ts';
import { testDigest } from '../../support/log-builder.ts';
import { answering, TestEnclave } from '../../support/test-enclave.ts';
import { SERVICE } from '../../support/verified-exchange.ts';

const hello = chatRequest({ model: 'tiny', messages: [{ role: 'user', content: 'Hello' }] });

async function setUp(changes: (surroundings: Surroundings) => Surroundings = (it) => it) {
  const enclave = await TestEnclave.create();
  const statuses: ChatStatus[] = [];
  const looks: number[] = [];
  const chat = new ChatSession({
    service: { origin: SERVICE, fetch: enclave.fetch, timeouts: { firstRecord: 2_000, stall: 2_000 } },
    clock: enclave.clock,
    look: async ({ leastSize }) => {
      looks.push(leastSize);
      return changes(await enclave.surroundings());
    },
    onStatus: (status) => statuses.push(status),
  });
  open.push(chat);
  const send = async (request = hello, signal?: AbortSignal) => {
    const events: TurnEvent[] = [];
    const result = await chat.send(request, {
      ...(signal && { signal }),
      onEvent: (event) => events.push(event),
    });
    const text = events.map((event) => (event.kind === 'text' ? event.text : '')).join('');
    return { events, result, text, kinds: events.map(({ kind }) => kind) };
  };
  const phases = () => statuses.map((status) => (status.phase === 'checking' ? status.step : status.phase));
  return { enclave, chat, send, phases, looks };
}

const open: ChatSession[] = [];
afterEach(() => {
  for (const chat of open.splice(0)) chat.close();
});

describe('a chat session', () => {
  it('verifies, seals and sends, and goes on in the same session', async () => {
    const { enclave, send, phases } = await setUp();
    const first = await send();
    expect(first.kinds).toEqual(['session', 'sealed', 'text', 'summary', 'end']);
    expect(first.text).toBe('Hello');
    expect(first.result).toMatchObject({ sent: true, state: 'complete', session: 'kept' });
    expect(phases()).toEqual(['log', 'asking', 'verifying', 'ready', 'ready']);
    const second = await send();
    expect(second.kinds).toEqual(['sealed', 'text', 'summary', 'end']);
    expect(enclave.count('sessions')).toBe(1);
    expect(enclave.opened.map(({ turn }) => turn)).toEqual([0, 1]);
    expect(enclave.opened[0]?.request).toEqual(hello);
  });

  it('sends nothing when a check fails, and says which', async () => {
    const { enclave, send, chat } = await setUp();
    enclave.measurement = '00'.repeat(48);
    const { result, kinds } = await send();
    expect(result).toMatchObject({
      sent: false,
      state: 'refused',
      report: { verdict: 'fail', state: 'failed' },
    });
    expect(kinds).toEqual([]);
    expect(chat.status).toMatchObject({ phase: 'refused', report: { verdict: 'fail' } });
    expect(enclave.count('turns')).toBe(0);
  });

  it('looks again before every Send: a revocation in between stops it', async () => {
    const { enclave, send } = await setUp();
    await send();
    await enclave.log.revoke(enclave.log.size - 1);
    await enclave.log.publish();
    const { result } = await send();
    expect(result).toMatchObject({ sent: false, state: 'refused' });
    expect(enclave.count('turns')).toBe(1);
  });

  it('syncs first when the answer knows more of the log than we do', async () => {
    let behind = true;
    const { send, looks, enclave } = await setUp((surroundings) => {
      const { state } = surroundings.log;
      if (!behind || state?.checkpoint == null) return surroundings;
      behind = false;
      const checkpoint = { ...state.checkpoint, size: 1 };
      return { ...surroundings, log: { ...surroundings.log, state: { ...state, checkpoint } } };
    });
    expect((await send()).result).toMatchObject({ state: 'complete' });
    expect(looks).toContain(enclave.log.size);
  });

  it.each([true, false])(
    'looks at the log once more before it calls a program unknown (approved: %s)',
    async (approved) => {
      let held: Surroundings | null = null;
      const { enclave, send, looks } = await setUp((surroundings) => {
        // The copy stays as it was until somebody asks for more of it.
        if (held === null || (looks.at(-1) ?? 0) > 0) held = surroundings;
        return { ...surroundings, log: held.log };
      });
      await send();
      const known = enclave.log.size;
      enclave.measurement = testDigest('the next program', 48);
      const registers = { launchDigest: enclave.measurement };
      if (approved) {
        await enclave.log.release({
          version: 2,
          measurements: { 'sev-snp-simulated': [{ shape: 'any', registers }] },
        });
        await enclave.log.publish();
      }
      enclave.sizeHint = 0;
      enclave.restart();
      const { result } = await send();
      expect(result).toMatchObject(approved ? { sent: true, state: 'complete' } : { state: 'refused' });
      expect(looks.filter((size) => size > 0)).toEqual([known + 1]);
    },
  );

  it('makes a new verified session when the service has lost the last, and sends once more', async () => {
    const { enclave, send } = await setUp();
    await send();
    enclave.restart();
    const { kinds, events, result, text } = await send();
    expect(kinds).toEqual(['sealed', 'session', 'text', 'summary', 'end']);
    expect(events.find((event) => event.kind === 'session')).toMatchObject({ restarted: true });
    expect(result).toMatchObject({ sent: true, state: 'complete' });
    expect(text).toBe('Hello');
    expect(enclave.count('turns')).toBe(3);
  });

  it('sends once more at most', async () => {
    const { enclave, send } = await setUp();
    enclave.intercept = (path) => (path.includes('/turns/') ? new Response(null, { status: 400 }) : null);
    const { result } = await send();
    expect(result).toMatchObject({
      sent: true,
      state: 'unreachable',
      failure: { error: { code: 'WAX_SERVICE_REFUSED' } },
    });
    expect(enclave.count('turns')).toBe(2);
    expect(enclave.count('sessions')).toBe(2);
  });

  it('never sends again once a record was authenticated', async () => {
    const { enclave, send } = await setUp();
    enclave.script = function* (turn) {
      yield* [...answering(turn)].slice(0, 1);
    };
    const { result, text } = await send();
    expect(result).toMatchObject({ sent: true, state: 'cut-off' });
    expect(text).toBe('Hello');
    expect(enclave.count('turns')).toBe(1);
    enclave.script = (turn) => answering(turn);
    const next = await send();
    expect(next.kinds[0]).toBe('session');
    expect(next.result).toMatchObject({ state: 'complete' });
  });

  it('does not send again when the new session fails its checks', async () => {
    const { enclave, send } = await setUp();
    await send();
    enclave.restart();
    enclave.measurement = '00'.repeat(48);
    expect((await send()).result).toMatchObject({ sent: true, state: 'refused' });
    expect(enclave.count('turns')).toBe(2);
  });

  it('replaces a session whose time is over, without a word from the service', async () => {
    const { enclave, send } = await setUp();
    await send();
    enclave.clock.pass(601_000);
    expect((await send()).kinds).toEqual(['session', 'sealed', 'text', 'summary', 'end']);
    expect(enclave.opened.map(({ turn }) => turn)).toEqual([0, 0]);
  });

  const clocks: [string, (enclave: TestEnclave) => void][] = [
    [
      'a sleep, in which one clock stood still',
      ({ clock }) => {
        clock.wall += 2 * 3_600_000;
      },
    ],
    [
      'the clock was set back',
      ({ clock }) => {
        clock.steady += 700_000;
        clock.wall -= 60_000;
      },
    ],
    ['a long pause', ({ clock }) => clock.pass(2 * 3_600_000)],
  ];
  it.each(clocks)('replaces what was verified in advance after %s', async (_what, jump) => {
    const { enclave, chat, send } = await setUp();
    await chat.check();
    jump(enclave);
    const { kinds, result } = await send();
    expect(kinds).toEqual(['session', 'sealed', 'text', 'summary', 'end']);
    expect(result).toMatchObject({ sent: true, state: 'complete' });
    expect(enclave.count('sessions')).toBe(2);
    expect(enclave.count('turns')).toBe(1);
  });
  it.each(clocks)('replaces a session after %s', async (_what, jump) => {
    const { enclave, send } = await setUp();
    await send();
    jump(enclave);
    expect((await send()).kinds).toEqual(['session', 'sealed', 'text', 'summary', 'end']);
    expect(enclave.opened.map(({ turn }) => turn)).toEqual([0, 0]);
  });

  it.each(['revoked', 'retired'] as const)(
    'goes on with a redeployed service when the program before it was %s',
    async (how) => {
      const { enclave, send } = await setUp();
      await send();
      const old = enclave.log.size - 1;
      enclave.measurement = testDigest('the next program', 48);
      const registers = { launchDigest: enclave.measurement };
      await enclave.log.release({
        version: 2,
        measurements: { 'sev-snp-simulated': [{ shape: 'any', registers }] },
        retiresOlderAfterHours: how === 'retired' ? 0 : 168,
      });
      if (how === 'revoked') await enclave.log.revoke(old);
      await enclave.log.publish();
      enclave.restart();
      const { kinds, result, events } = await send();
      expect(kinds).toEqual(['session', 'sealed', 'text', 'summary', 'end']);
      expect(result).toMatchObject({ sent: true, state: 'complete' });
      expect(events[0]).toMatchObject({ report: { release: { version: 2 } } });
      // Nothing was sealed to the program before.
      expect(enclave.count('turns')).toBe(2);
    },
  );

  it('does not try a second session that is as old as the one that was lost', async () => {
    const { enclave, chat, send } = await setUp();
    await send();
    await chat.check();
    enclave.restart();
    expect((await send()).result).toMatchObject({ sent: true, state: 'complete' });
    expect(enclave.count('turns')).toBe(3);
  });

  it('replaces a session that has had all its turns', async () => {
    const { enclave, send } = await setUp();
    enclave.headerChanges = { maxTurns: 2 };
    for (let turn = 0; turn < 3; turn++) await send();
    expect(enclave.opened.map(({ turn }) => turn)).toEqual([0, 1, 0]);
  });

  it('passes on an error from inside the seal and keeps the session', async () => {
    const { enclave, send } = await setUp();
    enclave.script = function* (turn) {
      turn.reply.fail('busy', 3);
      for (let record = turn.reply.next(); record !== null; record = turn.reply.next()) yield record;
    };
    const { result, kinds } = await send();
    expect(kinds.at(-1)).toBe('error');
    expect(result).toMatchObject({ state: 'failed', session: 'kept', error: 'busy', retryAfterS: 3 });
    await send();
    expect(enclave.count('sessions')).toBe(1);
  });

  it('can be stopped: what came stays, the session goes, nothing is sent again', async () => {
    const { enclave, send } = await setUp();
    const controller = new AbortController();
    enclave.script = async function* (turn, signal) {
      yield* [...answering(turn)].slice(0, 1);
      controller.abort();
      await new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    };
    const { result } = await send(hello, controller.signal);
    expect(result).toEqual({ sent: true, state: 'stopped' });
    expect(enclave.count('turns')).toBe(1);
  });

  it('lets the next turn go out while the last is still being padded', async () => {
    const { enclave, chat } = await setUp();
    const gate = Promise.withResolvers<void>();
    enclave.script = async function* (turn) {
      const records = [...answering(turn)];
      yield* records.slice(0, 3);
      if (turn.turn === 0) await gate.promise;
      yield* records.slice(3);
    };
    const ended = Promise.withResolvers<void>();
    const first = chat.send(hello, { onEvent: ({ kind }) => kind === 'end' && ended.resolve() });
    await ended.promise;
    expect(await chat.send(hello, { onEvent: () => {} })).toMatchObject({
      state: 'complete',
      session: 'kept',
    });
    gate.resolve();
    expect(await first).toMatchObject({ state: 'complete', session: 'kept' });
    expect(enclave.count('sessions')).toBe(1);
  });

  it('says when a request is too long, before anything is sent', async () => {
    const { enclave, send } = await setUp();
    enclave.headerChanges = { maxRequestBytes: 8192 };
    const long = chatRequest({ model: 'tiny', messages: [{ role: 'user', content: 'x'.repeat(9000) }] });
    expect((await send(long)).result).toEqual({ sent: false, state: 'too-long' });
    expect(enclave.count('turns')).toBe(0);
    expect((await send()).result).toMatchObject({ state: 'complete' });
  });

  it('tells an unreachable service from a refused one', async () => {
    const { enclave, send, chat } = await setUp();
    enclave.intercept = () => new Response(null, { status: 503, headers: { 'retry-after': '30' } });
    expect((await send()).result).toMatchObject({
      sent: false,
      state: 'unreachable',
      failure: { retryAfterS: 30 },
    });
    expect(chat.status).toMatchObject({ phase: 'unreachable', retryAt: null });
  });

  it('goes back to idle when our own side cannot look', async () => {
    const { chat, send, enclave } = await setUp(() => {
      throw new Error('no trust domain');
    });
    await expect(chat.check()).rejects.toThrow('no trust domain');
    expect(chat.status.phase).toBe('idle');
    await expect(send()).rejects.toThrow('no trust domain');
    expect(enclave.requests).toEqual([]);
  });

  it('does nothing once it is closed', async () => {
    const { enclave, chat, send } = await setUp();
    chat.close();
    expect((await send()).result).toEqual({ sent: false, state: 'stopped' });
    expect(enclave.requests).toEqual([]);
  });
});

describe('a service that the trust domain names a relay for', () => {
  const relay = { url: 'https://relay.example', operator: 'Rowan Foundation' };
  /** Chats whose requests meet a relay on the way; `seen` are the addresses that were asked. */
  async function behind(named: { current: typeof relay | undefined }) {
    const enclave = await TestEnclave.create();
    const seen: string[] = [];
    const chat = new ChatSession({
      service: {
        origin: SERVICE,
        fetch: (input, init) => {
          seen.push(String(input));
          return enclave.fetch(String(input).replace(`${relay.url}/relay/enclave.example`, SERVICE), init);
        },
      },
      clock: enclave.clock,
      look: async () => {
        const surroundings = await enclave.surroundings();
        const { enclaves } = surroundings.domain;
        const via = named.current && { relay: named.current };
        return {
          ...surroundings,
          domain: { ...surroundings.domain, enclaves: enclaves.map((one) => ({ ...one, ...via })) },
        };
      },
    });
    open.push(chat);
    return { enclave, seen, send: () => chat.send(hello, { onEvent: () => {} }) };
  }

  it('is asked through it, offers and turns', async () => {
    const { seen, send } = await behind({ current: relay });
    expect(await send()).toMatchObject({ state: 'complete' });
    expect(await send()).toMatchObject({ state: 'complete' });
    const turn = `${relay.url}/relay/enclave.example/waxseal/v1/turns/aabbccdd`;
    expect(seen).toEqual([`${relay.url}/relay/enclave.example/waxseal/v1/sessions`, turn, turn]);
  });

  it('is not asked past it when it fails', async () => {
    const { enclave, seen, send } = await behind({ current: relay });
    enclave.intercept = () => new Response(null, { status: 502 });
    expect(await send()).toMatchObject({ sent: false, state: 'unreachable' });
    expect(seen.every((url) => url.startsWith(relay.url))).toBe(true);
  });

  it('is asked through it from the moment that the trust domain names it', async () => {
    const named: { current: typeof relay | undefined } = { current: undefined };
    const { seen, send } = await behind(named);
    expect(await send()).toMatchObject({ state: 'complete' });
    named.current = relay;
    expect(await send()).toMatchObject({ state: 'complete' });
    expect(seen.map((url) => url.startsWith(relay.url))).toEqual([false, false, true, true]);
  });
});

describe('while the chat is visible', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Lets both clocks and the timers pass. */
  async function pass(enclave: TestEnclave, ms: number) {
    enclave.clock.pass(ms);
    await vi.advanceTimersByTimeAsync(ms);
  }
  const until = (chat: ChatSession, phase: string) =>
    vi.waitFor(() => expect(chat.status.phase).toBe(phase), { timeout: 5_000, interval: 5 });

  it('a session is verified in advance, and renewed before its offer ends', async () => {
    const { enclave, chat } = await setUp();
    expect(enclave.requests).toEqual([]);
    chat.setVisible(true);
    await until(chat, 'ready');
    expect(enclave.count('sessions')).toBe(1);
    await pass(enclave, 270_000);
    expect(enclave.count('sessions')).toBe(1);
    await pass(enclave, 20_000);
    await vi.waitFor(() => expect(enclave.count('sessions')).toBe(2));
    await until(chat, 'ready');
  });

  it('a session is renewed soon after the computer woke up, though timers stood still with it', async () => {
    const { enclave, chat } = await setUp();
    chat.setVisible(true);
    await until(chat, 'ready');
    enclave.clock.wall += 8 * 3_600_000;
    await vi.advanceTimersByTimeAsync(30_000);
    await vi.waitFor(() => expect(enclave.count('sessions')).toBe(2));
    await until(chat, 'ready');
  });

  it('Send uses the session that was verified in advance', async () => {
    const { enclave, chat, send } = await setUp();
    chat.setVisible(true);
    await until(chat, 'ready');
    expect((await send()).result).toMatchObject({ state: 'complete' });
    expect(enclave.count('sessions')).toBe(1);
  });

  it('nothing is asked any more once it is hidden', async () => {
    const { enclave, chat } = await setUp();
    chat.setVisible(true);
    await until(chat, 'ready');
    chat.setVisible(false);
    await pass(enclave, 3_600_000);
    expect(enclave.count('sessions')).toBe(1);
  });

  it('a service that cannot be reached is tried again, ever more slowly, and not sooner than it asked', async () => {
    const { enclave, chat } = await setUp();
    enclave.intercept = () => new Response(null, { status: 503, headers: { 'retry-after': '10' } });
    chat.setVisible(true);
    await until(chat, 'unreachable');
    expect(chat.status).toMatchObject({ retryAt: enclave.clock.now() + 10_000 });
    await pass(enclave, 10_000);
    await vi.waitFor(() => expect(enclave.count('sessions')).toBe(2));
    await until(chat, 'unreachable');
    expect(chat.status).toMatchObject({ retryAt: enclave.clock.now() + 16_000 });
    enclave.intercept = null;
    await pass(enclave, 16_000);
    await until(chat, 'ready');
  });

  it('a refused token is not tried again by itself', async () => {
    const { enclave, chat } = await setUp();
    enclave.intercept = () => new Response(null, { status: 401 });
    chat.setVisible(true);
    await until(chat, 'unreachable');
    expect(chat.status).toMatchObject({ retryAt: null });
  });

  it('the next session is made when the last has ended', async () => {
    const { enclave, chat, send } = await setUp();
    enclave.headerChanges = { maxTurns: 1 };
    chat.setVisible(true);
    await until(chat, 'ready');
    await send();
    await vi.waitFor(() => expect(enclave.count('sessions')).toBe(2));
  });
});

describe('a chat request', () => {
  it('carries the whole history and only the settings that are given', () => {
    const messages = [
      { role: 'user' as const, content: 'Hi' },
      { role: 'assistant' as const, content: 'Hello' },
      { role: 'user' as const, content: 'Lone \ud83d' },
    ];
    expect(chatRequest({ model: 'm', messages })).toEqual({
      op: 'chat',
      mode: 'steady',
      body: { model: 'm', messages: [messages[0], messages[1], { role: 'user', content: 'Lone \ufffd' }] },
    });
    const all = chatRequest({
      model: 'm',
      messages: [],
      mode: 'block',
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 9,
      stop: ['.'],
      seed: 1,
    });
    expect(all).toEqual({
      op: 'chat',
      mode: 'block',
      body: { model: 'm', messages: [], temperature: 0.5, top_p: 0.9, max_tokens: 9, stop: ['.'], seed: 1 },
    });
  });
});
