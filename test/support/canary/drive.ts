/**
 * Prompts with canaries in them, sent to a server in every way that a chat can go: answered, refused, broken off,
 * malformed before and inside the seal, and with an engine that fails in every way.
 * @module
 */
import { connect } from 'node:net';
import type { JsonValue } from '../../../protocol/json.ts';
import type { TurnRequest } from '../../../protocol/session/turn-request.ts';
import { chat, openSession, postOffer, postTurn, sendTurn } from '../enclave.ts';
import type { Canaries } from './canary.ts';

interface Target {
  /** Where sealed bytes go; what passes there may be kept, and must hold no canary. */
  sealed: string;
  /** Where canaries go in the clear, in malformed requests: not by way of whatever keeps bytes. */
  direct: string;
}

type Way = (target: Target, canary: string) => Promise<string>;

const outcomeOf = async (target: Target, request: TurnRequest): Promise<string> => {
  const { client } = await openSession(target.sealed);
  const { outcome } = await sendTurn(target.sealed, client, request);
  return outcome.state === 'failed' ? outcome.error : outcome.state;
};

const ask =
  (make: (canary: string) => TurnRequest): Way =>
  (target, canary) =>
    outcomeOf(target, make(canary));

const tool = (canary: string): JsonValue => ({
  type: 'function',
  function: {
    name: 'look',
    description: canary,
    parameters: { type: 'object', properties: { [canary]: {} } },
  },
});

/** Ways that any engine can go. */
const common: { [name: string]: Way } = {
  stream: ask((canary) => chat(canary)),
  block: ask((canary) => chat(canary, {}, 'block')),
  'two turns': async (target, canary) => {
    const { client } = await openSession(target.sealed);
    await sendTurn(target.sealed, client, chat(canary));
    return (await sendTurn(target.sealed, client, chat(`again ${canary}`))).outcome.state;
  },
  'system message': ask((canary) =>
    chat('x', {
      messages: [
        { role: 'system', content: canary },
        { role: 'user', content: canary },
      ],
    }),
  ),
  tools: ask((canary) => chat(canary, { tools: [tool(canary)] })),
  schema: ask((canary) =>
    chat(canary, {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'x', schema: { type: 'object', properties: { [canary]: { type: 'string' } } } },
      },
    }),
  ),
  stop: ask((canary) => chat(canary, { stop: [canary.slice(0, 60)] })),
  'unknown model': ask((canary) => chat('x', { model: canary })),
  'unknown parameter': ask((canary) => chat(canary, { [canary]: canary })),
  'bad value': ask((canary) => chat(canary, { temperature: canary })),
  'bad message': ask((canary) => chat('x', { messages: [{ role: canary, content: canary }] })),
  'bad tool': ask((canary) => chat('x', { tools: [canary] })),
  'bad schema': ask((canary) =>
    chat('x', {
      response_format: { type: 'json_schema', json_schema: { name: canary, schema: { $ref: canary } } },
    }),
  ),
  'image of another place': ask((canary) =>
    chat('x', {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image_url', image_url: { url: `http://127.0.0.1:9/${canary}` } }],
        },
      ],
    }),
  ),
  'not a request': ask((canary) => ({ op: canary, mode: 'block', body: canary }) as unknown as TurnRequest),
  'too long': ask((canary) => chat(`${canary} `.repeat(1500))),
  'left at once': async (target, canary) => {
    const { client } = await openSession(target.sealed);
    const { body, path } = client.startTurn(chat(canary));
    const reader = new AbortController();
    const response = await postTurn(target.sealed, path, body, reader.signal);
    reader.abort();
    await response.arrayBuffer().catch(() => {});
    return 'left';
  },
  'one bit flipped': async (target, canary) => {
    const { client } = await openSession(target.sealed);
    const { body, path } = client.startTurn(chat(canary));
    body[body.length - 20] = (body.at(-20) ?? 0) ^ 4;
    return String((await postTurn(target.sealed, path, body)).status);
  },
  'in the clear, as an offer': async ({ direct }, canary) =>
    String((await postOffer(direct, Buffer.from(canary.padEnd(64)))).status),
  'in the clear, as a token': async ({ direct }, canary) =>
    String(
      (await postOffer(direct, new Uint8Array(64), { authorization: `Bearer ${encodeURI(canary)}` })).status,
    ),
  'in the clear, as a turn': async ({ direct }, canary) =>
    String((await postTurn(direct, '/waxseal/v1/turns/00000000', Buffer.from(canary.padEnd(4148)))).status),
  'in the clear, as a path': async ({ direct }, canary) =>
    String(
      (
        await fetch(
          `${direct}/waxseal/v1/turns/${encodeURIComponent(canary)}?q=${encodeURIComponent(canary)}`,
        )
      ).status,
    ),
  'in the clear, as JSON': async ({ direct }, canary) => {
    const headers = { 'content-type': 'application/json', 'x-prompt': encodeURI(canary) };
    const body = JSON.stringify({ model: canary, messages: [{ role: 'user', content: canary }] });
    return String((await fetch(`${direct}/v1/chat/completions`, { method: 'POST', headers, body })).status);
  },
  'in the clear, not HTTP': ({ direct }, canary) =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(direct).port), '127.0.0.1');
      socket.on('error', () => {}).once('close', () => resolve('closed'));
      socket.resume().end(`${canary}\r\n${canary}: \0\r\n\r\n`);
    }),
};

/** Ways of the scripted engine alone (test/support/scripted/engine-child.ts). */
const scripted: { [name: string]: Way } = {
  'engine refuses: too long': ask((canary) => chat(`refuse too-long ${canary}`)),
  'engine refuses: busy': ask((canary) => chat(`refuse busy ${canary}`)),
  'engine refuses: format': ask((canary) => chat(`refuse format ${canary}`)),
  'engine aborts': ask((canary) => chat(`abort ${canary}`)),
  'engine exits': ask((canary) => chat(`exit ${canary}`)),
  'engine throws': ask((canary) => chat(`throw ${canary}`)),
  'engine sends garbage': ask((canary) => chat(`garbage ${canary}`)),
  'engine sends too much': ask((canary) => chat(`flood ${canary}`)),
  'left in the middle': async (target, canary) => {
    const { client } = await openSession(target.sealed);
    const { body, path, reply } = client.startTurn(chat(`silent ${canary}`));
    const reader = new AbortController();
    const response = await postTurn(target.sealed, path, body, reader.signal);
    const stream = response.body?.getReader();
    while (reply.authenticated < 3) reply.push((await stream?.read())?.value ?? new Uint8Array());
    reader.abort();
    return 'left';
  },
};

export interface Drive {
  target: Target;
  canaries: Canaries;
  prompts: number;
  /** Prompts under way at once. */
  atOnce: number;
  engine: 'scripted' | 'llama';
}

/** Sends so many prompts, each way as often as any other; gives how often each way ended how. */
export async function drive({
  target,
  canaries,
  prompts,
  atOnce,
  engine,
}: Drive): Promise<Map<string, number>> {
  // A crash of the engine fails everything that is under way in it, so those come seldom.
  const ways = Object.entries(engine === 'scripted' ? { ...common, ...scripted } : common);
  const tally = new Map<string, number>();
  let sent = 0;
  const work = async () => {
    while (sent < prompts) {
      const [name, way] = ways[sent++ % ways.length] ?? ['', async () => ''];
      const ended = await way(target, canaries.next()).catch((error: unknown) =>
        error instanceof Error ? error.message.replace(/\d+/g, 'N') : 'error',
      );
      const line = `${name} → ${ended}`;
      tally.set(line, (tally.get(line) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return tally;
}
