import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../enclave-server/engine/engine.ts';
import { engineError } from '../../../enclave-server/engine/errors.ts';
import {
  chat,
  openSession,
  postTurn,
  scriptedEngine,
  sendTurn,
  startEnclave,
  type TestEnclave,
  testConfig,
} from '../../support/enclave.ts';

type Generate = Engine['generate'];

const clock = { skew: 0, now: () => performance.now() + clock.skew };
const hello: Generate = async (_job, onText) => {
  onText('Hello.');
  return { finish: 'stop', promptTokens: 3, completionTokens: 2 };
};
/** Says one word and then nothing until it is told to stop. */
const endless: Generate = (_job, onText, signal) => {
  onText('Once');
  return new Promise((resolve) => {
    const stop = () => resolve({ finish: 'aborted', promptTokens: 1, completionTokens: 1 });
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });
};

let enclave: TestEnclave;
let generate: Generate = hello;
const signals: AbortSignal[] = [];
const engine = scriptedEngine((job, onText, signal) => {
  signals.push(signal);
  return generate(job, onText, signal);
});

const config = testConfig({
  wire: { tickMs: 20, recordBytes: 128, maxRecords: 64 },
  models: [{ ...testConfig().models[0], maxOutputTokens: 256 }].map(({ sha256, ...model }) => ({
    sha256,
    ...model,
  })),
  limits: { repliesUnderWay: 4, blockMs: 1000 },
  session: { maxTurns: 3 },
});

beforeAll(async () => {
  enclave = await startEnclave({ engine, config, now: clock.now });
});
afterAll(() => enclave.app.close());

async function refusalOf(response: Response) {
  const headers = Object.fromEntries(response.headers);
  delete headers.date;
  return {
    status: response.status,
    headers,
    body: Buffer.from(await response.arrayBuffer()).toString('hex'),
  };
}

