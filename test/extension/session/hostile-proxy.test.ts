import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApprovedEnclave, startApprovedEnclave, wire } from '../../support/approved-enclave.ts';
import { scriptedEngine } from '../../support/enclave.ts';
import type { HostileProxy } from '../../support/hostile-proxy.ts';

type Tamper = HostileProxy['tamper'];
/** What the attacker has in hand: a whole honest exchange of another session, and this one's traffic so far. */
interface Captured {
  other: HostileProxy;
  mine: HostileProxy;
}

const asked: string[] = [];
let enclave: ApprovedEnclave;
beforeAll(async () => {
  enclave = await startApprovedEnclave(
    scriptedEngine(async ({ messages }, onText) => {
      const prompt = messages.at(-1)?.content ?? '';
      asked.push(prompt);
      onText(`You said ${prompt}.`);
      return { finish: 'stop', promptTokens: 1, completionTokens: 1 };
    }),
  );
});
afterAll(() => enclave.close());

async function honest(url: string) {
  const chat = enclave.chat(url);
  const { result, text } = await chat.send('honestly');
  chat.close();
  expect(result).toMatchObject({ state: 'complete', session: 'kept' });
  expect(text).toBe('You said honestly.');
}

const flip = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};
const isTurn = (path: string) => path.includes('/turns/');
const isOffer = (path: string) => path.endsWith('/sessions');

/** Answers all requests that `which` names in one way. */
const answered =
  (which: (path: string) => boolean, status: number, headers: { [name: string]: string } = {}) =>
  (): Tamper => ({
    respond(path, _body, response) {
      if (!which(path)) return false;
      response.writeHead(status, headers).end(status === 204 ? undefined : 'Trust me.');
      return true;
    },
  });
/** Changes the record at `at`. */
const atRecord =
  (at: number, change: (record: Buffer, captured: Captured) => ReturnType<NonNullable<Tamper['record']>>) =>
  (captured: Captured): Tamper => ({
    record: (record, index) => (record === null ? [] : index === at ? change(record, captured) : [record]),
  });
const inward =
  (change: (body: Buffer, captured: Captured) => Buffer) =>
  (captured: Captured): Tamper => ({ request: (body) => change(body, captured) });
const answerWith =
  (change: (answer: Buffer, captured: Captured) => Buffer) =>
  (captured: Captured): Tamper => ({ answer: (answer) => change(answer, captured) });

const cutOff = (code: string | null) => ({ sent: true, state: 'cut-off', session: 'dropped', code });
const refusedAnswer = { sent: false, state: 'refused', report: { verdict: 'fail' } };
const unreachable = (code: string, sent: boolean) => ({
  sent,
  state: 'unreachable',
  failure: { error: { code } },
});
const badRecord = cutOff('WAX_SESSION_RECORD_OPEN');
const serverRefuses = unreachable('WAX_SERVICE_REFUSED', true);

const swapped = (): Tamper => {
  let held: Buffer | null = null;
  return {
    record(record, index) {
      if (record === null) return [];
      if (index === 1) {
        held = record;
        return [];
      }
      return held !== null && index === 2 ? [record, held] : [record];
    },
  };
};
const halfRecord = (): Tamper => ({
  record: (record, index) =>
    record === null ? [] : index > 1 ? 'cut' : [index === 1 ? record.subarray(0, 50) : record],
});
const dribble = (): Tamper => ({
  respond(path, _body, response) {
    if (!isTurn(path)) return false;
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
    return true;
  },
});
const afterFin = (): Tamper => ({ record: (record) => [record ?? Buffer.alloc(1)] });
const saysShorter = (): Tamper => ({
  responseHeaders: (headers) => ({ ...headers, 'content-length': '300' }),
});
const recordOf = (proxy: HostileProxy, at: number) =>
  proxy.replies.at(-1)?.subarray(at * wire.recordBytes, (at + 1) * wire.recordBytes) ?? Buffer.alloc(0);
const answerOf = (proxy: HostileProxy) => proxy.replies[0] ?? Buffer.alloc(0);
const requestOf = (proxy: HostileProxy) => proxy.bodies[1] ?? Buffer.alloc(0);

