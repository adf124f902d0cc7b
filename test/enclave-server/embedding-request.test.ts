import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../../enclave-server/demo-config.ts';
import { embeddingList, parseEmbeddingRequest } from '../../enclave-server/embedding-request.ts';
import type { EmbeddingJob } from '../../enclave-server/engine/engine.ts';
import { engineError } from '../../enclave-server/engine/errors.ts';
import { unitVector, vectorFromBase64, vectorToBase64 } from '../../enclave-server/engine/vectors.ts';
import { TurnRefusal } from '../../enclave-server/refusal.ts';
import { parseJson } from '../../protocol/json.ts';
import type { TurnRequest } from '../../protocol/session/turn-request.ts';
import {
  openSession,
  scriptedEngine,
  sendTurn,
  startEnclave,
  type TestEnclave,
  testConfig,
} from '../support/enclave.ts';

const read = (body: object) => parseEmbeddingRequest(parseJson(JSON.stringify(body), { floats: true }));
function refusal(body: object): string {
  try {
    read(body);
  } catch (error) {
    if (error instanceof TurnRefusal) return error.error;
    throw error;
  }
  return 'none';
}

describe('parseEmbeddingRequest', () => {
  it('reads one text or several', () => {
    expect(read({ model: 'm', input: 'a' })).toEqual({ model: 'm', inputs: ['a'], encoding: 'float' });
    expect(read({ model: 'm', input: ['a', 'b'], encoding_format: 'base64', dimensions: null })).toEqual({
      ...{ model: 'm', inputs: ['a', 'b'], encoding: 'base64' },
    });
  });

  it.each([
    ['no text', { input: '' }, 'bad-request'],
    ['no texts', { input: [] }, 'bad-request'],
    ['65 texts', { input: Array.from({ length: 65 }, () => 'a') }, 'bad-request'],
    ['64 texts', { input: Array.from({ length: 64 }, () => 'a') }, 'none'],
    ['a text that is too long', { input: 'x'.repeat(65_537) }, 'bad-request'],
    ['tokens', { input: [1, 2, 3] }, 'bad-request'],
    ['another form', { input: 'a', encoding_format: 'hex' }, 'bad-request'],
    ['a length of its own', { input: 'a', dimensions: 8 }, 'parameter-refused'],
  ])('takes or refuses %s', (_what, body, error) => {
    expect(refusal({ model: 'm', ...body })).toBe(error);
  });
});

describe('vectors', () => {
  it('have length 1, but for zero', () => {
    expect(Math.hypot(...unitVector([1, 2, 3]))).toBeCloseTo(1, 6);
    expect(Array.from(unitVector([0, 0]))).toEqual([0, 0]);
  });

  it('survive base64 to the last bit, and only vectors do', () => {
    const finite = fc.float32Array({ minLength: 1, maxLength: 64, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(finite, (vector) => {
        expect(vectorFromBase64(vectorToBase64(vector))).toEqual(vector);
      }),
      { seed: 1 },
    );
    for (const wrong of [
      '',
      'AAAA',
      '****',
      'AACAfw==',
      vectorToBase64(new Float32Array(1)).replace('=', ''),
    ])
      expect(vectorFromBase64(wrong), wrong).toBeNull();
  });

  it('are listed in order, as numbers or in base64', () => {
    const vectors = [Float32Array.of(0.6, 0.8), Float32Array.of(1, 0)];
    const list = (encoding: 'float' | 'base64') =>
      JSON.parse(
        new TextDecoder().decode(embeddingList({ model: 'm', encoding }, { vectors, promptTokens: 3 })),
      );
    expect(list('float')).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [expect.closeTo(0.6), expect.closeTo(0.8)] },
        { object: 'embedding', index: 1, embedding: [1, 0] },
      ],
      model: 'm',
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    expect(Float32Array.from(list('float').data[0].embedding)).toEqual(vectors[0]);
    expect(vectorFromBase64(list('base64').data[0].embedding)).toEqual(vectors[0]);
  });
});

describe('embeddings inside the seal', () => {
  const config = testConfig({ models: [{ ...demoModel, embeddingTokens: 64 }], limits: { blockMs: 1_000 } });
  const jobs: EmbeddingJob[] = [];
  let fail: string | null = null;
  let enclave: TestEnclave;
  const engine = {
    ...scriptedEngine(),
    embed: async (job: EmbeddingJob, signal: AbortSignal) => {
      jobs.push(job);
      if (fail === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      if (fail !== null) throw engineError(fail === 'hang' ? 'WAX_ENGINE_FAILED' : 'WAX_ENGINE_TOO_LONG');
      return { vectors: job.inputs.map(() => Float32Array.of(1, 0)), promptTokens: 4 };
    },
  };
  const request = (body: { [key: string]: string | string[] } = {}): TurnRequest => {
    return { op: 'embeddings', mode: 'block', body: { model: 'waxseal-demo', input: ['a', 'b'], ...body } };
  };
  beforeAll(async () => {
    enclave = await startEnclave({ config, engine });
  });
  afterAll(() => enclave.app.close());
  const send = async (url: string, body?: { [key: string]: string | string[] }) =>
    sendTurn(url, (await openSession(url)).client, request(body));

  it('are made, padded to a bucket like any block, and counted', async () => {
    const { result, outcome, size } = await send(enclave.url);
    expect(result).toMatchObject({ object: 'list', data: [{ embedding: [1, 0] }, { index: 1 }] });
    expect(outcome).toMatchObject({
      state: 'complete',
      summary: { usage: { prompt_tokens: 4, completion_tokens: 0, total_tokens: 4 } },
    });
    expect(size).toBe(4 * 4096);
    expect(jobs.at(-1)).toEqual({ session: expect.any(Number), model: 'waxseal-demo', inputs: ['a', 'b'] });
  });

  it.each([
    ['too-long', 'too long'],
    ['engine-failed', 'hang'],
  ])('say %s when the engine does', async (error, how) => {
    fail = how;
    expect((await send(enclave.url)).outcome).toMatchObject({ state: 'failed', error, session: 'kept' });
    fail = null;
  });

  it('are refused by a model that makes none, and by an engine that cannot', async () => {
    const unable = await startEnclave({ config });
    const without = await startEnclave({ engine });
    for (const { url, app } of [unable, without]) {
      const { outcome, size } = await send(url);
      expect(outcome).toMatchObject({ state: 'failed', error: 'parameter-refused' });
      expect(size).toBe(4 * 4096);
      await app.close();
    }
    expect((await send(enclave.url, { model: 'another' })).outcome).toMatchObject({ error: 'model-unknown' });
  });
});
