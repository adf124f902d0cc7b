/** Whole chats with the real server through the real relay, with a tap before and behind it. */
import { type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRelay } from '../../relay/app.ts';
import { type ApprovedEnclave, startApprovedEnclave, wire } from '../support/approved-enclave.ts';
import { scriptedEngine, startEnclave } from '../support/enclave.ts';
import { type HostileProxy, startHostileProxy } from '../support/hostile-proxy.ts';
import { startWireTap, type WireTap } from '../support/wire-tap.ts';

const home = '127.0.0.7';
const prompt = 'Quillon owes me 4711 thalers';
const secret = 'He will pay on Thursday';
const host = 'enclave.example';

let enclave: ApprovedEnclave;
let relay: Server;
let before: WireTap;
let behind: WireTap;
const asked: string[] = [];

const portOf = (server: Server) => (server.address() as AddressInfo).port;
async function startRelay(url: string): Promise<Server> {
  const server = createRelay({ services: new Map([[host, new URL(url)]]) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
beforeAll(async () => {
  enclave = await startApprovedEnclave(
    scriptedEngine(async ({ messages }, onText) => {
      asked.push(messages.at(-1)?.content ?? '');
      onText(`${secret}.`);
      return { finish: 'stop', promptTokens: 1, completionTokens: 1 };
    }),
  );
  behind = await startWireTap(Number(new URL(enclave.url).port));
  relay = await startRelay(behind.url);
  before = await startWireTap(portOf(relay));
});
afterAll(async () => {
  relay.close();
  relay.closeAllConnections();
  await Promise.all([before.close(), behind.close(), enclave.close()]);
});
afterEach(() => {
  for (const tap of [before, behind]) for (const part of [tap.addresses, tap.up, tap.down]) part.splice(0);
});

/** `fetch` from an address of its own, which says what browsers say. */
const fromHome: typeof fetch = (input, { body, headers, signal } = {}) =>
  new Promise((resolve, reject) => {
    const telling = {
      'user-agent': 'Mozilla/5.0 (of one person)',
      'accept-language': 'rm, de-CH;q=0.7',
      cookie: 'id=personal',
      origin: 'chrome-extension://abcdefgh',
      referer: 'https://chat.example/secret-room',
      'x-forwarded-for': home,
    };
    const all = { ...telling, ...(headers as object), 'content-length': String((body as Uint8Array).length) };
    const options = { method: 'POST', localAddress: home, headers: all, ...(signal && { signal }) };
    const sent = request(String(input), options, (got: IncomingMessage) =>
      resolve(new Response(Readable.toWeb(got) as ReadableStream, { status: got.statusCode ?? 500 })),
    );
    sent.on('error', reject);
    sent.end(body);
  });

const whole = { sent: true, state: 'complete', session: 'kept' };
const all = ({ up, down }: WireTap) => Buffer.concat([...up, ...down]).toString('latin1');
/** What would lead to the person, in any of what they said. */
const traces = [
  home,
  'Mozilla',
  'rm, de-CH',
  'personal',
  'abcdefgh',
  'secret-room',
  'x-forwarded',
  'forwarded',
];

describe('a sealed chat through a relay', () => {
  it('is whole, with the relay’s address for the person’s and nothing that leads to them', async () => {
    const chat = enclave.chat('', {}, { fetch: fromHome, relay: before.url });
    expect(await chat.send(prompt)).toMatchObject({ result: whole, text: `${secret}.` });
    expect(await chat.send('And then?')).toMatchObject({ result: whole });
    chat.close();
    expect(asked).toContain(prompt);
    // The control: all of it did arrive at the relay.
    expect(new Set(before.addresses)).toEqual(new Set([home]));
    for (const trace of traces) expect(all(before).includes(trace), trace).toBe(true);
    expect(new Set(behind.addresses)).toEqual(new Set(['127.0.0.1']));
    for (const trace of traces) expect(all(behind).includes(trace), trace).toBe(false);
  });

  it('is ciphertext to the relay, on both of its sides', async () => {
    const chat = enclave.chat('', {}, { fetch: fromHome, relay: before.url });
    expect(await chat.send(prompt)).toMatchObject({ result: whole });
    chat.close();
    for (const tap of [before, behind]) {
      expect(all(tap)).toContain('WXSQ');
      for (const words of ['Quillon', 'thalers', 'Thursday', '"messages"'])
        expect(all(tap).includes(words), words).toBe(false);
    }
  });

  it('shows the person’s address and browser without a relay', async () => {
    const chat = enclave.chat(
      '',
      {},
      { fetch: (input, init) => fromHome(String(input).replace(`https://${host}`, behind.url), init) },
    );
    expect(await chat.send(prompt)).toMatchObject({ result: whole });
    chat.close();
    expect(new Set(behind.addresses)).toEqual(new Set([home]));
    for (const trace of traces) expect(all(behind).includes(trace), trace).toBe(true);
  });
});

describe('a hostile relay', () => {
  let hostile: HostileProxy;
  const through = () => enclave.chat('', { firstRecord: 2_000, stall: 2_000 }, { relay: hostile.url });
  beforeAll(async () => {
    // It has an honest relay behind it, so that it can be hostile at one point at a time.
    hostile = await startHostileProxy(portOf(relay), wire.recordBytes);
  });
  afterEach(() => {
    hostile.tamper = {};
  });
  afterAll(() => hostile.close());

  const unreachable = (code: string, sent: boolean) => ({
    sent,
    state: 'unreachable',
    failure: { error: { code } },
  });
  const isTurn = (path: string) => path.includes('/turns/');
  const answered =
    (which: (path: string) => boolean, status: number, headers: { [name: string]: string } = {}) =>
    (): HostileProxy['tamper'] => ({
      respond(path, _body, response) {
        if (!which(path)) return false;
        response.writeHead(status, headers).end(status === 204 ? undefined : 'Trust me.');
        return true;
      },
    });
  const flip = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };
  const isAny = () => true;
  const elsewhere = { location: 'http://127.0.0.1:9/elsewhere' };

  it.each<[string, () => HostileProxy['tamper'], object]>([
    [
      'sends an offer elsewhere',
      answered(isAny, 307, elsewhere),
      unreachable('WAX_SERVICE_UNREACHABLE', false),
    ],
    [
      'sends a turn elsewhere',
      answered(isTurn, 308, elsewhere),
      unreachable('WAX_SERVICE_UNREACHABLE', true),
    ],
    ['answers 502 with words', answered(isAny, 502), unreachable('WAX_SERVICE_STATUS', false)],
    ['answers a turn with 204', answered(isTurn, 204), unreachable('WAX_SERVICE_STATUS', true)],
    ['answers an offer itself', answered(isAny, 200), { sent: false, state: 'refused' }],
    ['answers a turn itself', answered(isTurn, 200), { sent: true, state: 'cut-off', session: 'dropped' }],
    [
      'says that it is gzip',
      () => ({ responseHeaders: (headers) => ({ ...headers, 'content-encoding': 'gzip' }) }),
      unreachable('WAX_SERVICE_UNREACHABLE', false),
    ],
    [
      'changes the answer',
      () => ({ answer: (answer) => flip(answer, 500) }),
      { sent: false, state: 'refused' },
    ],
    [
      'changes the request',
      () => ({ request: (body) => flip(body, 2_000) }),
      unreachable('WAX_SERVICE_REFUSED', true),
    ],
    [
      'changes a record',
      () => ({ record: (record, index) => (record ? [index === 1 ? flip(record, 40) : record] : []) }),
      { sent: true, state: 'cut-off', code: 'WAX_SESSION_RECORD_OPEN' },
    ],
    [
      'cuts the reply',
      () => ({ record: (_record, index) => (index > 0 ? 'cut' : [_record ?? Buffer.alloc(0)]) }),
      { sent: true, state: 'cut-off', code: null },
    ],
  ])('that %s gets nothing by it', async (_what, attack, told) => {
    hostile.tamper = attack();
    const chat = through();
    const { result, text } = await chat.send(crypto.randomUUID());
    chat.close();
    expect(result).toMatchObject(told);
    expect(`${secret}.`).toContain(text);
  });

  it('that sends everything to another service than the one named is refused', async () => {
    const other = await startEnclave();
    const wrong = await startRelay(other.url);
    const chat = enclave.chat('', {}, { relay: `http://127.0.0.1:${portOf(wrong)}` });
    const { result } = await chat.send(prompt);
    chat.close();
    wrong.close();
    wrong.closeAllConnections();
    await other.app.close();
    expect(result).toMatchObject({ sent: false, state: 'refused', report: { verdict: 'fail' } });
    const checks = 'report' in result ? result.report.rows.flatMap((row) => row.checks) : [];
    expect(checks.map(({ code }) => code)).toContain('WAX_VERIFY_SERVICE');
  });
});