const start = () => openSession(enclave.url);
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('a sealed turn', () => {
  it('is answered in a steady stream of equal records, and the next one continues the session', async () => {
    generate = hello;
    const { client } = await start();
    for (const turn of [0, 1, 2]) {
      const result = await sendTurn(enclave.url, client, chat('Hi'));
      expect(result, `turn ${turn}`).toMatchObject({
        status: 200,
        text: 'Hello.',
        size: 16 * 128,
        outcome: { state: 'complete', summary: { finish_reason: 'stop', usage: { total_tokens: 5 } } },
      });
    }
  });

  it('sends its first record before the engine has said anything', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    generate = async (job, onText, signal) => {
      await promise;
      return hello(job, onText, signal);
    };
    const { client } = await start();
    const { body, path, reply } = client.startTurn(chat('Hi'));
    const response = await postTurn(enclave.url, path, body);
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const reader = response.body?.getReader();
    while (reply.authenticated < 3) reply.push((await reader?.read())?.value ?? new Uint8Array());
    expect(reply.contentEnded).toBe(false);
    resolve();
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
      reply.push(read.value);
    expect(reply.close()).toMatchObject({ state: 'complete' });
  });

  it('is answered in one block when it asks for that', async () => {
    generate = hello;
    const { client } = await start();
    const { result, size } = await sendTurn(enclave.url, client, chat('Hi', {}, 'block'));
    expect(size).toBe(4 * 4096);
    expect(result).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
    });
  });

  it('lists the models', async () => {
    const { client } = await start();
    const { result, outcome } = await sendTurn(enclave.url, client, {
      op: 'models',
      mode: 'block',
      body: {},
    });
    expect(result).toMatchObject({ object: 'list', data: [{ id: 'waxseal-demo', object: 'model' }] });
    expect(outcome.state).toBe('complete');
  });

  it('rebuilds what the engine gets: known values, no more tokens than the model may give', async () => {
    const jobs: unknown[] = [];
    generate = (job, onText, signal) => {
      jobs.push(job);
      return hello(job, onText, signal);
    };
    const { client } = await start();
    await sendTurn(
      enclave.url,
      client,
      chat('Hi', { max_tokens: 100_000, seed: 5, top_p: 0.5, stop: ['x'] }),
    );
    expect(jobs).toEqual([
      {
        session: expect.any(Number),
        model: 'waxseal-demo',
        messages: [{ role: 'user', content: 'Hi' }],
        maxTokens: 256,
        temperature: 0,
        topP: 0.5,
        stop: ['x'],
        seed: 5,
        tools: [],
        toolChoice: 'none',
        format: null,
      },
    ]);
  });

  it('carries a call that the model wants made, streamed and in one block, and runs nothing', async () => {
    const toolCalls = [{ name: 'weather', arguments: '{"city":"Oslo"}' }];
    generate = async () => ({ finish: 'stop', promptTokens: 3, completionTokens: 2, toolCalls });
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
    const { client } = await start();
    const block = await sendTurn(enclave.url, client, chat('Hi', { tools }, 'block'));
    expect(block.result).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            tool_calls: [{ id: expect.stringMatching(/^call_/), type: 'function', function: toolCalls[0] }],
          },
        },
      ],
    });
    const { body, path, reply } = client.startTurn(chat('Hi', { tools }));
    const events = [];
    const response = await postTurn(enclave.url, path, body);
    for await (const chunk of response.body ?? []) events.push(...reply.push(chunk));
    expect(events.filter(({ kind }) => kind === 'tool-call')).toMatchObject([
      { call: { index: 0, id: expect.stringMatching(/^call_/), ...toolCalls[0] } },
    ]);
    expect(reply.close()).toMatchObject({ state: 'complete', summary: { finish_reason: 'tool_calls' } });
  });

  it('ends with reason "length" before the records run out, however much the engine says', async () => {
    generate = async (_job, onText, signal) => {
      let tokens = 0;
      while (!signal.aborted) {
        // More than the records hold, however slowly a busy machine comes round to it.
        onText('word '.repeat(20));
        tokens++;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return { finish: 'aborted', promptTokens: 1, completionTokens: tokens };
    };
    const { client } = await start();
    const { outcome, size, text } = await sendTurn(enclave.url, client, chat('Hi'));
    expect(outcome).toMatchObject({
      state: 'complete',
      summary: { finish_reason: 'length' },
      session: 'kept',
    });
    expect(size).toBeLessThanOrEqual(64 * 128);
    expect(text.length).toBeGreaterThan(1000);
  });

  it('ends in time when the engine says nothing, as failed', async () => {
    generate = (job, _onText, signal) => endless(job, () => {}, signal);
    const { client } = await start();
    const { outcome, size } = await sendTurn(enclave.url, client, chat('Hi'));
    expect(outcome).toMatchObject({ state: 'failed', error: 'engine-failed' });
    expect(size).toBe(64 * 128);
  });

  it('stops a block that takes too long', async () => {
    generate = endless;
    const { client } = await start();
    const { result } = await sendTurn(enclave.url, client, chat('Hi', {}, 'block'));
    expect(result).toMatchObject({ choices: [{ message: { content: 'Once' }, finish_reason: 'length' }] });
  });
});

