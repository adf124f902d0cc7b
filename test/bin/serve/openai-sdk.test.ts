/** The `openai` SDK, unchanged, against `waxseal chat --serve`: what it asks for, and every error it can meet. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vectorFromBase64 } from '../../../enclave-server/engine/vectors.ts';
import { type ServedWorld, startServedWorld, words } from '../../support/local-api.ts';
import { loadPeer } from '../../support/peers.ts';

type Message = { role: string; content: string | null; tool_calls?: unknown[] };
type Usage = { prompt_tokens: number; completion_tokens: number; total_tokens: number };
interface Completion {
  id: string;
  object: string;
  created: number;
  model: string;
  usage: Usage;
  choices: { index: number; finish_reason: string; message: Message }[];
}
interface Chunk {
  object: string;
  id: string;
  usage?: Usage | null;
  choices: {
    finish_reason: string | null;
    delta: { role?: string; content?: string; tool_calls?: unknown[] };
  }[];
}
interface ChunkStream extends AsyncIterable<Chunk> {
  controller: AbortController;
}
/** What this suite uses of the SDK. */
interface Client {
  chat: {
    completions: {
      create(
        body: object,
        options?: object,
      ): Promise<Completion> & {
        withResponse(): Promise<{ data: Completion; response: Response }>;
      };
    };
  };
  models: {
    list(): Promise<{ data: { id: string; object: string }[] }>;
    retrieve(id: string): Promise<{ id: string }>;
  };
  embeddings: {
    create(body: object): Promise<{ data: { index: number; embedding: number[] }[]; usage: object }>;
  };
}
interface Sdk {
  OpenAI: new (options: object) => Client;
}

const sdk = await loadPeer<Sdk>('openai');
const model = 'waxseal-demo';
const said = (content: string) => ({ model, messages: [{ role: 'user', content }] });
const schema = { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] };
const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

