/**
 * The enclave server as it is built, in a process of its own, beside the same engine that answers in the clear in
 * another: tokens a second and the first token, for one and for sixteen people at once; what that takes of processors;
 * sessions that it sets up; and what a session takes of memory. Both answer in turn, so that the load of the machine
 * falls on both. Sessions are opened before questions are sent, as clients do. The people are one process here, on the
 * same cores as server and engine: what they take, opening records among it, is taken from these.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { demoConfig } from '../../enclave-server/demo-config.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import { buildEnclaveBundle } from '../../scripts/build-enclave.ts';
import { processTree } from '../support/canary/processes.ts';
import { chat, openSession, postOffer, postTurn, sendTurn, service } from '../support/enclave.ts';
import { startEnclaveProcess } from '../support/enclave-process.ts';
import { buildScriptedBundle, bundleFolder } from '../support/scripted/bundle.ts';
import { type Ask, askInTheClear, askSealed, type Timing, tokenRate } from './enclave/people.ts';
import { memoryOf, processorOf, processorOfAll } from './enclave/processes.ts';
import { type BenchRow, median } from './measure.ts';

const QUESTION = 'Explain how Waxseal works in detail';
/** To the scripted engine: as fast as a model of some size is on a processor, which is slower than the demo's. */
const SLOW_QUESTION = 'say 100 20';
const PEOPLE = 16;
const demo = demoConfig(service);
const config = {
  ...demo,
  engine: { ...demo.engine, sequences: PEOPLE, recycleAfterSessions: 100_000, recycleIdleS: 86_400 },
  limits: { ...demo.limits, liveSessions: 100_000, pendingSessions: 100_000 },
};

interface Comparison {
  model: string;
  server: number;
  sealed: Ask;
  clear: Ask;
  clearServer: number;
  people: number;
  rounds: number;
}

/** What came of one way of asking: the answers of each round, and what they took of processors. */
class Answers {
  readonly rounds: Timing[][] = [];
  readonly #ask: Ask;
  readonly #server: number;
  #serverS = 0;
  #peopleS = 0;
  #othersS = 0;
  #lastedS = 0;

  constructor(ask: Ask, server: number) {
    this.#ask = ask;
    this.#server = server;
  }