describe('errors inside the seal', () => {
  it.each([
    ['busy', chat('Hi'), 'WAX_ENGINE_BUSY'],
    ['too-long', chat('Hi'), 'WAX_ENGINE_TOO_LONG'],
    ['engine-failed', chat('Hi'), 'WAX_ENGINE_FAILED'],
  ] as const)('says %s when the engine does, and keeps the session', async (error, request, code) => {
    generate = async () => {
      throw engineError(code, 'never-to-be-seen');
    };
    const { client } = await start();
    const { outcome, size } = await sendTurn(enclave.url, client, request);
    expect(outcome).toMatchObject({ state: 'failed', error, session: 'kept' });
    expect(size).toBe(16 * 128);
    generate = hello;
    expect((await sendTurn(enclave.url, client, chat('Hi'))).text).toBe('Hello.');
  });

  it.each([
    ['model-unknown', chat('Hi', { model: 'gpt-4' })],
    ['bad-request', chat('Hi', { messages: [] })],
    ['bad-request', chat('Hi', { tools: [] })],
    ['parameter-refused', chat('Hi', { n: 2 })],
    ['parameter-refused', { op: 'embeddings', mode: 'block', body: { model: 'waxseal-demo', input: 'x' } }],
  ] as const)('says %s for what was asked', async (error, request) => {
    generate = hello;
    const { client } = await start();
    const { outcome } = await sendTurn(enclave.url, client, request);
    expect(outcome).toMatchObject({ state: 'failed', error, session: 'kept' });
  });

  it('says busy when too many replies are under way', async () => {
    generate = endless;
    const controller = new AbortController();
    const before = signals.length;
    for (let index = 0; index < 4; index++) {
      const { client } = await start();
      const { body, path } = client.startTurn(chat('Hi'));
      await postTurn(enclave.url, path, body, controller.signal);
    }
    await until(() => signals.length === before + 4);
    const { client } = await start();
    const { outcome } = await sendTurn(enclave.url, client, chat('Hi'));
    expect(outcome).toMatchObject({ state: 'failed', error: 'busy', retryAfterS: 2 });
    controller.abort();
    await until(() => signals.slice(before).every((signal) => signal.aborted));
  });

  it('ends a reply under way with "session over" when the time of the session is over', async () => {
    generate = endless;
    const { client } = await start();
    const running = sendTurn(enclave.url, client, chat('Hi'));
    const before = signals.length;
    await until(() => signals.length > before);
    clock.skew += 1_800_000;
    const { outcome } = await running;
    expect(outcome).toMatchObject({ state: 'failed', error: 'session-over', session: 'dropped' });
  });
});

describe('a reader that goes away', () => {
  it('before END: the engine stops, and the session is gone', async () => {
    generate = endless;
    const { client } = await start();
    const { body, path, reply } = client.startTurn(chat('Hi'));
    const controller = new AbortController();
    const before = signals.length;
    const response = await postTurn(enclave.url, path, body, controller.signal);
    await until(() => signals.length > before);
    const signal = signals.at(-1);
    const released = engine.released.length;
    controller.abort();
    await until(() => signal?.aborted === true);
    await until(() => engine.released.length > released);
    expect(response.status).toBe(200);
    expect(reply.close()).toMatchObject({ state: 'cut-off', session: 'dropped' });
  });

  it('after END: the session goes on', async () => {
    generate = hello;
    const { client } = await start();
    const { body, path, reply } = client.startTurn(chat('Hi'));
    const controller = new AbortController();
    const response = await postTurn(enclave.url, path, body, controller.signal);
    const reader = response.body?.getReader();
    while (!reply.contentEnded) reply.push((await reader?.read())?.value ?? new Uint8Array());
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await sendTurn(enclave.url, client, chat('Hi again'))).text).toBe('Hello.');
  });
});

