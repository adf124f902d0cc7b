import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseChatRequest } from '../../enclave-server/chat-request.ts';
import { EventList } from '../../enclave-server/events.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { parseTurnRequest, receiveTurnRequest } from '../../protocol/session/turn-request.ts';
import {
  chat,
  openSession,
  postTurn,
  scriptedEngine,
  sendTurn,
  startEnclave,
  type TestEnclave,
  testConfig,
} from '../support/enclave.ts';

let enclave: TestEnclave | undefined;
afterEach(async () => {
  await enclave?.app.close();
  enclave = undefined;
});

/** Turn 0 of a new session as bytes on a connection. */
async function turnBytes(url: string): Promise<Buffer> {
  const { client } = await openSession(url);
  const { body, path } = client.startTurn(chat('Hi'));
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Whether whole chats still work. */
async function serves(url: string): Promise<boolean> {
  const { client } = await openSession(url);
  return (await sendTurn(url, client, chat('Hi'))).outcome.state === 'complete';
}

describe('a hostile client', () => {
  it('brings no more sessions to life at once than there may be, however many it has', async () => {
    const config = testConfig({ limits: { liveSessions: 3 } });
    enclave = await startEnclave({ config });
    const { url } = enclave;
    const turns = await Promise.all(
      Array.from({ length: 12 }, async () => (await openSession(url)).client.startTurn(chat('Hi'))),
    );
    const replies = await Promise.all(turns.map(({ path, body }) => postTurn(url, path, body)));
    const accepted = replies.filter(({ status }) => status === 200).length;
    await Promise.all(replies.map((reply) => reply.arrayBuffer()));
    expect([accepted, replies.length - accepted]).toEqual([3, 9]);
  });

  it('has its places back when its first requests do not open', async () => {
    const config = testConfig({ limits: { liveSessions: 3 } });
    enclave = await startEnclave({ config });
    const { url } = enclave;
    for (let round = 0; round < 3; round++) {
      const turns = await Promise.all(
        Array.from({ length: 3 }, async () => (await openSession(url)).client.startTurn(chat('Hi'))),
      );
      const statuses = turns.map(async ({ path, body }) => {
        body[2000] = (body[2000] ?? 0) ^ 1;
        return (await postTurn(url, path, body)).status;
      });
      expect(await Promise.all(statuses)).toEqual([400, 400, 400]);
    }
    expect(await serves(url)).toBe(true);
  });

  it('that sends rubbish behind a turn gets nothing into the midst of its reply', async () => {
    const spoken = Promise.withResolvers<void>();
    const engine = scriptedEngine(async (_job, onText) => {
      onText('Hello.');
      await spoken.promise;
      return { finish: 'stop', promptTokens: 1, completionTokens: 1 };
    });
    enclave = await startEnclave({ engine });
    const socket = connect(Number(new URL(enclave.url).port), '127.0.0.1');
    let seen = '';
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (text) => {
      seen += text;
    });
    socket.write(await turnBytes(enclave.url));
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(1500);
    socket.write('rubbish\r\n\r\n');
    await once(socket, 'close');
    spoken.resolve();
    expect(seen.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(await serves(enclave.url)).toBe(true);
  });

  it('that sends no whole head in time is refused; one that has only connected is left without a word', async () => {
    const events = new EventList(() => {});
    enclave = await startEnclave({ events });
    const { url, app } = enclave;
    const { server } = app;
    // What it is otherwise, another test says.
    server.headersTimeout = 1;
    const listen = () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      let seen = '';
      socket.on('error', () => {});
      socket.setEncoding('latin1').on('data', (text) => {
        seen += text;
      });
      return { socket, closed: once(socket, 'close'), seen: () => seen };
    };
    const [slow, silent] = [listen(), listen()];
    slow.socket.write('POST /waxseal/v1/sessions HTTP/1.1\r\nhost: x\r\n');
    await Promise.all([slow.closed, silent.closed]);
    expect(slow.seen()).toMatch(/^HTTP\/1\.1 400 /);
    expect(silent.seen()).toBe('');
    events.summarise();
    expect(events.totals['connections-refused']).toBe(10);
    server.headersTimeout = 10_000;
    expect(await serves(url)).toBe(true);
  });

  it('that breaks off without a good-bye counts as no refusal', async () => {
    const events = new EventList(() => {});
    enclave = await startEnclave({ events });
    const { server } = enclave.app;
    const broken = once(server, 'clientError');
    const arrived = once(server, 'connection');
    const socket = connect(Number(new URL(enclave.url).port), '127.0.0.1');
    const [peer] = await arrived;
    socket.write('POST /waxseal/v1/sessions HTTP/1.1\r\nhost: x\r\n');
    await expect.poll(() => peer.bytesRead).toBeGreaterThan(0);
    socket.resetAndDestroy();
    const [error] = await broken;
    expect(error.code).toBe('ECONNRESET');
    events.summarise();
    expect(events.totals['connections-refused'] ?? 0).toBe(0);
    expect(await serves(enclave.url)).toBe(true);
  });

  it('that sends a turn again and again on one connection is answered once', async () => {
    enclave = await startEnclave();
    const socket = connect(Number(new URL(enclave.url).port), '127.0.0.1');
    let seen = '';
    socket.setEncoding('latin1').on('data', (text) => {
      seen += text;
    });
    const bytes = await turnBytes(enclave.url);
    for (let time = 0; time < 5; time++) socket.write(bytes);
    await expect
      .poll(() => seen.match(/HTTP\/1\.1 \d+/g)?.join(), { timeout: 20_000 })
      .toBe(['HTTP/1.1 200', ...Array.from({ length: 4 }, () => 'HTTP/1.1 400')].join());
    socket.destroy();
    expect(await serves(enclave.url)).toBe(true);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'])(
    'that names a field %s is refused, and changes nothing else',
    (name) => {
      const before = Object.getOwnPropertyNames(Object.prototype);
      for (const text of [
        `{"op":"chat","mode":"steady","body":{"${name}":{"polluted":1}}}`,
        `{"op":"${name}","mode":"block","body":{}}`,
        `{"op":"chat","mode":"${name}","body":{}}`,
        `{"${name}":{"polluted":1},"op":"models","mode":"block","body":{}}`,
        `{"op":"models","mode":"block","body":{"${name}":[]}}`,
      ]) {
        expect(receiveTurnRequest(utf8(text)).request, text).toBeNull();
      }
      const { body } = parseTurnRequest(
        utf8(`{"op":"chat","mode":"steady","body":{"tools":[{"${name}":{"polluted":1}}]}}`),
      );
      expect(() => parseChatRequest({ model: 'm', messages: [], ...body })).toThrow();
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
      expect(Reflect.has({}, 'polluted')).toBe(false);
    },
  );
});