describe.skipIf(sdk === null)('the openai SDK at the local endpoint', { timeout: 60_000 }, () => {
  let served: ServedWorld;
  const clientOf = (options: object = {}): Client => {
    if (sdk === null) throw new Error('skipped');
    return new sdk.OpenAI({ baseURL: served.api.url, apiKey: 'any', maxRetries: 0, ...options });
  };
  let client: Client;
  const create = (body: object, options?: object) => client.chat.completions.create(body, options);
  const stream = async (body: object, options?: object) =>
    (await create({ ...body, stream: true }, options)) as unknown as ChunkStream;
  const failure = (running: PromiseLike<unknown>) =>
    Promise.resolve(running).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    );

  beforeAll(async () => {
    served = await startServedWorld();
    client = clientOf();
  });
  afterAll(() => served.close());

  it('gets a whole completion, and can see how it came about', async () => {
    const { data, response } = await create(said('hello')).withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      model,
      usage: { prompt_tokens: 5, completion_tokens: words.length, total_tokens: 5 + words.length },
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: words.join('') } }],
    });
    expect(Math.abs(data.created - Date.now() / 1000)).toBeLessThan(60);
    expect(response.headers.get('x-waxseal')).toBe('simulated');
    expect(response.headers.get('x-waxseal-service')).toBe(served.world.service);
  });

  it('gets a stream in chunks, and its usage only when it asks for that', async () => {
    const chunks: Chunk[] = [];
    const options = { stream_options: { include_usage: true } };
    for await (const chunk of await stream({ ...said('hello'), ...options })) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(words.join(''));
    expect(chunks.filter(({ choices }) => choices[0]?.delta.content).length).toBeGreaterThan(1);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: words.length } });
    for await (const chunk of await stream(said('hello'))) expect(chunk.usage).toBeUndefined();
  });

  it('hands settings on, and none that it did not set', async () => {
    await create({
      ...said('hello'),
      ...{ temperature: 0.5, top_p: 0.9, seed: 7, stop: ['x', 'y'], max_completion_tokens: 2 },
      // What libraries send although it asks for nothing.
      ...{ frequency_penalty: 0, logprobs: false, n: 1, user: null },
    });
    expect(served.jobs.at(-1)).toMatchObject({
      ...{ temperature: 0.5, topP: 0.9, seed: 7, stop: ['x', 'y'], maxTokens: 2 },
    });
  });

  it('is told when the limit of tokens ended the answer', async () => {
    const { choices } = await create({ ...said('hello'), max_tokens: 2 });
    expect(choices[0]?.finish_reason).toBe('length');
  });

  it('gets calls of tools, unexecuted, and sends back what came of them', async () => {
    const body = { ...said('weather?'), tools: [weather], tool_choice: 'required' };
    const { choices } = await create(body);
    const call = {
      id: expect.stringMatching(/^call_/),
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Oslo"}' },
    };
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: [call] } });
    const calls: unknown[] = [];
    let finish: string | null = null;
    for await (const { choices: some } of await stream(body)) {
      calls.push(...(some[0]?.delta.tool_calls ?? []));
      finish = some[0]?.finish_reason ?? finish;
    }
    expect(calls).toMatchObject([{ index: 0, ...call }]);
    expect(finish).toBe('tool_calls');
    const asked = choices[0]?.message;
    const [made] = (asked?.tool_calls ?? []) as { id: string }[];
    const result = { role: 'tool', tool_call_id: made?.id, content: 'sunny' };
    await create({ ...body, tool_choice: 'auto', messages: [...body.messages, asked, result] });
    expect(served.jobs.at(-1)?.messages.at(-1)).toEqual({ role: 'tool', content: 'sunny', callId: made?.id });
  });

  it('gets an answer in the form of its schema', async () => {
    const response_format = { type: 'json_schema', json_schema: { name: 'sure', strict: true, schema } };
    const { choices } = await create({ ...said('sure?'), response_format });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ sure: true });
    expect(served.jobs.at(-1)?.format).toMatchObject({ kind: 'schema', name: 'sure' });
    await create({ ...said('sure?'), response_format: { type: 'json_object' } });
    expect(served.jobs.at(-1)?.format).toEqual({ kind: 'json' });
  });

  it('finds the models of the service', async () => {
    expect((await client.models.list()).data).toMatchObject([{ id: model, object: 'model' }]);
    expect(await client.models.retrieve(model)).toMatchObject({ id: model });
    expect(await failure(client.models.retrieve('gpt-4o'))).toMatchObject({
      ...{ status: 404, code: 'model_not_found' },
    });
  });

  it.each([undefined, 'float', 'base64'])('gets vectors in the form %s, in order', async (encoding) => {
    const asked = { model, input: ['a', 'bcd'], ...(encoding && { encoding_format: encoding }) };
    const { data, usage } = await client.embeddings.create(asked);
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    expect(usage).toMatchObject({ prompt_tokens: 4, total_tokens: 4 });
    const vectors = data.map(({ embedding }) =>
      typeof embedding === 'string' ? Array.from(vectorFromBase64(embedding) ?? []) : embedding,
    );
    expect(vectors[0]?.[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(vectors[1]?.[1]).toBeCloseTo(3 / Math.sqrt(10), 6);
  });

  it.each([
    ['shorter vectors', { dimensions: 2 }, 'unsupported_parameter'],
    ['65 texts', { input: Array.from({ length: 65 }, () => 'a') }, 'invalid_value'],
    ['no text', { input: '' }, 'invalid_value'],
  ])('reads the error for %s', async (_what, change, code) => {
    const error = await failure(client.embeddings.create({ model, input: 'a', ...change }));
    expect(error).toMatchObject({ status: 400, code });
  });

  it('is told where a model makes no vectors', async () => {
    const plain = await startServedWorld({ embeds: false });
    const other = clientOf({ baseURL: plain.api.url });
    expect(await failure(other.embeddings.create({ model, input: 'a' }))).toMatchObject({
      ...{ status: 400, code: 'unsupported_parameter' },
    });
    await plain.close();
  });

  it('frees the engine when it aborts a stream, a completion, or what waits', async () => {
    const before = served.aborted();
    const running = await stream(said('forever'));
    for await (const { choices } of running) if (choices[0]?.delta.content) running.controller.abort();
    await expect.poll(served.aborted, { timeout: 20_000 }).toBe(before + 1);
    const controller = new AbortController();
    const jobs = served.jobs.length;
    const whole = failure(create(said('forever'), { signal: controller.signal }));
    await expect.poll(() => served.jobs.length, { timeout: 20_000 }).toBe(jobs + 1);
    controller.abort();
    expect(await whole).toMatchObject({ name: 'Error', message: 'Request was aborted.' });
    await expect.poll(served.aborted, { timeout: 20_000 }).toBe(before + 2);
    expect((await create(said('hello'))).choices[0]?.message.content).toBe(words.join(''));
  });

  it('stops waiting when its own time is over, and frees the engine', async () => {
    const before = served.aborted();
    const error = await failure(create(said('forever'), { timeout: 1_000 }));
    expect(error).toMatchObject({ message: 'Request timed out.' });
    await expect.poll(served.aborted, { timeout: 20_000 }).toBe(before + 1);
  });

  it.each([
    ['more than one answer', { n: 2 }, 400, 'unsupported_parameter', null],
    ['a field that would be dropped', { logit_bias: { 5: 100 } }, 400, 'unsupported_parameter', 'logit_bias'],
    ['a penalty', { frequency_penalty: 1 }, 400, 'unsupported_parameter', 'frequency_penalty'],
    ['a model that is not there', { model: 'gpt-4o' }, 404, 'model_not_found', 'model'],
    ['no messages', { messages: [] }, 400, 'invalid_value', null],
    [
      'an image',
      {
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }] },
        ],
      },
      400,
      'invalid_value',
      null,
    ],
    ['too hot', { temperature: 3 }, 400, 'invalid_value', null],
    ['five stop texts', { stop: ['a', 'b', 'c', 'd', 'e'] }, 400, 'invalid_value', null],
    [
      'a pattern in a schema',
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'a', schema: { type: 'string', pattern: '(a+)+$' } },
        },
      },
      400,
      'unsupported_parameter',
      null,
    ],
    ['a conversation that is too long', said('too long'), 400, 'context_length_exceeded', null],
    ['what the engine fails at', said('fail'), 500, 'engine_failed', null],
    ['what comes at a busy time', said('busy'), 429, 'rate_limit_exceeded', null],
  ] as const)('reads the error for %s', async (_what, change, status, code, param) => {
    for (const streamed of [false, true]) {
      const error = await failure(create({ ...said('hello'), ...change, stream: streamed }));
      expect(error).toMatchObject({ status, code, param });
      expect(String(error)).toContain('Waxseal: ');
      expect(JSON.stringify(error)).not.toContain('never-to-be-seen');
    }
  });

  it('throws in the midst of a stream that fails, with what came before', async () => {
    let text = '';
    const running = (async () => {
      for await (const { choices } of await stream(said('once and fail')))
        text += choices[0]?.delta.content ?? '';
    })();
    expect(await failure(running)).toMatchObject({ code: 'engine_failed' });
    expect(text).toBe('Once');
  });

  it('tries again when the service is busy, and not what has failed', async () => {
    const patient = clientOf({ maxRetries: 1 });
    const count = async (what: string) => {
      const before = served.jobs.length;
      await failure(patient.chat.completions.create(said(what)));
      return served.jobs.length - before;
    };
    expect(await count('busy')).toBe(2);
    expect(await count('fail')).toBe(1);
    expect(await count('too long')).toBe(1);
  });

  it('is answered side by side', async () => {
    const many = Array.from({ length: 12 }, (_, index) => create(said(`hello ${index}`)));
    for (const { choices } of await Promise.all(many))
      expect(choices[0]?.message.content).toBe(words.join(''));
  });

  it('is refused by our code, and sends nothing, once the release is revoked', async () => {
    const { log, release } = served.world;
    await log.revoke(release, { notBefore: Math.floor(Date.now() / 1000) * 1000 });
    await log.publish({ at: Date.now() });
    const fresh = await startAgain(served);
    const before = served.jobs.length;
    const error = await failure(
      clientOf({ baseURL: fresh.url }).chat.completions.create(said('private words')),
    );
    expect(error).toMatchObject({ status: 403, code: 'WAX_RELEASE_REVOKED', type: 'waxseal_error' });
    expect((error as { headers: Headers }).headers.get('x-waxseal')).toBe('not-sent');
    expect(await failure(clientOf({ baseURL: fresh.url }).models.list())).toMatchObject({ status: 403 });
    expect(served.jobs).toHaveLength(before);
    await fresh.close();
  });

  it('is told when the service cannot be reached', async () => {
    await served.world.close();
    const error = await failure(create(said('private words')));
    expect(error).toMatchObject({ status: 503, type: 'waxseal_error' });
    expect((error as { code: string }).code).toMatch(/^WAX_SERVICE_/);
  });
});

/** Another endpoint at the same service, which looks at the log anew. */
async function startAgain({ world, domainFile }: ServedWorld) {
  const { readClient } = await import('../../../bin/client.ts');
  const { startLocalApi } = await import('../../../bin/serve/local-api.ts');
  const { ChatSession } = await import('../../../extension/session/chat-session.ts');
  const client = await readClient(world.service, { domain: domainFile, 'allow-simulator': true });
  return startLocalApi({ open: () => new ChatSession(client), service: world.service, port: 0, keys: null });
}
