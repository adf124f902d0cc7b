import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../../../enclave-server/demo-config.ts';
import type { ChatJob, Engine } from '../../../enclave-server/engine/engine.ts';
import { demoEngine } from '../../support/enclave.ts';

const job = (content: string, changes: Partial<ChatJob> = {}): ChatJob => ({
  session: 1,
  model: demoModel.id,
  messages: [{ role: 'user', content }],
  maxTokens: 300,
  temperature: 0,
  topP: 1,
  stop: [],
  seed: 1,
  ...changes,
});

async function answer(engine: Engine, chat: ChatJob, signal = new AbortController().signal) {
  let text = '';
  const generation = await engine.generate(
    chat,
    (piece) => {
      text += piece;
    },
    signal,
  );
  return { text, ...generation };
}

/** Process ids of the engine processes of this test run, the oldest first. */
function engineProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return (
          Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('child.ts')
        );
      } catch {
        return false;
      }
    })
    .map(Number)
    .sort((a, b) => a - b);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.skipIf(process.platform !== 'linux')('the llama engine', () => {
  let engine: Engine;
  let crashes = 0;
  let loaded = 0;
  beforeAll(async () => {
    engine = await demoEngine({ sequences: 3, onCrash: () => crashes++, onLoaded: () => loaded++ });
  });
  afterAll(() => engine.stop());

  it('answers with the demo model', async () => {
    const { text, finish, promptTokens, completionTokens } = await answer(
      engine,
      job('What is a Merkle tree?'),
    );
    expect(text).toMatch(/tree of hashes/);
    expect(finish).toBe('stop');
    expect(promptTokens).toBeGreaterThan(5);
    expect(completionTokens).toBeGreaterThan(5);
  });

  it('gives the same answer to the same question in a new session and in one with history', async () => {
    const first = await answer(engine, job('What is a nonce?', { session: 2 }));
    const again = await answer(engine, job('What is a nonce?', { session: 2 }));
    const other = await answer(engine, job('What is a nonce?', { session: 3 }));
    expect(again.text).toBe(first.text);
    expect(other.text).toBe(first.text);
  });

  it('keeps sessions apart: one does not know the name told in another', async () => {
    const told = { role: 'user', content: "I'm Nora" } as const;
    const asked = { role: 'user', content: 'What is my name?' } as const;
    const reply = { role: 'assistant', content: 'Nice to meet you, Nora!' } as const;
    const knows = await answer(engine, job('', { session: 4, messages: [told, reply, asked] }));
    const other = await answer(engine, job('', { session: 5, messages: [asked] }));
    expect(knows.text).toContain('Nora');
    expect(other.text).not.toContain('Nora');
  });

  it('reads the text of special tokens in a message as plain text', async () => {
    const plain = await answer(engine, job('a<|im_end|>b', { session: 6 }));
    // One special token would make the prompt shorter than its ten characters do.
    const marked = await answer(engine, job('a0123456789b', { session: 7 }));
    expect(plain.promptTokens).toBeGreaterThan(marked.promptTokens - 8);
    expect(plain.promptTokens).toBeGreaterThan(
      (await answer(engine, job('ab', { session: 8 }))).promptTokens + 3,
    );
  });

  it('refuses a prompt that does not fit, and does not cut it', async () => {
    await expect(answer(engine, job('word '.repeat(1100)))).rejects.toThrow('WAX_ENGINE_TOO_LONG');
  });

  it('ends at the limit, at the context and at a stop text, and says so', async () => {
    expect(await answer(engine, job('explain attestation', { maxTokens: 3 }))).toMatchObject({
      finish: 'length',
      completionTokens: 3,
    });
    const stopped = await answer(engine, job('What is a Merkle tree?', { stop: ['hashes'] }));
    expect(stopped).toMatchObject({ text: 'A Merkle tree is a tree of ', finish: 'stop' });
    const long = { role: 'user', content: 'hello '.repeat(480) } as const;
    const { promptTokens, completionTokens, finish } = await answer(
      engine,
      job('', {
        messages: [long, { role: 'assistant', content: 'so so '.repeat(100) }, long],
        temperature: 2,
      }),
    ).catch(() => ({ promptTokens: 1024, completionTokens: 0, finish: 'length' }));
    expect(promptTokens + completionTokens).toBeLessThanOrEqual(1024);
    expect(finish).toBeDefined();
  });

  it('keeps an answer to the form that was asked for', async () => {
    const schema = {
      type: 'object',
      properties: { kind: { enum: ['tree', 'list'] }, sure: { type: 'boolean' } },
      required: ['kind', 'sure'],
      additionalProperties: false,
    };
    const structured = await answer(
      engine,
      job('What is a Merkle tree?', { session: 21, format: { kind: 'schema', name: 'thing', schema } }),
    );
    expect(structured.finish).toBe('stop');
    expect(JSON.parse(structured.text)).toEqual({
      kind: expect.stringMatching(/^(tree|list)$/),
      sure: expect.any(Boolean),
    });
    const object = await answer(engine, job('Hello', { session: 22, format: { kind: 'json' } }));
    expect(object.text.trimStart().startsWith('{')).toBe(true);
  });

  it('makes the call that it must make, and returns it unexecuted', async () => {
    const parameters = {
      type: 'object',
      properties: { unit: { enum: ['celsius', 'kelvin'] } },
      required: ['unit'],
      additionalProperties: false,
    };
    const tools = [{ name: 'weather', description: '', parameters }];
    const { text, toolCalls } = await answer(
      engine,
      job('Hello', { session: 23, tools, toolChoice: 'required' }),
    );
    expect(text).toBe('');
    expect(toolCalls).toEqual([
      { name: 'weather', arguments: expect.stringMatching(/^{"unit":"(celsius|kelvin)"}$/) },
    ]);
  });

  it('stops soon after an abort, and is free again when it says so', async () => {
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController();
      const running = answer(
        engine,
        job('Explain how Waxseal works in detail', { session: 9 }),
        controller.signal,
      );
      setTimeout(() => controller.abort(), 15);
      expect((await running).completionTokens).toBeLessThan(150);
    }
    expect((await answer(engine, job('What is 7 + 5?', { session: 9 }))).text).toContain('7 plus 5');
  });

  it('says that it is busy when every place is taken, and takes the place of an idle session otherwise', async () => {
    const running = [10, 11, 12].map((session) => answer(engine, job('explain attestation', { session })));
    await expect(answer(engine, job('Hello', { session: 13 }))).rejects.toThrow('WAX_ENGINE_BUSY');
    await Promise.all(running);
    expect((await answer(engine, job('What is 7 + 5?', { session: 13 }))).text).toContain('7 plus 5');
  });

  it('gives the process nothing: no environment, no arguments, no streams', async () => {
    for (const pid of engineProcesses()) {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
      const names = environment.map((line) => line.split('=')[0] ?? '').sort();
      expect(names).toEqual(['GGML_NO_BACKTRACE', 'HOME']);
      const [, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
      expect(words).toEqual(['--disable-sigusr1', expect.stringMatching(/child\.ts$/)]);
      for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe('/dev/null');
    }
  });

  it('fails the jobs of a process that dies, and goes on with the one that waited', async () => {
    await until(() => loaded === 2);
    const [active = 0] = engineProcesses();
    const running = answer(engine, job('Explain how Waxseal works in detail', { session: 14 }));
    const failed = expect(running).rejects.toThrow('WAX_ENGINE_FAILED');
    process.kill(active, 'SIGABRT');
    await failed;
    expect(crashes).toBe(1);
    expect((await answer(engine, job('What is 7 + 5?', { session: 14 }))).text).toContain('7 plus 5');
    await until(() => loaded === 3);
  });
});

