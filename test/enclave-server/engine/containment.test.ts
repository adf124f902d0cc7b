/** What may happen to an engine process, done to a real one: each time the server goes on with the one that waits. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { demoModel } from '../../../enclave-server/demo-config.ts';
import type { ChatJob, Engine } from '../../../enclave-server/engine/engine.ts';
import { EngineProcess } from '../../../enclave-server/engine/engine-process.ts';
import { holdModel } from '../../../enclave-server/engine/model-copy.ts';
import type { Schema } from '../../../enclave-server/json-schema.ts';
import { childScript, demoEngine, demoModelPath } from '../../support/enclave.ts';

const isLinux = process.platform === 'linux';
const hasPrlimit = isLinux && spawnSync('prlimit', ['--version']).status === 0;
if (isLinux && !hasPrlimit) console.log('skipped: no prlimit(1) to take memory from a process');
const patient = { timeout: 60_000 };

const job = (content: string, session = 1): ChatJob => ({
  session,
  model: demoModel.id,
  messages: [{ role: 'user', content }],
  maxTokens: 300,
  temperature: 0,
  topP: 1,
  stop: [],
  seed: 1,
});

/** Engine processes of this test run, the oldest first. */
function processes(): number[] {
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  const ours = pids.filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const ownChild = new RegExp(`^PPid:\\t${process.pid}$`, 'm').test(status);
      return ownChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine/child.ts');
    } catch {
      return false;
    }
  });
  return ours.map(Number).sort((a, b) => a - b);
}

async function answer(engine: Engine, chat: ChatJob, signal = new AbortController().signal): Promise<string> {
  let text = '';
  const onText = (piece: string) => {
    text += piece;
  };
  await engine.generate(chat, onText, signal);
  return text;
}

describe.skipIf(!isLinux)('an engine process', { timeout: 120_000 }, () => {
  let engine: Engine;
  let loaded = 0;
  const ends: string[] = [];

  beforeAll(async () => {
    engine = await demoEngine({ pingMs: 800, onCrash: (how) => ends.push(how), onLoaded: () => loaded++ });
  });
  // One that answers and one that waits: what has ended was replaced.
  beforeEach(() => expect.poll(() => loaded, patient).toBe(2 + ends.length));
  afterAll(() => engine.stop());

  /** Has a process answer something, and does something to it in the midst of that; the next one goes on. */
  async function interrupt(act: (pid: number) => void, how: 'crashed' | 'hung', then = ''): Promise<void> {
    const [active = 0] = processes();
    const before = ends.length;
    let begun = false;
    const running = engine.generate(
      { ...job('Explain how Waxseal works in detail'), temperature: 1.5 },
      () => {
        if (!begun) act(active);
        begun = true;
      },
      new AbortController().signal,
    );
    if (then === '') await expect(running).rejects.toThrow('WAX_ENGINE_FAILED');
    else {
      await running;
      await expect(answer(engine, job(then, 2))).rejects.toThrow('WAX_ENGINE_FAILED');
    }
    expect(ends.slice(before)).toEqual([how]);
    expect(processes()).not.toContain(active);
    expect(await answer(engine, job('What is 7 + 5?'))).toContain('7 plus 5');
  }

  it('that is killed fails its answers, and the one that waits takes over', async () => {
    await interrupt((pid) => process.kill(pid, 'SIGKILL'), 'crashed');
  });

  it('that stands still in the midst of an answer is found out, ended and replaced', async () => {
    await interrupt((pid) => process.kill(pid, 'SIGSTOP'), 'hung');
  });

  it.skipIf(!hasPrlimit)('that gets no more memory ends, and is replaced', async () => {
    await interrupt(
      (pid) => {
        const kib = Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
        execFileSync('prlimit', ['--pid', String(pid), `--as=${1024 * kib}`]);
      },
      'crashed',
      'x'.repeat(64 << 20),
    );
  });

  it('that stands still while it waits is replaced as well', async () => {
    const [active, standby = 0] = processes();
    const before = ends.length;
    process.kill(standby, 'SIGSTOP');
    await expect.poll(() => ends.slice(before), patient).toEqual(['hung']);
    expect(processes()).toContain(active);
    expect(processes()).not.toContain(standby);
  });

  it('that stands still does not keep an abort waiting', async () => {
    const [active = 0] = processes();
    const controller = new AbortController();
    const running = engine.generate(
      { ...job('Explain how Waxseal works in detail'), temperature: 1.5 },
      () => {
        process.kill(active, 'SIGSTOP');
        controller.abort();
      },
      controller.signal,
    );
    await expect(running).rejects.toThrow('WAX_ENGINE_FAILED');
    expect(await answer(engine, job('What is 7 + 5?'))).toContain('7 plus 5');
  });
});

describe.skipIf(!isLinux)('a grammar that takes too long', { timeout: 120_000 }, () => {
  it('ends its process at the limit of time, and not one that is quick', async () => {
    const copy = await holdModel(demoModelPath, demoModel.sha256);
    const { id, contextTokens, template } = demoModel;
    const models = [{ id, contextTokens, template, copy }];
    const engine = new EngineProcess({
      script: childScript,
      models,
      sequences: 2,
      threads: 1,
      compileMs: 3_000,
    });
    await engine.ready;
    const ask = (grammar: Schema) => {
      const { messages: _messages, ...rest } = job('Hello');
      const chat = { ...rest, messages: [{ role: 'user', content: 'Hello' }] as const, grammar };
      return engine.generate(chat, () => {}, new AbortController().signal);
    };
    await expect(ask({ type: 'boolean' })).resolves.toMatchObject({ finish: 'stop' });
    // Far beyond what a request may hold: what would come if the bounds on schemas had missed something.
    const choices = Array.from({ length: 600_000 }, (_, index) => ({ const: `choice ${index}` }));
    await expect(ask({ type: 'array', items: { oneOf: choices } })).rejects.toThrow('WAX_ENGINE_FAILED');
    await engine.ended;
    expect(engine.hung).toBe(true);
    await copy.close();
  });
});
