import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demoModel, demoModels } from '../../../enclave-server/demo-config.ts';
import type { ChatJob, Engine } from '../../../enclave-server/engine/engine.ts';
import { startOpenAiEngine } from '../../../enclave-server/engine/openai-engine.ts';
import { startEngine } from '../../../enclave-server/engine/start-engine.ts';
import { chat, openSession, sendTurn, startEnclave, testConfig } from '../../support/enclave.ts';
import { chunk, done, OpenAiServer, usageChunk } from '../../support/openai-server.ts';

const job: ChatJob = {
  session: 1,
  model: 'waxseal-demo',
  messages: [{ role: 'user', content: 'Hi' }],
  maxTokens: 9,
  temperature: 0.5,
  topP: 0.9,
  stop: ['x'],
  seed: 4,
};
const weather = { name: 'weather', description: 'of a city', parameters: { type: 'object', properties: {} } };
const patient = { timeout: 20_000 };

async function answer(engine: Engine, changes: Partial<ChatJob> = {}, signal = new AbortController().signal) {
  const said = { text: '', reasoning: '' };
  const generation = await engine.generate(
    { ...job, ...changes },
    (text, kind = 'text') => {
      said[kind] += text;
    },
    signal,
  );
  return { ...said, ...generation };
}

describe.each(['tcp', 'unix'] as const)('an engine with OpenAI’s API over %s', (kind) => {
  let server: OpenAiServer;
  let engine: Engine;
  let crashes = 0;
  const models = [{ id: 'waxseal-demo', embeddingTokens: 64 }];
  const start = (more: object = {}) =>
    startOpenAiEngine({
      endpoint: server.endpoint,
      sequences: 2,
      models,
      onCrash: () => crashes++,
      startMs: 1_000,
      ...more,
    });

  beforeEach(async () => {
    crashes = 0;
    server = await OpenAiServer.start(kind);
    engine = await start();
  });
  afterEach(async () => {
    await engine.stop();
    await server.close();
  });

  it('streams the text of an answer and counts what it took', async () => {
    expect(await answer(engine)).toEqual({
      ...{ text: 'Hello.', reasoning: '', finish: 'stop' },
      ...{ promptTokens: 7, completionTokens: 2 },
    });
  });

  it('asks for known fields only, and that nothing be kept for other sessions', async () => {
    await answer(engine, {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'weather', arguments: '{}' }] },
        { role: 'tool', content: 'sunny', callId: 'c' },
      ],
      tools: [weather],
      toolChoice: 'auto',
      format: { kind: 'schema', name: 'n', schema: { type: 'null' } },
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.body).toEqual({
      model: 'waxseal-demo',
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { role: 'tool', content: 'sunny', tool_call_id: 'c' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      seed: 4,
      stop: ['x'],
      tools: [{ type: 'function', function: weather }],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', schema: { type: 'null' }, strict: true },
      },
      cache_prompt: false,
    });
    expect(Object.keys(server.requests[0]?.headers ?? {}).sort()).toEqual([
      ...['connection', 'content-length', 'content-type', 'host'],
    ]);
  });

  it('narrows the tools to the one that is named, and leaves them out where none may be called', async () => {
    const tools = [weather, { ...weather, name: 'time' }];
    // It answers with text all the same, which is not what was asked for.
    await expect(answer(engine, { tools, toolChoice: { name: 'time' } })).rejects.toThrow(
      'WAX_ENGINE_FORMAT',
    );
    await answer(engine, { tools, toolChoice: 'none', format: { kind: 'json' } });
    expect(server.requests[0]?.body).toMatchObject({
      tools: [{ function: { name: 'time' } }],
      tool_choice: 'required',
    });
    expect(server.requests[1]?.body).not.toHaveProperty('tools');
    expect(server.requests[1]?.body.response_format).toEqual({ type: 'json_object' });
  });

  it('puts calls and characters together from whatever pieces they come in', async () => {
    const call = (index: number, name: string, piece: string) =>
      chunk({ tool_calls: [{ index, id: 'theirs', function: { name, arguments: piece } }] });
    const text = [
      ': a comment\r\n',
      chunk({ role: 'assistant', content: null, reasoning_content: 'Hm… ' }),
      call(0, 'weather', '{"ci'),
      call(0, '', 'ty":"Ålesund"}'),
      chunk({}, 'tool_calls', { usage: { prompt_tokens: 3, completion_tokens: 4 } }),
      done,
    ].join('');
    server.script = async (response) => {
      response.writeHead(200);
      for (const byte of Buffer.from(text)) {
        response.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    };
    expect(await answer(engine, { tools: [weather], toolChoice: 'required' })).toEqual({
      ...{ text: '', reasoning: 'Hm… ', finish: 'stop', promptTokens: 3, completionTokens: 4 },
      toolCalls: [{ name: 'weather', arguments: '{"city":"Ålesund"}' }],
    });
  });

  it.each([
    [429, {}, 'WAX_ENGINE_BUSY'],
    [503, { error: { code: 503, message: 'Loading model secret' } }, 'WAX_ENGINE_BUSY'],
    [400, { error: { type: 'exceed_context_size_error', message: 'secret' } }, 'WAX_ENGINE_TOO_LONG'],
    [400, { error: { code: 'context_length_exceeded' } }, 'WAX_ENGINE_TOO_LONG'],
    [400, { error: { type: 'invalid_request_error', message: 'secret' } }, 'WAX_ENGINE_FORMAT'],
    [400, 'secret', 'WAX_ENGINE_MESSAGE'],
    [500, { error: { message: 'secret' } }, 'WAX_ENGINE_FAILED'],
    [302, {}, 'WAX_ENGINE_FAILED'],
  ])('reads a refusal with %i %o as %s, and repeats no word of it', async (status, body, code) => {
    server.script = (response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(JSON.stringify(body));
    };
    const error = await answer(engine).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code });
    expect(`${error}`).not.toContain('secret');
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['ends in the midst', [chunk({ content: 'Hel' })], 'WAX_ENGINE_FAILED'],
    ['does not say what it took', [chunk({}, 'stop'), done], 'WAX_ENGINE_FAILED'],
    ['fails in the midst', ['data: {"error":{"message":"secret"}}\n\n'], 'WAX_ENGINE_FAILED'],
    ['is not JSON', ['data: secret\n\n'], 'WAX_ENGINE_MESSAGE'],
    ['has two choices', [`data: {"choices":[{"delta":{}},{"delta":{}}]}\n\n`], 'WAX_ENGINE_MESSAGE'],
    [
      'counts below zero',
      [`data: {"usage":{"prompt_tokens":-1,"completion_tokens":0}}\n\n`],
      'WAX_ENGINE_MESSAGE',
    ],
    [
      'calls what is not there',
      [chunk({ tool_calls: [{ function: { name: 'rm', arguments: '{}' } }] }), chunk({}, 'stop'), usageChunk],
      'WAX_ENGINE_MESSAGE',
    ],
    [
      'calls without an end',
      Array.from({ length: 70 }, () =>
        chunk({ tool_calls: [{ function: { name: '', arguments: 'x'.repeat(1_000) } }] }),
      ),
      'WAX_ENGINE_MESSAGE',
    ],
    ['has a line without an end', [`data: ${'x'.repeat(1_100_000)}`], 'WAX_ENGINE_MESSAGE'],
    [
      'is longer than any answer',
      Array.from({ length: 20 }, () => `: ${'x'.repeat(1_000_000)}\n`),
      'WAX_ENGINE_MESSAGE',
    ],
  ])('fails an answer that %s', async (_what, pieces, code) => {
    server.script = (response) => server.stream(response, pieces);
    const error = await answer(engine, { tools: [weather], toolChoice: 'auto' }).catch((cause) => cause);
    expect(error).toMatchObject({ code });
    expect(`${error}`).not.toContain('secret');
  });

  it('fails bytes that are not text', async () => {
    server.script = (response) => void response.writeHead(200).end(Buffer.from([0x64, 0xff, 0xfe]));
    await expect(answer(engine)).rejects.toThrow('WAX_ENGINE_MESSAGE');
  });

  it('hangs up on an abort, before and in the midst of an answer, and is free again', async () => {
    for (const begun of [false, true]) {
      server.script = (response) => {
        if (begun) response.writeHead(200).write(chunk({ content: 'more ' }));
      };
      const controller = new AbortController();
      const before = server.left;
      const asked = server.requests.length;
      const running = answer(engine, {}, controller.signal);
      await expect.poll(() => server.requests.length, patient).toBe(asked + 1);
      controller.abort();
      expect(await running).toMatchObject({ finish: 'aborted' });
      await expect.poll(() => server.left, patient).toBe(before + 1);
    }
    expect(crashes).toBe(0);
  });

  it('takes no more at a time than it is told', async () => {
    server.script = () => {};
    const controllers = [new AbortController(), new AbortController()];
    const running = controllers.map(({ signal }) => answer(engine, {}, signal));
    await expect.poll(() => server.requests.length, patient).toBe(2);
    await expect(answer(engine)).rejects.toThrow('WAX_ENGINE_BUSY');
    for (const controller of controllers) controller.abort();
    await Promise.all(running);
    server.script = (response) => server.stream(response, [chunk({}, 'length'), usageChunk, done]);
    expect(await answer(engine)).toMatchObject({ finish: 'length' });
  });

  it('makes vectors of length 1', async () => {
    server.script = (response, { body }) => {
      const data = (body.input as string[]).map((_, index) => ({ index, embedding: [3, 4 * (index + 1)] }));
      response.end(JSON.stringify({ data, usage: { prompt_tokens: 5 } }));
    };
    const texts = { session: 1, model: 'waxseal-demo', inputs: ['a', 'b'] };
    const made = await engine.embed?.(texts, new AbortController().signal);
    expect(made?.promptTokens).toBe(5);
    expect(Array.from(made?.vectors[0] ?? [])).toEqual([expect.closeTo(0.6), expect.closeTo(0.8)]);
    expect(server.requests[0]).toMatchObject({
      path: '/v1/embeddings',
      body: { model: 'waxseal-demo', input: ['a', 'b'], encoding_format: 'float' },
    });
    server.script = (response) =>
      void response.end(JSON.stringify({ data: [], usage: { prompt_tokens: 5 } }));
    await expect(engine.embed?.(texts, new AbortController().signal)).rejects.toThrow('WAX_ENGINE_MESSAGE');
  });

  it('says once that the engine is gone, and does not start without it or with other models', async () => {
    await server.close();
    for (let round = 0; round < 2; round++) await expect(answer(engine)).rejects.toThrow('WAX_ENGINE_FAILED');
    expect(crashes).toBe(1);
    await expect(start()).rejects.toThrow('WAX_ENGINE_START');
    const other = await OpenAiServer.start(kind);
    other.models = ['another'];
    await expect(start({ endpoint: other.endpoint, startMs: 60_000 })).rejects.toThrow('WAX_ENGINE_START');
    await other.close();
  });
});

