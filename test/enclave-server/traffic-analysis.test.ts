import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatJob } from '../../enclave-server/engine/engine.ts';
import { STEADY_COUNTS } from '../../protocol/session/sizes.ts';
import {
  chat,
  openSession,
  postTurn,
  scriptedEngine,
  startEnclave,
  type TestEnclave,
  testConfig,
} from '../support/enclave.ts';
import { findLeak, type Sample, seededRandom } from '../support/leak-statistics.ts';
import { type Capture, type Seen, startCapture } from '../support/wire-capture.ts';

const SLOW = process.env.SLOW === '1';
const COUNT = SLOW ? 240 : 60;
const MOST_TOKENS = SLOW ? 140 : 60;
const AT_ONCE = 3;
/** Which prompts and answers there are; another one gives others. */
const SEED = Number(process.env.SEED ?? 5);
/**
 * How often a run may cry wolf: the six looks at the sealed chats share it evenly (Bonferroni), so that each of
 * them calls a leak what chance does once in a thousand times. A run that does so is repeated with new captures:
 * chance does it twice in a row once in 27,000 runs, and a leak each time.
 */
const FALSE_ALARMS = 0.006;
const LOOKS = 6;
const wire = { tickMs: 20, recordBytes: 128, maxRecords: 128 };

type Kind = 'answer' | 'model-unknown' | 'engine-failed' | 'parameter-refused';
/** What one exchange is about; the same list goes over the sealed wire and over the plain one. */
interface Script {
  prompt: string;
  kind: Kind;
  waitMs: number;
  tokens: string[];
}

const random = seededRandom(SEED);
const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
const word = (length: number) => 'abcdefghijklmnopqrstuvwxyz'.slice(0, length);
const scripts: Script[] = Array.from({ length: COUNT }, (_, index) => ({
  prompt: `${index} ${word(between(1, 26)).repeat(between(1, 100))}`,
  kind: (['model-unknown', 'engine-failed', 'parameter-refused'] as const)[index % 15] ?? 'answer',
  waitMs: between(0, 60),
  tokens: Array.from({ length: between(1, MOST_TOKENS) }, () => ` ${word(between(1, 9))}`),
}));

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const TOKEN_MS = 5;

/** Waits, speaks or fails as the script has it; `step` takes the time of a token. */
async function speak(
  { waitMs, tokens, kind }: Script,
  onText: (text: string) => void,
  step: () => Promise<void>,
): Promise<void> {
  for (let waited = 0; waited < waitMs; waited += TOKEN_MS) await step();
  if (kind === 'engine-failed') throw new Error('out of memory');
  for (const token of tokens) {
    onText(token);
    await step();
  }
}

/**
 * Time as the reply has it: so many tokens, and then no more before the next record. An engine that has a clock of
 * its own says less between two records while the machine is busy, which can be seen in the gaps: how fast an
 * engine is, and so how much fits a number of records, is nothing that padding could hide.
 */
class Beat {
  #tokens = 0;
  #next = Promise.withResolvers<void>();

  readonly beat = (): void => {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  };

  readonly step = async (): Promise<void> => {
    if (++this.#tokens % (wire.tickMs / TOKEN_MS) === 0) await this.#next.promise;
  };
}

/** By prompt, for the exchanges under way. */
const beats = new Map<Script, Beat>();

async function generate({ messages }: ChatJob, onText: (text: string) => void) {
  const script = scripts[Number.parseInt(messages[0]?.content ?? '', 10)];
  const beat = script && beats.get(script);
  if (!beat) throw new Error('no such script');
  await speak(script, onText, beat.step);
  return { finish: 'stop' as const, promptTokens: 1, completionTokens: script.tokens.length };
}

let enclave: TestEnclave;
/** What chats look like elsewhere: each token an event, as soon as it is there. */
const plain = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const script = scripts[Number.parseInt(body, 10)];
  if (script?.kind === 'answer') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (content: string) =>
      response.write(`data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`);
    await speak(script, send, () => pause(TOKEN_MS));
    response.end('data: [DONE]\n\n');
  } else response.writeHead(400).end('{"error":{"message":"refused"}}');
});
beforeAll(async () => {
  const [model] = testConfig().models;
  const config = testConfig({ wire, models: [{ ...model, maxOutputTokens: 512 }] });
  enclave = await startEnclave({ config, engine: scriptedEngine(generate) });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  plain.close();
  await enclave.app.close();
});

/** Records of each sealed reply, and the number of the one in which its content ended. */
const recordsOf = new Map<Capture, { all: number; content: number }>();

/** The script's exchange with the sealed service, by way of a capture. */
async function sealed(script: Script): Promise<Capture> {
  const { prompt, kind } = script;
  const beat = new Beat();
  beats.set(script, beat);
  const capture = await startCapture(Number(new URL(enclave.url).port), beat.beat);
  const { client } = await openSession(enclave.url);
  const changes =
    kind === 'model-unknown' ? { model: 'other' } : kind === 'parameter-refused' ? { n: 2 } : {};
  const { body, path, reply } = client.startTurn(chat(prompt, changes));
  const response = await postTurn(capture.url, path, body);
  let content = 0;
  for await (const chunk of response.body ?? []) {
    for (let at = 0; at < chunk.length; at += wire.recordBytes) {
      reply.push(chunk.subarray(at, at + wire.recordBytes));
      if (reply.contentEnded && content === 0) content = reply.authenticated;
    }
  }
  const outcome = reply.close();
  recordsOf.set(capture, { all: reply.authenticated, content });
  const told = outcome.state === 'failed' ? outcome.error : outcome.state;
  expect(told).toBe(kind === 'answer' ? 'complete' : kind);
  capture.close();
  return capture;
}

