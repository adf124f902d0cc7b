/**
 * The enclave server as it is built, in a process of its own, beside the same engine that answers in the clear in
 * another: tokens a second and the first token, for one and for sixteen people at once; sessions that it sets up; and
 * what a session takes of memory. Both answer in turn, so that the load of the machine falls on both.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { demoConfig } from '../../enclave-server/demo-config.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import { buildEnclaveBundle } from '../../scripts/build-enclave.ts';
import { chat, openSession, postOffer, postTurn, sendTurn, service } from '../support/enclave.ts';
import { startEnclaveProcess } from '../support/enclave-process.ts';
import { buildScriptedBundle, bundleFolder } from '../support/scripted/bundle.ts';
import type { BenchRow } from './measure.ts';

const QUESTION = 'Explain how Waxseal works in detail';
/** To the scripted engine: as fast as a model of some size is on a processor, which is slower than the demo's. */
const SLOW_QUESTION = 'say 200 20';
const PEOPLE = 16;
const demo = demoConfig(service);
const config = {
  ...demo,
  engine: { ...demo.engine, sequences: PEOPLE, recycleAfterSessions: 100_000, recycleIdleS: 86_400 },
  limits: { ...demo.limits, liveSessions: 100_000, pendingSessions: 100_000 },
};

/** One answer, in milliseconds from when the question was sent. */
interface Timing {
  first: number;
  last: number;
  tokens: number;
}

type Ask = () => Promise<Timing>;

function askSealed(url: string, question: string): Ask {
  return async () => {
    const { client } = await openSession(url);
    const { body, path, reply } = client.startTurn(chat(question));
    const begun = performance.now();
    const timing: Timing = { first: 0, last: 0, tokens: 0 };
    const response = await postTurn(url, path, body);
    for await (const chunk of response.body ?? []) {
      const said = reply.push(chunk).some(({ kind }) => kind === 'text');
      if (!said) continue;
      timing.last = performance.now() - begun;
      timing.first ||= timing.last;
    }
    const outcome = reply.close();
    if (outcome.state !== 'complete') throw new Error(`sealed: ${outcome.state}`);
    return { ...timing, tokens: outcome.summary.usage.completion_tokens };
  };
}

function askInTheClear(url: string, content: string): Ask {
  return async () => {
    const begun = performance.now();
    const timing: Timing = { first: 0, last: 0, tokens: 0 };
    const body = JSON.stringify({ content, temperature: 0, seed: 1 });
    const response = await fetch(url, { method: 'POST', body });
    let text = '';
    for await (const chunk of response.body ?? []) {
      const piece = Buffer.from(chunk).toString();
      text += piece;
      if (piece.startsWith('\0')) continue;
      timing.last = performance.now() - begun;
      timing.first ||= timing.last;
    }
    return { ...timing, tokens: Number(text.split('\0')[1]) };
  };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const atOnce = (ask: Ask, people: number) => Promise.all(Array.from({ length: people }, ask));

/** Tokens a second of all people together, between the first text and the last. */
function rate(timings: Timing[][]): number {
  const rates = timings.map((round) => {
    const first = Math.min(...round.map((timing) => timing.first));
    const last = Math.max(...round.map((timing) => timing.last));
    return (1000 * round.reduce((sum, { tokens }) => sum + tokens, 0)) / (last - first);
  });
  return median(rates);
}

interface Comparison {
  model: string;
  sealed: Ask;
  clear: Ask;
  people: number;
  rounds: number;
}

async function compare({ model, sealed, clear, people, rounds }: Comparison): Promise<BenchRow[]> {
  const [ours, theirs]: [Timing[][], Timing[][]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    const pair = [await atOnce(sealed, people), await atOnce(clear, people)] as const;
    if (round < 0) continue;
    ours.push(pair[0]);
    theirs.push(pair[1]);
  }
  const who = `${model}, ${people === 1 ? 'one person' : `${people} people`}`;
  const [a, b] = [rate(ours), rate(theirs)];
  const first = (timings: Timing[][]) => median(timings.flat().map((timing) => timing.first));
  const [c, d] = [first(ours), first(theirs)];
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
  ];
}

/** Seconds of processor that a process has used. */
function processorOf(pid: number): number {
  const [, times = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user = 0, system = 0] = times.split(' ').slice(11, 13).map(Number);
  return (user + system) / 100;
}

const memoryOf = (pid: number) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

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
      sealed: askSealed(server.url, what.question),
      clear: askInTheClear(String(said).trim(), what.question),
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
    ...(await besideTheClear(real, null, { model: 'demo model', question: QUESTION, rounds: [20, 6] })),
    ...(await besideTheClear(scripted, script, {
      model: 'at most 50 tokens a second',
      question: SLOW_QUESTION,
      rounds: [3, 3],
    })),
    ...(await setUps()),
  ];
}