describe.skipIf(process.platform !== 'linux')('the llama engine with a model that makes vectors', () => {
  let engine: Engine;
  const embed = (inputs: string[], signal = new AbortController().signal) => {
    if (!engine.embed) throw new Error('no embeddings');
    return engine.embed({ session: 1, model: demoModel.id, inputs }, signal);
  };
  const similarity = (a: Float32Array | undefined, b: Float32Array | undefined) =>
    Array.from(a ?? []).reduce((sum, value, index) => sum + value * (b?.[index] ?? Number.NaN), 0);
  beforeAll(async () => {
    const path = new URL('../../../enclave-server/model/waxseal-demo.gguf', import.meta.url).pathname;
    engine = await demoEngine({ models: [{ ...demoModel, path, embeddingTokens: 64 }] });
  });
  afterAll(() => engine.stop());

  it('makes the same vector of the same text, whatever came before, and others of others', async () => {
    const { vectors, promptTokens } = await embed(['a Merkle tree', 'a nonce', 'a Merkle tree']);
    expect(similarity(vectors[0], vectors[0])).toBeCloseTo(1, 5);
    expect(similarity(vectors[0], vectors[2])).toBeCloseTo(1, 4);
    expect(similarity(vectors[0], vectors[1])).toBeLessThan(0.999);
    expect(promptTokens).toBeGreaterThan(5);
    const again = await embed(['a nonce']);
    expect(similarity(again.vectors[0], vectors[1])).toBeCloseTo(1, 4);
  });

  it('answers chats beside it, and refuses a text that does not fit', async () => {
    const [made, said] = await Promise.all([embed(['a', 'b']), answer(engine, job('What is 7 + 5?'))]);
    expect(made.vectors).toHaveLength(2);
    expect(said.text).toContain('7 plus 5');
    await expect(embed(['a', 'word '.repeat(100)])).rejects.toThrow('WAX_ENGINE_TOO_LONG');
  });

  it('stops between two texts on an abort', async () => {
    // So many that they cannot all be done before the word to stop arrives.
    const many = Array.from({ length: 64 }, (_, index) => `word ${index} `.repeat(8));
    await expect(embed(many, AbortSignal.abort())).rejects.toThrow('WAX_ENGINE_FAILED');
    expect((await embed(['a'])).vectors).toHaveLength(1);
  });
});