describe('what has not opened', () => {
  let usual: Awaited<ReturnType<typeof refusalOf>>;
  beforeAll(async () => {
    usual = await refusalOf(await postTurn(enclave.url, '/waxseal/v1/turns/00000000', new Uint8Array(5000)));
  });

  it('is refused with 400 and 32 zero bytes', () => {
    expect(usual).toMatchObject({ status: 400, body: '00'.repeat(32) });
    expect(usual.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '32',
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization, content-type',
      'cache-control': 'no-store, no-transform',
    });
  });

  it('looks the same whatever was wrong with it', async () => {
    generate = hello;
    const change = fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), bit: fc.constant(0) }),
      fc.record({
        kind: fc.constant('add' as const),
        at: fc.integer({ min: 1, max: 70_000 }),
        bit: fc.constant(0),
      }),
      fc.record({ kind: fc.constant('noise' as const), at: fc.nat(20_000), bit: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(change, async ({ kind, at, bit }) => {
        const { client } = await start();
        const { body, path } = client.startTurn(chat('Hi'));
        let bad = body.slice();
        if (kind === 'flip') bad[at % bad.length] = (bad[at % bad.length] ?? 0) ^ (1 << bit);
        else if (kind === 'cut') bad = bad.slice(0, at % bad.length);
        else if (kind === 'add') bad = new Uint8Array([...bad, ...new Uint8Array(at)]);
        else bad = crypto.getRandomValues(new Uint8Array(at));
        expect(await refusalOf(await postTurn(enclave.url, path, bad))).toEqual(usual);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('looks the same for other methods, types, paths and sizes', async () => {
    const { client } = await start();
    const { body, path } = client.startTurn(chat('Hi'));
    const url = enclave.url + path;
    const binary = { 'content-type': 'application/octet-stream' };
    const responses = [
      await fetch(url),
      await fetch(url, { method: 'PUT', headers: binary, body }),
      await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
      await fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' }),
      await fetch(url, { method: 'POST' }),
      await fetch(`${enclave.url}/waxseal/v1/turns/${path.slice(-8).toUpperCase()}x`, {
        method: 'POST',
        headers: binary,
        body,
      }),
      await fetch(`${enclave.url}/waxseal/v1/turns/`, { method: 'POST', headers: binary, body }),
      await fetch(`${url}/more`, { method: 'POST', headers: binary, body }),
      await fetch(`${enclave.url}/waxseal/v1/turns/%zz`, { method: 'POST', headers: binary, body }),
    ];
    for (const response of responses) expect(await refusalOf(response), response.url).toEqual(usual);
    const large = await refusalOf(await postTurn(enclave.url, path, new Uint8Array(1_100_000)));
    expect(large).toMatchObject({ status: 400, body: usual.body });
    // None of them has taken the session.
    expect((await postTurn(enclave.url, path, body)).status).toBe(200);
  });

  it('does not take the session while its length is wrong, and burns it otherwise', async () => {
    generate = hello;
    const { client } = await start();
    const { body, path } = client.startTurn(chat('Hi'));
    expect((await postTurn(enclave.url, path, body.slice(0, -1))).status).toBe(400);
    const flipped = body.slice();
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
    expect((await postTurn(enclave.url, path, flipped)).status).toBe(400);
    expect((await postTurn(enclave.url, path, body)).status).toBe(400);
  });

  it('is a first turn sent twice: one is answered, at once or after it', async () => {
    generate = hello;
    const { client } = await start();
    const { body, path } = client.startTurn(chat('Hi'));
    const twins = await Promise.all([1, 2, 3].map(() => postTurn(enclave.url, path, body)));
    expect(twins.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    await Promise.all(twins.map((response) => response.arrayBuffer()));
    expect((await postTurn(enclave.url, path, body)).status).toBe(400);
  });

  it('is a turn out of order, which ends the session', async () => {
    generate = hello;
    const { client } = await start();
    await sendTurn(enclave.url, client, chat('Hi'));
    const skipped = client.startTurn(chat('one'));
    skipped.reply.push(new Uint8Array());
    const body = skipped.body.slice();
    body[27] = 2;
    expect((await postTurn(enclave.url, skipped.path, body)).status).toBe(400);
    expect((await postTurn(enclave.url, skipped.path, skipped.body)).status).toBe(400);
  });

  it('is a turn before the end of the last one, which ends the session', async () => {
    generate = endless;
    const { client } = await start();
    const first = client.startTurn(chat('Hi'));
    const response = await postTurn(enclave.url, first.path, first.body);
    const early = first.body.slice();
    early[27] = 1;
    const next = new Uint8Array([...early.slice(0, 28), ...early.slice(28 + 1120)]);
    expect((await postTurn(enclave.url, first.path, next)).status).toBe(400);
    // The keys are gone: the reply under way is cut off.
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it('is a turn after the last allowed one', async () => {
    generate = hello;
    const { client, answer } = await start();
    for (let turn = 0; turn < 3; turn++) await sendTurn(enclave.url, client, chat('Hi'));
    expect(answer.header.maxTurns).toBe(3);
    expect(client.problem).toBe('ended');
  });

  it('is a first turn after the time of the offer', async () => {
    const { client } = await start();
    const { body, path } = client.startTurn(chat('Hi'));
    clock.skew += 300_000;
    expect((await postTurn(enclave.url, path, body)).status).toBe(400);
  });

  it('is a second turn after ten idle minutes', async () => {
    generate = hello;
    const { client } = await start();
    await sendTurn(enclave.url, client, chat('Hi'));
    const { body, path } = client.startTurn(chat('Hi'));
    clock.skew += 600_000;
    expect((await postTurn(enclave.url, path, body)).status).toBe(400);
  });
});
