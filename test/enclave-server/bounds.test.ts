/** Requests made to hurt: each is refused inside the seal, in as many records as any answer, before an engine sees it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../../enclave-server/demo-config.ts';
import type { ChatJob, Engine } from '../../enclave-server/engine/engine.ts';
import { readSchema } from '../../enclave-server/json-schema.ts';
import { CodedError } from '../../protocol/errors.ts';
import { parseJson } from '../../protocol/json.ts';
import {
  chat,
  demoEngine,
  demoModelPath,
  openSession,
  scriptedEngine,
  sendTurn,
  startEnclave,
  type TestEnclave,
  testConfig,
} from '../support/enclave.ts';

const tool = (name: string, parameters: object = { type: 'object' }) => {
  return { type: 'function', function: { name, parameters } };
};
const form = (schema: object) => {
  return { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } };
};
const said = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const deep = (depth: number): object =>
  depth === 0 ? { type: 'null' } : { type: 'array', items: deep(depth - 1) };
const wide = (count: number) => ({
  type: 'object',
  properties: Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, { type: 'null' }])),
});
const multiplied = () => {
  const level = (name: string) => {
    return { type: 'array', prefixItems: Array.from({ length: 60 }, () => ({ $ref: `#/$defs/${name}` })) };
  };
  return { $defs: { a: level('b'), b: level('c'), c: level('d'), d: { type: 'null' } }, $ref: '#/$defs/a' };
};
const endless = { $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } }, $ref: '#/$defs/a' };
const calls = (count: number, length: number) => [
  ...said('Hi').messages,
  {
    role: 'assistant',
    tool_calls: Array.from({ length: count }, (_, at) => {
      return { id: `c${at}`, type: 'function', function: { name: 'a', arguments: 'x'.repeat(length) } };
    }),
  },
];

describe('a request made to hurt', () => {
  let enclave: TestEnclave;
  let jobs = 0;
  const config = testConfig({
    wire: { tickMs: 20, recordBytes: 512, maxRecords: 128 },
    session: { maxRequestBytes: 8_388_608 },
    models: [{ ...demoModel, maxOutputTokens: 256 }],
  });
  beforeAll(async () => {
    const engine = scriptedEngine(async (_job, onText) => {
      jobs++;
      onText('Hello.');
      return { finish: 'stop', promptTokens: 1, completionTokens: 1 };
    });
    enclave = await startEnclave({ config, engine });
  });
  afterAll(async () => {
    const { client } = await openSession(enclave.url);
    expect((await sendTurn(enclave.url, client, chat('Hi'))).text).toBe('Hello.');
    await enclave.app.close();
  });

  it.concurrent.each([
    [
      'more messages than a chat may have',
      { messages: Array(1025).fill({ role: 'user', content: 'x' }) },
      'bad-request',
    ],
    [
      'a history that cannot fit',
      { messages: Array(1024).fill({ role: 'user', content: 'x'.repeat(33) }) },
      'too-long',
    ],
    ['a message of megabytes', said('word '.repeat(1_000_000)), 'too-long'],
    ['a word of megabytes', said('x'.repeat(5_000_000)), 'too-long'],
    ['more parts than a message may have', said(Array(65).fill({ type: 'text', text: 'x' })), 'bad-request'],
    ['more calls than an answer may have', { messages: calls(65, 1) }, 'bad-request'],
    ['a call that is too long', { messages: calls(1, 65_537) }, 'bad-request'],
    ['calls that cannot fit', { messages: calls(64, 60_000) }, 'too-long'],
    [
      'an image to be fetched',
      said([{ type: 'image_url', image_url: { url: 'http://169.254.169.254/' } }]),
      'bad-request',
    ],
    [
      'an image',
      said([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]),
      'bad-request',
    ],
    ['a sound', said([{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }]), 'bad-request'],
    ['a file', said([{ type: 'file', file: { file_id: '/etc/passwd' } }]), 'bad-request'],
    ['five stop texts', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'bad-request'],
    ['a long stop text', { stop: 'x'.repeat(65) }, 'bad-request'],
    ['two answers', { n: 2 }, 'parameter-refused'],
    ['more tokens than there are', { max_tokens: 1e9 }, 'bad-request'],
    ['65 tools', { tools: Array.from({ length: 65 }, (_, at) => tool(`t${at}`)) }, 'bad-request'],
    [
      'tools that cannot fit',
      {
        tools: Array.from({ length: 64 }, (_, at) =>
          tool(`t${at}`, { type: 'object', properties: { x: { enum: Array(200).fill('x'.repeat(60)) } } }),
        ),
      },
      'too-long',
    ],
    ['a tool with a deep schema', { tools: [tool('a', deep(17))] }, 'bad-request'],
    ['a deep schema', form(deep(17)), 'bad-request'],
    ['a wide schema', form(wide(256)), 'bad-request'],
    ['a long schema', form({ const: 'x'.repeat(17_000) }), 'bad-request'],
    ['a schema that multiplies', form(multiplied()), 'bad-request'],
    ['a schema without an end', form(endless), 'bad-request'],
    ['a schema from elsewhere', form({ $ref: 'http://169.254.169.254/' }), 'bad-request'],
    [
      'a schema that counts far',
      form({ type: 'array', items: { type: 'null' }, maxItems: 1e9 }),
      'bad-request',
    ],
    ['a pattern', form({ type: 'string', pattern: '(a+)+$' }), 'parameter-refused'],
  ] as const)('is refused: %s', async (_what, change, error) => {
    const { client } = await openSession(enclave.url);
    const { outcome, size } = await sendTurn(enclave.url, client, chat('Hi', change));
    expect(outcome).toMatchObject({ state: 'failed', error, session: 'kept' });
    expect(size).toBe(16 * 512);
    expect(jobs).toBe(0);
  });
});

describe.skipIf(process.platform !== 'linux')(
  'the worst schema that the bounds let through',
  { timeout: 120_000 },
  () => {
    let engine: Engine;
    const ends: string[] = [];
    beforeAll(async () => {
      engine = await demoEngine({
        models: [{ ...demoModel, path: demoModelPath }],
        onCrash: (how) => ends.push(how),
      });
    });
    afterAll(() => engine.stop());

    const counted = (depth: number): object =>
      depth === 0
        ? { type: 'string', minLength: 256, maxLength: 256 }
        : { type: 'array', items: counted(depth - 1), minItems: 256, maxItems: 256 };
    const optional = (depth: number): object => ({
      type: 'array',
      items: depth === 0 ? { type: 'string', maxLength: 256 } : optional(depth - 1),
      maxItems: 256,
    });
    const alternatives = (depth: number): object =>
      depth === 0 ? { type: 'string' } : { oneOf: [alternatives(depth - 1), alternatives(depth - 1)] };
    it.each([
      ['counts at every level', counted(15)],
      ['leaves open how often at every level', optional(15)],
      ['has many ways to say the same', alternatives(6)],
      ['has as many names as it may', wide(255)],
      [
        'has as many words as it may',
        { enum: Array.from({ length: 256 }, (_, at) => `word ${at} ${'x'.repeat(40)}`) },
      ],
      [
        'has lists of every kind',
        {
          type: 'array',
          prefixItems: Array.from({ length: 60 }, () => ({ type: ['string', 'number', 'null'] })),
        },
      ],
    ])('is made a grammar of, or refused, in time: one that %s', async (_what, raw) => {
      const schema = readSchema(parseJson(JSON.stringify(raw)), 'schema');
      const job: ChatJob = {
        ...{ session: 1, model: demoModel.id, maxTokens: 24, temperature: 0, topP: 1, stop: [], seed: 1 },
        messages: [{ role: 'user', content: 'Hello' }],
        format: { kind: 'schema', name: 'n', schema },
      };
      let text = '';
      const onText = (piece: string) => {
        text += piece;
      };
      const outcome = await engine.generate(job, onText, new AbortController().signal).then(
        ({ finish }) => finish,
        (error: unknown) => (error instanceof CodedError ? error.code : String(error)),
      );
      expect(['stop', 'length', 'WAX_ENGINE_FORMAT']).toContain(outcome);
      if (outcome !== 'WAX_ENGINE_FORMAT') expect(text.trim()).toMatch(/^["[{]/);
      // It was the grammar that ended, and not the process.
      expect(ends).toEqual([]);
    });
  },
);