/** Name, attack, what the person is told, and on which turn it happens. */
const attacks: [string, (captured: Captured) => Tamper, object, (0 | 1)?][] = [
  ['truncate: nothing of the reply', atRecord(0, () => 'cut'), cutOff(null)],
  ['truncate: before the end of the content', atRecord(1, () => 'cut'), cutOff(null)],
  ['truncate: in the middle of a record', halfRecord, cutOff(null)],
  [
    'truncate: in the padding, which costs the session and not the answer',
    atRecord(9, () => 'cut'),
    { sent: true, state: 'complete', session: 'dropped' },
  ],
  ['truncate: a record left out', atRecord(1, () => []), badRecord],
  ['replay: a record twice', atRecord(1, (record) => [record, record]), badRecord],
  ['replay: the record of the last turn', atRecord(1, (_, { mine }) => [recordOf(mine, 1)]), badRecord, 1],
  ['replay: the request of the last turn', inward((_, { mine }) => requestOf(mine)), serverRefuses, 1],
  ['replay: the answer to another offer', answerWith((_, { other }) => answerOf(other)), refusedAnswer],
  ['reorder: two records', swapped, badRecord],
  ['splice: one bit of a record', atRecord(1, (record) => [flip(record, 40)]), badRecord],
  ['splice: bytes after the last record', afterFin, cutOff('WAX_SESSION_RECORD_ORDER')],
  ['splice: one bit of the ciphertext', inward((body) => flip(body, 2000)), serverRefuses],
  ['splice: one bit of the encapsulated key', inward((body) => flip(body, 100)), serverRefuses],
  ['splice: one bit of the session id', inward((body) => flip(body, 20)), serverRefuses],
  ['splice: a turn number', inward((body) => flip(body, 27)), serverRefuses],
  [
    'reflect: the request as a record',
    atRecord(1, (_, { mine }) => [mine.bodies.at(-1)?.subarray(0, wire.recordBytes) ?? Buffer.alloc(0)]),
    badRecord,
  ],
  ['reflect: the offer as an answer', () => ({ answer: (_answer, offer) => offer }), refusedAnswer],
  ['downgrade: another version of the answer', answerWith((answer) => flip(answer, 4)), refusedAnswer],
  ['downgrade: another kind of evidence', answerWith((answer) => flip(answer, 5)), refusedAnswer],
  ['downgrade: other limits of the session', answerWith((answer) => flip(answer, 33)), refusedAnswer],
  ['downgrade: another version of the request', inward((body) => flip(body, 4)), serverRefuses],
  ['cross-session: the request of another', inward((_, { other }) => requestOf(other)), serverRefuses],
  ['cross-session: the record of another', atRecord(1, (_, { other }) => [recordOf(other, 1)]), badRecord],
  [
    "cross-session: another's key in this answer",
    answerWith((answer, { other }) =>
      Buffer.concat([answer.subarray(0, 40), answerOf(other).subarray(40, 1256), answer.subarray(1256)]),
    ),
    refusedAnswer,
  ],
  [
    'oversize: an answer without end',
    answerWith((answer) => Buffer.concat([answer, Buffer.alloc(600_000)])),
    unreachable('WAX_SERVICE_SIZE', false),
  ],
  ['oversize: a longer record', atRecord(1, (record) => [record, Buffer.alloc(1)]), badRecord],
  ['oversize: a longer request', inward((body) => Buffer.concat([body, Buffer.alloc(1)])), serverRefuses],
  ['oversize: a request of 3 MB', inward(() => Buffer.alloc(3_000_000)), serverRefuses],
  ['slow-loris: a first record byte by byte', dribble, unreachable('WAX_SERVICE_TIMEOUT', true)],
  ['slow-loris: silence after the first records', atRecord(1, () => 'hang'), cutOff(null)],
  [
    'header games: a coding that is not there',
    () => ({ responseHeaders: (headers) => ({ ...headers, 'content-encoding': 'gzip' }) }),
    unreachable('WAX_SERVICE_UNREACHABLE', false),
  ],
  ['header games: an answer that says it is shorter', saysShorter, refusedAnswer],
  ['header games: a reply that says it is shorter', saysShorter, cutOff(null), 1],
  [
    'header games: another type, and cookies',
    () => ({
      responseHeaders: (headers) => ({ ...headers, 'content-type': 'text/html', 'set-cookie': ['a=b'] }),
    }),
    { sent: true, state: 'complete', session: 'kept' },
  ],
  [
    'header games: a request of another type',
    () => ({ requestHeaders: (headers) => ({ ...headers, 'content-type': 'text/plain' }) }),
    unreachable('WAX_SERVICE_REFUSED', false),
  ],
  [
    'status games: elsewhere',
    answered(isTurn, 307, { location: '/elsewhere' }),
    unreachable('WAX_SERVICE_UNREACHABLE', true),
  ],
  ['status games: no content', answered(isTurn, 204), unreachable('WAX_SERVICE_STATUS', true)],
  ['status games: part of it', answered(isTurn, 206), unreachable('WAX_SERVICE_STATUS', true)],
  ['status games: failed', answered(isTurn, 500), unreachable('WAX_SERVICE_STATUS', true)],
  ['status games: fine, and words in clear', answered(isTurn, 200), cutOff(null)],
  [
    'status games: an offer, wait for a year',
    answered(isOffer, 429, { 'retry-after': '31536000' }),
    unreachable('WAX_SERVICE_BUSY', false),
  ],
  ['status games: an offer, fine, and words', answered(isOffer, 200), refusedAnswer],
];