  async round(people: number, counts: boolean): Promise<void> {
    const questions = await Promise.all(Array.from({ length: people }, this.#ask));
    const begun = performance.now();
    const before = this.#processor();
    const round = await Promise.all(questions.map((send) => send()));
    const after = this.#processor();
    if (!counts) return;
    this.rounds.push(round);
    this.#serverS += after.server - before.server;
    this.#peopleS += after.people - before.people;
    this.#othersS += after.others - before.others;
    this.#lastedS += (performance.now() - begun) / 1000;
  }

  #processor(): { server: number; people: number; others: number } {
    const [server, people] = [processorOf(this.#server), processorOf(process.pid)];
    const engines = processTree(this.#server).slice(1);
    const ours = engines.reduce((sum, id) => sum + processorOf(id), server + people);
    return { server, people, others: processorOfAll() - ours };
  }

  get first(): number {
    return median(this.rounds.flat().map(({ begun, pieces }) => (pieces[0]?.at ?? 0) - begun));
  }

  /** Milliseconds of processor for 1,000 tokens: of the server without its engine, and of the people. */
  get processor(): { server: number; people: number } {
    const tokens = this.rounds.flat().reduce((sum, timing) => sum + timing.tokens, 0);
    return { server: (1e6 * this.#serverS) / tokens, people: (1e6 * this.#peopleS) / tokens };
  }

  /** Cores that all else on the machine kept busy meanwhile. */
  get others(): number {
    return this.#othersS / this.#lastedS;
  }
}

async function compare(comparison: Comparison): Promise<BenchRow[]> {
  const { model, people, rounds } = comparison;
  const ours = new Answers(comparison.sealed, comparison.server);
  const theirs = new Answers(comparison.clear, comparison.clearServer);
  for (let round = -1; round < rounds; round++) {
    await ours.round(people, round >= 0);
    await theirs.round(people, round >= 0);
  }
  const who = `${model}, ${people === 1 ? 'one person' : `${people} people`}`;
  const [a, b] = [tokenRate(ours.rounds), tokenRate(theirs.rounds)];
  const [c, d] = [ours.first, theirs.first];
  const [e, f] = [ours.processor, theirs.processor];
  const processor = (whose: 'server' | 'people') => ({
    what: `processor for 1,000 tokens, ${whose === 'server' ? 'server without engine' : 'people'}, ${who}`,
    ours: `${e[whose].toFixed(0)} ms`,
    beside: `${f[whose].toFixed(0)} ms`,
    ratio: (e[whose] / f[whose]).toFixed(2),
    goal: '-',
  });
  return [
    {
      what: `tokens a second, ${who}, beside it in the clear`,
      ours: a.toFixed(0),
      beside: b.toFixed(0),
      ratio: (a / b).toFixed(3),
      goal: 'ratio >= 0.97',
    },
    {
      what: `first token, ${who}, beside it in the clear`,
      ours: `${c.toFixed(0)} ms`,
      beside: `${d.toFixed(0)} ms`,
      ratio: `+${(c - d).toFixed(0)} ms`,
      goal: `<= +${demo.wire.tickMs} ms`,
    },
    ...(people > 1 ? [processor('server'), processor('people')] : []),
    {
      what: `cores that others on this machine kept busy meanwhile, ${who}`,
      ours: ours.others.toFixed(2),
      beside: theirs.others.toFixed(2),
      ratio: '',
      goal: '0, or the above is worth little',
    },
  ];
}

/** Runs `work` so many times, a few at once. */
async function many(times: number, work: () => Promise<unknown>): Promise<void> {
  let left = times;
  const worker = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

async function setUps(): Promise<BenchRow[]> {
  const bundle = await buildScriptedBundle(bundleFolder('bench-scripted'));
  const server = await startEnclaveProcess(bundle, { config });
  const pid = server.child.pid ?? 0;
  try {
    const offer = async () => {
      const response = await postOffer(server.url, createOffer().body);
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`offer: ${response.status}`);
    };
    await many(500, offer);
    const offers = 4000;
    const [processor, memory, begun] = [processorOf(pid), memoryOf(pid), performance.now()];
    await many(offers, offer);
    const used = processorOf(pid) - processor;
    const seconds = (performance.now() - begun) / 1000;
    const waiting = (memoryOf(pid) - memory) / offers;
    const sessions = 1000;
    const turn = async () => {
      const { client } = await openSession(server.url);
      const { outcome } = await sendTurn(server.url, client, chat('Hi', {}, 'block'));
      if (outcome.state !== 'complete') throw new Error(outcome.state);
    };
    await many(200, turn);
    const before = memoryOf(pid);
    await many(sessions, turn);
    const live = (memoryOf(pid) - before) / sessions;
    const none = { beside: '', ratio: '' };
    return [
      {
        what: 'set-ups a second of one core’s time, the report among them',
        ours: (offers / used).toFixed(0),
        ...none,
        goal: '>= 300',
      },
      {
        what: 'set-ups a second here, beside their client',
        ours: (offers / seconds).toFixed(0),
        ...none,
        goal: '-',
      },
      { what: 'memory of a session that waits', ours: `${waiting.toFixed(1)} KiB`, ...none, goal: '-' },
      { what: 'memory of a live session after a turn', ours: `${live.toFixed(1)} KiB`, ...none, goal: '-' },
    ];
  } finally {
    await server.stop();
    rmSync(bundle, { recursive: true, force: true });
  }
}

/** How long it takes from when a reader leaves until the next one, who waits for the only place, reads a word. */
async function leaving(bundle: string): Promise<BenchRow[]> {
  const server = await startEnclaveProcess(bundle, {
    config: { ...config, engine: { ...config.engine, sequences: 1 } },
  });
  const times: number[] = [];
  try {
    while (times.length < 20) {
      const [stays, leaves] = [await openSession(server.url), await openSession(server.url)];
      const first = leaves.client.startTurn(chat(QUESTION));
      const reader = new AbortController();
      const response = await postTurn(server.url, first.path, first.body, reader.signal);
      const next = stays.client.startTurn(chat('What is 7 + 5?'));
      const waiting = await postTurn(server.url, next.path, next.body);
      const stream = response.body?.getReader();
      while (first.reply.authenticated < 2)
        first.reply.push((await stream?.read())?.value ?? new Uint8Array());
      reader.abort();
      const begun = performance.now();
      let heard = false;
      for await (const chunk of waiting.body ?? []) {
        if (!next.reply.push(chunk).some(({ kind }) => kind === 'text') || heard) continue;
        times.push(performance.now() - begun);
        heard = true;
      }
    }
  } finally {
    await server.stop();
  }
  const most = Math.max(...times);
  return [
    {
      what: 'a reader leaves: first token of the next, who waits (median, longest)',
      ours: `${median(times).toFixed(0)} ms, ${most.toFixed(0)} ms`,
      beside: '',
      ratio: '',
      goal: '<= 1000 ms',
    },
  ];
}

/** Runs the server and the same engine in the clear, and compares them. */
async function besideTheClear(
  bundle: string,
  script: string | null,
  what: { model: string; question: string; rounds: readonly [one: number, all: number] },
): Promise<BenchRow[]> {
  const server = await startEnclaveProcess(bundle, { config });
  const program = fileURLToPath(new URL('./enclave/clear-server.ts', import.meta.url));
  const args = ['--disable-warning=ExperimentalWarning', program, String(PEOPLE)];
  const clear = spawn(process.execPath, [...args, ...(script === null ? [] : [script])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [said] = await once(clear.stdout, 'data');
    const asks = {
      model: what.model,
      server: server.child.pid ?? 0,
      sealed: askSealed(server.url, what.question),
      clear: askInTheClear(String(said).trim(), what.question),
      clearServer: clear.pid ?? 0,
    };
    const [one, all] = what.rounds;
    return [
      ...(await compare({ ...asks, people: 1, rounds: one })),
      ...(await compare({ ...asks, people: PEOPLE, rounds: all })),
    ];
  } finally {
    clear.kill();
    await server.stop();
    rmSync(bundle, { recursive: true, force: true });
  }
}

export default async function bench(): Promise<BenchRow[]> {
  const real = await buildEnclaveBundle('development', bundleFolder('bench'));
  const scripted = await buildScriptedBundle(bundleFolder('bench-slow'));
  const script = fileURLToPath(new URL('../support/scripted/engine-child.ts', import.meta.url));
  return [
    ...(await leaving(real)),
    ...(await besideTheClear(real, null, { model: 'demo model', question: QUESTION, rounds: [20, 16] })),
    ...(await besideTheClear(scripted, script, {
      model: 'at most 50 tokens a second',
      question: SLOW_QUESTION,
      rounds: [8, 8],
    })),
    ...(await setUps()),
  ];
}
