/** A streamed answer, sealed and as OpenAI's events in the clear, from the same engine at the same speeds. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from '../../enclave-server/engine/engine.ts';
import { chat, openSession, postTurn, scriptedEngine, startEnclave, testConfig } from '../support/enclave.ts';
import { startCapture } from '../support/wire-capture.ts';
import type { BenchRow } from './measure.ts';

/** Tokens of seven bytes, as the demo model's are in the mean. */
const TOKEN = ' answer';
const SPEEDS = [
  { perSecond: 50, tokens: 150 },
  { perSecond: 800, tokens: 2000 },
];
const ROUNDS = 5;

interface Exchange {
  /** Milliseconds of each token, from the engine to the client. */
  delays: number[];
  /** From the request to the first token, and from there to the last. */
  first: number;
  took: number;
  bytes: number;
}

/** Says tokens at a speed, however late timers are, and notes when. */
function talker(perSecond: number, tokens: number) {
  const said: number[] = [];
  const generate: Engine['generate'] = async (_job, onText) => {
    said.length = 0;
    const begun = performance.now();
    while (said.length < tokens) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const due = Math.min(tokens, ((performance.now() - begun) * perSecond) / 1000);
      while (said.length < due) {
        said.push(performance.now());
        onText(TOKEN);
      }
    }
    return { finish: 'stop', promptTokens: 1, completionTokens: tokens };
  };
  return { generate, said };
}

/** Turns times at which text came into one exchange. */
function exchange(begun: number, said: number[], heard: number[], bytes: number): Exchange {
  const first = heard[0] ?? 0;
  return {
    delays: heard.map((at, index) => at - (said[index] ?? at)),
    first: first - begun,
    took: (heard.at(-1) ?? 0) - first,
    bytes,
  };
}

/** Notes a time for each token in a piece of text, which may hold parts of some. */
function listener() {
  const heard: number[] = [];
  let characters = 0;
  const hear = (text: string) => {
    characters += text.length;
    while (heard.length < Math.floor(characters / TOKEN.length)) heard.push(performance.now());
  };
  return { heard, hear };
}

async function sealed(url: string, said: number[]): Promise<Exchange> {
  const capture = await startCapture(Number(new URL(url).port));
  const { client } = await openSession(url);
  const { heard, hear } = listener();
  const begun = performance.now();
  const { body, path, reply } = client.startTurn(chat('Hi'));
  const response = await postTurn(capture.url, path, body);
  for await (const chunk of response.body ?? []) {
    for (const event of reply.push(chunk)) if (event.kind === 'text') hear(event.text);
  }
  if (reply.close().state !== 'complete') throw new Error('the answer was cut off');
  capture.close();
  return exchange(
    begun,
    said,
    heard,
    capture.down.reduce((sum, { bytes }) => sum + bytes, 0),
  );
}

async function inClear(port: number, said: number[]): Promise<Exchange> {
  const capture = await startCapture(port);
  const { heard, hear } = listener();
  const begun = performance.now();
  const response = await fetch(capture.url, { method: 'POST', body: '{}' });
  let held = '';
  for await (const chunk of response.body ?? []) {
    const lines = (held + Buffer.from(chunk).toString()).split('\n\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: {')) hear(JSON.parse(line.slice(6)).choices[0].delta.content ?? '');
    }
  }
  capture.close();
  return exchange(
    begun,
    said,
    heard,
    capture.down.reduce((sum, { bytes }) => sum + bytes, 0),
  );
}

/** The same engine behind the event stream that OpenAI's API has. */
async function plainService(generate: Engine['generate']) {
  const server = createServer(async (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const head = {
      id: 'chatcmpl-0123456789abcdefghijklmnopqrs',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'waxseal-demo',
    };
    const send = (delta: object, finish: string | null) =>
      response.write(
        `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
      );
    const job = {} as Parameters<Engine['generate']>[0];
    await generate(job, (content) => send({ content }, null), new AbortController().signal);
    send({}, 'stop');
    response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const ms = (value: number) => `${value.toFixed(1)} ms`;

async function atSpeed({ perSecond, tokens }: (typeof SPEEDS)[number]): Promise<BenchRow[]> {
  const { generate, said } = talker(perSecond, tokens);
  const config = testConfig();
  const enclave = await startEnclave({ config, engine: scriptedEngine(generate) });
  const plain = await plainService(generate);
  const all: [Exchange[], Exchange[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    all[0].push(await sealed(enclave.url, said));
    all[1].push(await inClear(plain.port, said));
  }
  plain.close();
  await enclave.app.close();
  const both = (figure: (one: Exchange) => number) =>
    all.map((list) => median(list.map(figure))) as [number, number];
  const row = (
    what: string,
    [a, b]: [number, number],
    show: (value: number) => string,
    goal: string,
  ): BenchRow => ({
    what: `${what}, at ${perSecond} tokens a second`,
    ours: show(a),
    beside: show(b),
    ratio: (a / b).toFixed(2),
    goal,
  });
  const { tickMs } = config.wire;
  return [
    row(
      'first token',
      both(({ first }) => first),
      ms,
      `+ ${tickMs} ms at most`,
    ),
    row(
      'a token’s way to the client',
      both(({ delays }) => median(delays)),
      ms,
      `+ ${tickMs} ms at most`,
    ),
    row(
      'tokens a second',
      both(({ took }) => (1000 * (tokens - 1)) / took),
      (value) => value.toFixed(1),
      'ratio >= 0.97',
    ),
    row(
      'bytes of the answer on the wire',
      both(({ bytes }) => bytes),
      (value) => `${value}`,
      '-',
    ),
    row(
      'bytes a second while it is given',
      both(({ bytes, took }) => (1000 * bytes) / took),
      (value) => `${Math.round(value)} /s`,
      '-',
    ),
  ];
}

export default async function bench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const speed of SPEEDS) rows.push(...(await atSpeed(speed)));
  return rows;
}