describe('a hostile proxy', () => {
  it.concurrent.each(attacks)('%s', async (name, attack, told, turn = 0) => {
    const other = await enclave.proxy();
    await honest(other.url);
    const mine = await enclave.proxy();
    const slow = name.startsWith('slow-loris');
    const chat = enclave.chat(mine.url, slow ? { firstRecord: 1_500, stall: 1_500 } : {});
    const content = crypto.randomUUID();
    if (turn === 1) await chat.send(content);
    mine.tamper = attack({ other, mine });
    const begun = performance.now();
    const { result, text } = await chat.send(content);
    const took = performance.now() - begun;
    chat.close();
    expect(result).toMatchObject(told);
    // Nothing but the words of the enclave was ever shown.
    expect(`You said ${content}.`).toContain(text);
    expect(took).toBeLessThan(15_000);
    // Once more at most: in a new session, and only if nothing was authenticated.
    expect(asked.filter((prompt) => prompt === content).length).toBeLessThanOrEqual(2 + turn);
    mine.tamper = {};
    await honest(mine.url);
  });
});

describe('a proxy that sends everything many times in parallel', () => {
  it('has one answer at most, and 400 for all others', async () => {
    const proxy = await enclave.proxy();
    const statuses: number[] = [];
    let sessions = 0;
    proxy.tamper.respond = async (path, body, response) => {
      if (!isTurn(path)) return false;
      sessions++;
      const replies = await Promise.all(
        Array.from({ length: 16 }, () =>
          fetch(enclave.url + path, {
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream' },
            body: new Uint8Array(body),
          }),
        ),
      );
      statuses.push(...replies.map(({ status }) => status));
      const best = replies.find(({ status }) => status === 200) ?? replies[0];
      response.writeHead(best?.status ?? 502);
      const bytes = best ? await best.arrayBuffer().catch(() => new ArrayBuffer(0)) : new ArrayBuffer(0);
      response.end(Buffer.from(bytes));
      return true;
    };
    const chat = enclave.chat(proxy.url);
    const { result } = await chat.send('many times');
    chat.close();
    expect(result).toMatchObject({ sent: true });
    expect(statuses).toHaveLength(16 * sessions);
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(sessions);
    expect(statuses.every((status) => status === 200 || status === 400)).toBe(true);
    expect(asked.filter((prompt) => prompt === 'many times').length).toBeLessThanOrEqual(sessions);
    proxy.tamper = {};
    await honest(proxy.url);
  });
});

describe('a hundred connections that never finish their request', () => {
  it('do not keep the server from the next honest client', async () => {
    const { port } = new URL(enclave.url);
    const sockets = Array.from({ length: 100 }, (_, index) => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
      const head = 'POST /waxseal/v1/sessions HTTP/1.1\r\nhost: x\r\n';
      const body = 'content-type: application/octet-stream\r\ncontent-length: 64\r\n\r\nWXSO';
      socket.write(index % 2 === 0 ? head : head + body);
      return socket;
    });
    const begun = performance.now();
    await honest(enclave.url);
    expect(performance.now() - begun).toBeLessThan(15_000);
    for (const socket of sockets) socket.destroy();
  });
});