async function inClear({ prompt }: Script): Promise<Capture> {
  const capture = await startCapture((plain.address() as AddressInfo).port);
  await (await fetch(capture.url, { method: 'POST', body: prompt })).text();
  capture.close();
  return capture;
}

/** All exchanges, a few at a time, in the order of the scripts, which has nothing to do with their lengths. */
async function captureAll(exchange: (script: Script) => Promise<Capture>): Promise<Capture[]> {
  const captures: Capture[] = [];
  const waiting = [...scripts.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      captures[next[0]] = await exchange(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return captures;
}

const total = (seen: Seen[]) => seen.reduce((sum, { bytes }) => sum + bytes, 0);
const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
const gapsOf = (seen: Seen[]) => seen.slice(1).map(({ at }, index) => at - (seen[index]?.at ?? 0));

/** What an observer can compute from a capture. */
function featuresOf({ up, down }: Capture): number[] {
  const gaps = gapsOf(down);
  const ordered = sorted(gaps);
  const quantile = (q: number) => ordered[Math.floor(q * (ordered.length - 1))] ?? 0;
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length);
  const first = down[0]?.at ?? 0;
  return [
    total(up),
    total(down),
    down.length,
    first - (up.at(-1)?.at ?? 0),
    (down.at(-1)?.at ?? 0) - first,
    mean,
    Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / Math.max(1, gaps.length)),
    ...[0, 0.1, 0.25, 0.5, 0.75, 0.9, 1].map(quantile),
    ...[0, 1, 2, 3].map((index) => gaps[index] ?? 0),
  ];
}

const answerBytes = ({ kind, tokens }: Script) => (kind === 'answer' ? tokens.join('').length : 0);
const secrets = { answer: answerBytes, prompt: ({ prompt }: Script) => prompt.length };

describe(`what ${COUNT} chats look like to somebody on the way`, () => {
  it('tells nothing of their lengths within a bucket, which the same chats in clear tell', {
    timeout: 180_000,
    retry: 1,
  }, async () => {
    const captures = await captureAll(sealed);
    const control = await captureAll(inClear);
    const buckets = captures.map(({ down }) => total(down));
    const samplesOf = (from: Capture[], secret: (script: Script) => number): Sample[] =>
      from.map((capture, index) => ({
        bucket: buckets[index] ?? 0,
        secret: secret(scripts[index] as Script),
        features: featuresOf(capture),
      }));

    // Sizes: one for all requests, and one for each permitted number of records.
    expect(new Set(captures.map(({ up }) => total(up))).size).toBe(1);
    const sizes = [...new Set(buckets)].sort((a, b) => a - b);
    const counts = new Set(captures.map((capture) => recordsOf.get(capture)?.all ?? 0));
    expect([...counts].filter((count) => !STEADY_COUNTS.includes(count))).toEqual([]);
    expect(sizes.length).toBe(counts.size);
    expect(new Set(control.map(({ down }) => total(down))).size).toBeGreaterThan(COUNT / 2);

    const leaks = {
      answer: findLeak(samplesOf(captures, secrets.answer)),
      prompt: findLeak(samplesOf(captures, secrets.prompt)),
      content: findLeak(
        samplesOf(captures, secrets.prompt).map((sample, index) => ({
          ...sample,
          secret: recordsOf.get(captures[index] as Capture)?.content ?? 0,
        })),
      ),
      control: findLeak(samplesOf(control, secrets.answer)),
      controlPrompt: findLeak(samplesOf(control, secrets.prompt)),
    };
    const gaps = sorted(captures.flatMap(({ down }) => gapsOf(down)));
    const at = (q: number) => gaps[Math.floor(q * (gaps.length - 1))]?.toFixed(1);
    const members = sizes.map((size) => buckets.filter((bucket) => bucket === size).length);
    console.log(
      `seed ${SEED}; sizes ${sizes} of ${members} chats; gap median ${at(0.5)} ms, 95 % ${at(0.95)} ms`,
    );
    console.table(leaks);

    for (const leak of [leaks.answer, leaks.content, leaks.prompt]) {
      expect(leak.correlationP).toBeGreaterThan(FALSE_ALARMS / LOOKS);
      expect(leak.accuracyP).toBeGreaterThan(FALSE_ALARMS / LOOKS);
    }
    // The same looks find it at once where there is something to find.
    expect(leaks.control.correlationP).toBeLessThan(FALSE_ALARMS / LOOKS);
    expect(leaks.control.accuracyP).toBeLessThan(FALSE_ALARMS / LOOKS);
    expect(leaks.controlPrompt.correlationP).toBeLessThan(FALSE_ALARMS / LOOKS);
  });
});
