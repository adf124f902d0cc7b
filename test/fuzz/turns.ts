/**
 * Requests that must not open, sent to a running enclave server as raw bytes: whatever is wrong with them, what
 * comes back must be the same to the last byte (wire-format.md B8). A finding is an answer that differs.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { concatBytes, equalBytes, toHex, utf8 } from '../../protocol/bytes.ts';
import { chat, openSession, startEnclave } from '../support/enclave.ts';
import { mutateOnce, type Random, randomFrom } from './fuzz.ts';

export interface Refusals {
  runs: number;
  findings: { request: Uint8Array; answer: string }[];
  /** Whether a whole chat still works at the end. */
  unharmed: boolean;
}

/** What came back until the connection ended, but for the time of day. */
async function exchange(port: number, request: Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  socket.on('error', () => {});
  socket.write(request);
  await once(socket, 'close');
  return answer.replace(/^date: .*\r\n/im, '');
}

const pick = <Item>(random: Random, items: readonly [Item, ...Item[]]): Item =>
  items[random(items.length)] ?? items[0];

const bytes = (random: Random, size: number) => Uint8Array.from({ length: size }, () => random(256));

/** A body that does not open: a valid one that was changed, or none at all. */
function bodyFrom(valid: Uint8Array, random: Random): Uint8Array {
  const body = valid.slice();
  switch (random(9)) {
    case 0:
      return bytes(random, random(2) === 0 ? random(64) : valid.length);
    case 1:
      return valid.slice(0, random(valid.length));
    case 2:
      return concatBytes(valid, bytes(random, 1 + random(5000)));
    case 3:
      // In the head: magic, version, zeros, id, turn.
      body[random(28)] = random(256);
      return body;
    case 4:
      body.set(bytes(random, 16), 8);
      return body;
    case 5:
      body.set(bytes(random, 4), 24);
      return body;
    case 6:
      body[28 + random(1120)] = random(256);
      return body;
    case 7:
      body[1148 + random(body.length - 1148)] = random(256);
      return body;
    default:
      return mutateOnce(body, bytes(random, 64), random);
  }
}

/** The request around a body, with what proxies and hostile clients do to such. */
function requestFrom(path: string, body: Uint8Array, random: Random): Uint8Array {
  const twist = random(4) === 0;
  const method = twist ? pick(random, ['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY']) : 'POST';
  const way = twist
    ? path + pick(random, ['?', '?a=%00', '/', '/x', '%', '%00', '%zz', '0', ';', '#', '//', '%2f..'])
    : path.slice(0, -8) +
      pick(random, [path.slice(-8), path.slice(-8).toUpperCase(), toHex(bytes(random, 4))]);
  const type = twist
    ? pick(random, ['', 'text/plain', 'application/json', 'application/octet-stream; x=y', 'a/b/c', '*/*'])
    : 'application/octet-stream';
  const extra = pick(random, [
    '',
    '',
    'accept: text/html\r\n',
    'content-encoding: gzip\r\n',
    'expect: 100-continue\r\n',
    'expect: nothing\r\n',
    'upgrade: websocket\r\n',
    'origin: https://other.example\r\n',
    'authorization: Bearer x\r\n',
    'cookie: a=b\r\n',
    'x-http-method-override: GET\r\n',
    `x-long: ${'y'.repeat(random(4000))}\r\n`,
  ]);
  const chunked = random(5) === 0;
  const length = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`;
  const head = `${method} ${way} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${type && `content-type: ${type}\r\n`}${extra}${length}\r\n\r\n`;
  if (!chunked) return concatBytes(utf8(head), body);
  const chunk =
    body.length > 0 ? concatBytes(utf8(`${body.length.toString(16)}\r\n`), body, utf8('\r\n')) : body;
  return concatBytes(utf8(head), chunk, utf8('0\r\n\r\n'));
}

/** How often one session is tried before another is opened, since most tries leave it as it is. */
const TRIES = 20;

/** Sends such requests until `until` (`performance.now()`), or `most` of them. */
export async function fuzzTurns(
  until: number,
  seed: number,
  most = Number.POSITIVE_INFINITY,
): Promise<Refusals> {
  const random = randomFrom(seed);
  const { app, url } = await startEnclave();
  const port = Number(new URL(url).port);
  const result: Refusals = { runs: 0, findings: [], unharmed: false };
  const session = async () => {
    const { client } = await openSession(url);
    return client.startTurn(chat('Hi'));
  };
  let { body: valid, path } = await session();
  const wanted = await exchange(
    port,
    requestFrom(path, new Uint8Array(), () => 0),
  );
  while (performance.now() < until && result.runs < most) {
    if (result.runs % TRIES === 0) ({ body: valid, path } = await session());
    const body = bodyFrom(valid, random);
    const request = requestFrom(path, body, random);
    // A change that changes nothing leaves a request that opens.
    if (equalBytes(body, valid)) continue;
    result.runs++;
    const answer = (await exchange(port, request)).replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, '');
    if (answer !== wanted && result.findings.length < 16) result.findings.push({ request, answer });
  }
  const { body, path: last } = await session();
  const used = await fetch(url + last, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
  });
  const records = (await used.arrayBuffer()).byteLength;
  const again = await exchange(
    port,
    requestFrom(last, body, () => 0),
  );
  if (again !== wanted) result.findings.push({ request: body, answer: again });
  result.unharmed = used.status === 200 && records > 0 && wanted.startsWith('HTTP/1.1 400 ');
  await app.close();
  return result;
}
