/**
 * The real llama-server as the engine beside the server. It takes most of an hour to build, so it is asked for:
 * LLAMA_SERVER names the program, built from the sources that node-llama-cpp carries.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../demo/service.ts';
import { demoModel } from '../../../enclave-server/demo-config.ts';
import type { ChatJob, Engine } from '../../../enclave-server/engine/engine.ts';
import { startOpenAiEngine } from '../../../enclave-server/engine/openai-engine.ts';
import { demoModelPath } from '../../support/enclave.ts';

const program = process.env.LLAMA_SERVER;
if (program === undefined) console.log('skipped: LLAMA_SERVER does not name a llama-server');

/** What docs/operators.md tells operators to start it with: nothing kept from one chat for another. */
const FLAGS = [
  '--parallel',
  '2',
  '--no-slots',
  '--no-webui',
  '--cache-ram',
  '0',
  '--slot-prompt-similarity',
  '0',
];

const job: ChatJob = {
  session: 1,
  model: demoModel.id,
  messages: [{ role: 'user', content: 'What is a Merkle tree?' }],
  maxTokens: 60,
  temperature: 0,
  topP: 1,
  stop: [],
  seed: 1,
};

describe.skipIf(program === undefined).each(['tcp', 'unix'] as const)(
  'llama-server over %s',
  { timeout: 180_000 },
  (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'waxseal-llama-'));
    let server: ChildProcess;
    let engine: Engine;
    let crashes = 0;

    beforeAll(async () => {
      const socket = join(folder, 'engine.sock');
      const port = String(await freePort());
      const where = kind === 'unix' ? ['--host', socket] : ['--host', '127.0.0.1', '--port', port];
      const model = [
        '--model',
        demoModelPath,
        '--alias',
        demoModel.id,
        '--ctx-size',
        '2048',
        '--threads',
        '1',
      ];
      const embeds = ['--embeddings', '--pooling', 'mean'];
      // Its kernels for AMX fault on some virtual machines; this leaves them out.
      const plain = ['--no-repack'];
      server = spawn(program ?? '', [...model, ...where, ...FLAGS, ...embeds, ...plain], {
        stdio: 'ignore',
        env: {},
      });
      engine = await startOpenAiEngine({
        endpoint: kind === 'unix' ? `unix:${socket}` : `http://127.0.0.1:${port}`,
        sequences: 2,
        models: [{ id: demoModel.id, embeddingTokens: 64 }],
        onCrash: () => crashes++,
      });
    });
    afterAll(async () => {
      await engine?.stop();
      server?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });

    async function answer(changes: Partial<ChatJob> = {}, signal = new AbortController().signal) {
      const pieces: string[] = [];
      const generation = await engine.generate(
        { ...job, ...changes },
        (piece) => void pieces.push(piece),
        signal,
      );
      return { text: pieces.join(''), pieces: pieces.length, ...generation };
    }

    it('answers in pieces, counts, and ends at limits and stop texts', async () => {
      const whole = await answer();
      expect(whole.text).toMatch(/tree of hashes/);
      expect(whole.pieces).toBeGreaterThan(3);
      expect(whole.promptTokens).toBeGreaterThan(5);
      expect(await answer({ maxTokens: 3 })).toMatchObject({ finish: 'length', completionTokens: 3 });
      expect((await answer({ stop: ['hashes'] })).text).not.toContain('hashes');
    });

    it('keeps to a schema, and does not pass text off as the call that must be made', async () => {
      const schema = {
        type: 'object',
        properties: { sure: { type: 'boolean' } },
        required: ['sure'],
        additionalProperties: false,
      };
      const { text } = await answer({ format: { kind: 'schema', name: 'sure', schema } });
      expect(JSON.parse(text)).toEqual({ sure: expect.any(Boolean) });
      const tools = [{ name: 'weather', description: 'of a city', parameters: schema }];
      // The template of the demo model knows no tools, and this engine then answers with text.
      await expect(answer({ tools, toolChoice: 'required' })).rejects.toThrow('WAX_ENGINE_FORMAT');
    });

    it('stops at an abort and is free for the next', async () => {
      const controller = new AbortController();
      const running = engine.generate(
        {
          ...job,
          temperature: 1.5,
          maxTokens: 900,
          messages: [{ role: 'user', content: 'Explain in detail' }],
        },
        () => controller.abort(),
        controller.signal,
      );
      expect((await running).finish).toBe('aborted');
      const [one, two] = await Promise.all([answer({ session: 2 }), answer({ session: 3 })]);
      expect(one.text).toBe(two.text);
    });

    it('refuses what does not fit, and makes vectors', async () => {
      const long = [{ role: 'user', content: 'word '.repeat(3000) }] as const;
      await expect(answer({ messages: long })).rejects.toThrow('WAX_ENGINE_TOO_LONG');
      const texts = { session: 1, model: demoModel.id, inputs: ['a tree', 'a nonce'] };
      const made = await engine.embed?.(texts, new AbortController().signal);
      expect(made?.vectors.map((vector) => Math.hypot(...vector))).toEqual([
        expect.closeTo(1),
        expect.closeTo(1),
      ]);
    });

    it('is told to be gone when it is killed in the midst of an answer', async () => {
      const running = engine.generate(
        { ...job, temperature: 1.5, maxTokens: 900 },
        () => void server.kill('SIGKILL'),
        new AbortController().signal,
      );
      await expect(running).rejects.toThrow('WAX_ENGINE_FAILED');
      await expect(answer()).rejects.toThrow('WAX_ENGINE_FAILED');
      expect(crashes).toBe(1);
    });
  },
);