describe.skipIf(process.platform !== 'linux')('replacing engine processes', { timeout: 90_000 }, () => {
  it('gives every session a process of its own when told to recycle after one', async () => {
    let loaded = 0;
    const engine = await demoEngine({ recycleAfterSessions: 1, onLoaded: () => loaded++ });
    try {
      const served = new Set<number>();
      for (let session = 0; session < 3; session++) {
        await until(() => loaded === 2 + Math.max(0, session - 1));
        for (const pid of engineProcesses()) served.add(pid);
        await answer(engine, job('Hello', { session, maxTokens: 1 }));
      }
      await until(() => loaded === 4);
      for (const pid of engineProcesses()) served.add(pid);
      expect(served.size).toBe(4);
    } finally {
      await engine.stop();
    }
    expect(engineProcesses()).toEqual([]);
  });

  it('ends a process that has served something once it is idle', async () => {
    const engine = await demoEngine({ recycleIdleMs: 200 });
    try {
      const [active = 0] = engineProcesses();
      await answer(engine, job('Hello', { maxTokens: 1 }));
      await until(() => !engineProcesses().includes(active));
      expect((await answer(engine, job('What is 7 + 5?'))).text).toContain('7 plus 5');
    } finally {
      await engine.stop();
    }
  });

  it('does not start with a model that kills its process, and leaves none behind', async () => {
    expect(engineProcesses()).toEqual([]);
    const path = join(mkdtempSync(join(tmpdir(), 'waxseal-test-')), 'bad.gguf');
    const bytes = readFileSync(new URL('../../../enclave-server/model/waxseal-demo.gguf', import.meta.url));
    // A name of a required key is destroyed; the tensors stay.
    bytes.write('xxxxx', bytes.indexOf('llama.attention.head_count'));
    writeFileSync(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { id, contextTokens, template } = demoModel;
    const starting = demoEngine({ models: [{ id, contextTokens, template, path, sha256 }] });
    await expect(starting).rejects.toThrow('WAX_ENGINE_START');
    expect(engineProcesses()).toEqual([]);
  });

  it('refuses a model file that is not the pinned one before any process sees it', async () => {
    const { id, contextTokens, template } = demoModel;
    const path = new URL('../../../enclave-server/model/eval.json', import.meta.url).pathname;
    const models = [{ id, contextTokens, template, path, sha256: demoModel.sha256 }];
    await expect(demoEngine({ models })).rejects.toThrow('WAX_ENCLAVE_MODEL');
  });
});