describe('a server whose configuration names such an engine', () => {
  const { template: _template, ...model } = demoModel;
  const configOf = (endpoint: string, more: object = {}) =>
    testConfig({
      models: [{ ...model, template: null, embeddingTokens: 64, ...more }],
      engine: {
        kind: 'openai',
        endpoint,
        sequences: 2,
        threads: undefined,
        recycleAfterSessions: undefined,
        recycleIdleS: undefined,
      },
    });

  it('answers with it, inside the seal', async () => {
    const server = await OpenAiServer.start('unix');
    const config = configOf(server.endpoint);
    const engine = await startEngine(config, { models: demoModels, code: '', onCrash: () => {} });
    const enclave = await startEnclave({ config, engine });
    const { client, statement } = await openSession(enclave.url);
    expect(statement.engine).toBe('an engine in the same enclave, on a local socket');
    expect((await sendTurn(enclave.url, client, chat('Hi'))).text).toBe('Hello.');
    const { outcome } = await sendTurn(enclave.url, client, chat('Hi'));
    expect(outcome).toMatchObject({ state: 'complete', summary: { usage: { prompt_tokens: 7 } } });
    await enclave.app.close();
    await engine.stop();
    await server.close();
  });

  it('does not start with another model file than the one it names', async () => {
    const server = await OpenAiServer.start();
    const config = configOf(server.endpoint, { sha256: '0'.repeat(64) });
    const options = { models: demoModels, code: '', onCrash: () => {} };
    await expect(startEngine(config, options)).rejects.toThrow('WAX_ENCLAVE_MODEL');
    await server.close();
  });

  it.each([
    'http://engine.example:80',
    'http://localhost:8080',
    'http://10.0.0.1:8080',
    'http://169.254.169.254:80',
    'http://127.0.0.1.evil.example:80',
    'http://127.0.0.1:8080/v1',
    'http://user@127.0.0.1:8080',
    'https://127.0.0.1:8080',
    'unix:engine.sock',
    'http://127.0.0.1',
  ])('refuses %s, which is not certainly on this machine', (endpoint) => {
    expect(() => configOf(endpoint)).toThrow('WAX_ENCLAVE_CONFIG');
    expect(configOf('http://[::1]:8080').engine).toMatchObject({ endpoint: 'http://[::1]:8080' });
  });

  it('refuses a template that nobody would apply', () => {
    expect(() => configOf('unix:/run/engine.sock', { template: demoModel.template })).toThrow(
      'WAX_ENCLAVE_CONFIG',
    );
  });
});
