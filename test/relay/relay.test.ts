import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRelay, type RelayOptions } from '../../relay/app.ts';
import { parseServices } from '../../relay/routes.ts';

type Answer = (incoming: IncomingMessage, response: ServerResponse, body: Buffer) => void;

const BINARY = { 'content-type': 'application/octet-stream' };
const offer = new Uint8Array(64).fill(7);
const servers: Server[] = [];
/** What the service saw. */
let seen: { incoming: IncomingMessage; body: Buffer }[];
let connections: number;
let answer: Answer;
let service: string;

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
beforeEach(async () => {
  seen = [];
  connections = 0;
  answer = (_incoming, response) => void response.writeHead(200, BINARY).end('sealed');
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    seen.push({ incoming, body: Buffer.concat(chunks) });
    answer(incoming, response, Buffer.concat(chunks));
  });
  server.on('connection', () => connections++);
  service = await listen(server);
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const start = (options: Partial<RelayOptions> = {}) =>
  listen(createRelay({ services: parseServices([service]), ...options }));
const offers = (host = new URL(service).host) => `/relay/${host}/waxseal/v1/sessions`;
const turns = (host = new URL(service).host) => `/relay/${host}/waxseal/v1/turns/00ff00ff`;

interface Sent {
  method?: string;
  headers?: { [name: string]: string };
  body?: Uint8Array;
}

/** A request with exactly these headers, which `fetch` would not send. */
function send(url: string, path: string, { method = 'POST', headers = BINARY, body = offer }: Sent = {}) {
  const { hostname, port } = new URL(url);
  const length = { 'content-length': String(body.length) };
  return new Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>(
    (resolve, reject) => {
      const sent = request(
        { hostname, port, path, method, headers: { ...length, ...headers } },
        async (got) => {
          let text = '';
          try {
            for await (const chunk of got) text += chunk;
            resolve({ status: got.statusCode ?? 0, headers: got.headers, body: text });
          } catch (error) {
            reject(error);
          }
        },
      );
      sent.on('error', reject);
      sent.end(method === 'OPTIONS' || method === 'GET' ? undefined : body);
    },
  );
}

describe('what a service sees of a request', () => {
  it('is its own path, and type, length and token of an offer', async () => {
    const relay = await start();
    const telling = {
      'user-agent': 'Mozilla/5.0 (of one person)',
      'accept-language': 'rm, de-CH;q=0.7',
      accept: '*/*',
      'accept-encoding': 'gzip, br',
      cookie: 'id=4711',
      referer: 'https://chat.example/secret-room',
      origin: 'chrome-extension://abcdefgh',
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      via: '1.1 home',
      'x-real-ip': '203.0.113.9',
      'sec-ch-ua-platform': '"Plan 9"',
      'sec-fetch-site': 'cross-site',
      dnt: '1',
      'x-mark-of-a-hostile-page': 'a1b2c3',
      authorization: 'Bearer t0ken',
    };
    expect(await send(relay, offers(), { headers: { ...BINARY, ...telling } })).toMatchObject({
      status: 200,
      body: 'sealed',
    });
    const [one] = seen;
    expect(one?.incoming.method).toBe('POST');
    expect(one?.incoming.url).toBe('/waxseal/v1/sessions');
    expect(one?.body).toEqual(Buffer.from(offer));
    expect(one?.incoming.headers).toEqual({
      ...BINARY,
      'content-length': '64',
      authorization: 'Bearer t0ken',
      host: new URL(service).host,
      connection: 'keep-alive',
    });
  });

  it('has no token in a turn, and none that is malformed in an offer', async () => {
    const relay = await start();
    await send(relay, turns(), { headers: { ...BINARY, authorization: 'Bearer t0ken' } });
    await send(relay, offers(), { headers: { ...BINARY, authorization: 'Basic cGVyc29uOg==' } });
    expect(seen.map(({ incoming }) => incoming.url)).toEqual([
      '/waxseal/v1/turns/00ff00ff',
      '/waxseal/v1/sessions',
    ]);
    for (const { incoming } of seen) expect(incoming.headers).not.toHaveProperty('authorization');
  });

  it('comes over one connection for everybody', async () => {
    const relay = await start();
    for (let person = 0; person < 3; person++) await send(relay, turns());
    expect(seen).toHaveLength(3);
    expect(connections).toBe(1);
  });

  it('is nothing of a preflight, which the relay answers itself', async () => {
    const relay = await start();
    const { status, headers } = await send(relay, offers(), { method: 'OPTIONS', headers: {} });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization, content-type',
    });
    expect(seen).toEqual([]);
  });
});

describe('what a person sees of a response', () => {
  it('is the body and two headers of the service', async () => {
    const relay = await start();
    answer = (_incoming, response) => {
      response.writeHead(200, {
        'content-type': 'text/html',
        'content-length': '6',
        'set-cookie': 'id=4711',
        server: 'enclave-of-one-person',
        etag: '"4711"',
        link: '<https://tracker.example>; rel=preload',
        'alt-svc': 'h3="tracker.example:443"',
        'access-control-allow-origin': 'https://other.example',
        'retry-after': '4711',
      });
      response.end('sealed');
    };
    const { headers } = await send(relay, offers());
    const { date: _date, ...named } = headers;
    expect(named).toEqual({
      ...BINARY,
      'content-length': '6',
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '7200',
      'access-control-expose-headers': 'retry-after',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
      'keep-alive': 'timeout=5',
    });
  });

  it.each([400, 401, 429, 503])('is a refusal (%i) without its body', async (status) => {
    const relay = await start();
    answer = (_incoming, response) =>
      void response.writeHead(status, { 'retry-after': '7' }).end('You are 4711');
    const got = await send(relay, turns());
    expect(got).toMatchObject({ status, body: '' });
    expect(got.headers['retry-after']).toBe('7');
  });

  it.each<[string, number, { [name: string]: string }]>([
    ['a redirect', 307, { location: 'https://tracker.example/4711' }],
    ['a permanent redirect', 301, { location: '/elsewhere' }],
    ['no content', 204, {}],
    ['a part', 206, {}],
    ['a failure', 500, {}],
    ['a coding', 200, { 'content-encoding': 'gzip' }],
    ['a length that no answer has', 200, { 'content-length': '99999999' }],
  ])('is never %s', async (_what, status, headers) => {
    const relay = await start();
    answer = (_incoming, response) => {
      response.on('error', () => {});
      response.writeHead(status, headers);
      response.flushHeaders();
      if (headers['content-length'] === undefined) response.end();
    };
    const got = await send(relay, offers());
    expect(got).toMatchObject({ status: 502, body: 'WAX_RELAY_ANSWER\n' });
    expect(got.headers).not.toHaveProperty('location');
  });

  it('is cut off where the service goes on beyond the longest answer', async () => {
    const relay = await start();
    answer = (_incoming, response) => void response.writeHead(200).end(Buffer.alloc(600_000));
    await expect(send(relay, offers())).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('what a relay refuses', () => {
  const wrong: [string, string, Sent & { path?: () => string }, number][] = [
    ['another host', 'WAX_RELAY_SERVICE', { path: () => offers('evil.example') }, 404],
    ['another port', 'WAX_RELAY_SERVICE', { path: () => offers('127.0.0.1:1') }, 404],
    [
      'another spelling of the host',
      'WAX_RELAY_SERVICE',
      { path: () => offers(`a@${new URL(service).host}`) },
      404,
    ],
    [
      'an encoded host',
      'WAX_RELAY_SERVICE',
      { path: () => offers(new URL(service).host.replace(':', '%3A')) },
      404,
    ],
    ['an address in full', 'WAX_RELAY_PATH', { path: () => `${service}/waxseal/v1/sessions` }, 404],
    ['the path of the service', 'WAX_RELAY_PATH', { path: () => '/waxseal/v1/sessions' }, 404],
    [
      'another path of the service',
      'WAX_RELAY_PATH',
      { path: () => offers().replace('sessions', 'admin') },
      404,
    ],
    ['a way up', 'WAX_RELAY_PATH', { path: () => offers().replace('sessions', 'turns/../sessions') }, 404],
    ['a query', 'WAX_RELAY_PATH', { path: () => `${offers()}?id=4711` }, 404],
    ['an instance that is none', 'WAX_RELAY_PATH', { path: () => `${turns()}0` }, 404],
    ['GET', 'WAX_RELAY_METHOD', { method: 'GET' }, 405],
    ['PUT', 'WAX_RELAY_METHOD', { method: 'PUT' }, 405],
    ['another type', 'WAX_RELAY_FORM', { headers: { 'content-type': 'text/plain' } }, 400],
    ['no type', 'WAX_RELAY_FORM', { headers: {} }, 400],
    ['a coding', 'WAX_RELAY_FORM', { headers: { ...BINARY, 'content-encoding': 'gzip' } }, 400],
    ['an offer of another length', 'WAX_RELAY_FORM', { body: new Uint8Array(65) }, 400],
    ['a turn without a body', 'WAX_RELAY_FORM', { path: () => turns(), body: new Uint8Array() }, 400],
  ];
  it.each(wrong)('%s', async (_what, code, { path, ...sent }, status) => {
    const relay = await start();
    const got = await send(relay, path?.() ?? offers(), sent);
    expect(got).toMatchObject({ status, body: `${code}\n` });
    expect(seen).toEqual([]);
  });

  it('a turn of nine megabytes, by its head', async () => {
    const relay = await start();
    const { hostname, port } = new URL(relay);
    const headers = { ...BINARY, 'content-length': String(9 * 1024 * 1024) };
    const sent = request({ hostname, port, path: turns(), method: 'POST', headers });
    sent.on('error', () => {});
    sent.flushHeaders();
    const [got] = (await once(sent, 'response')) as [IncomingMessage];
    expect(got.statusCode).toBe(400);
    sent.destroy();
    expect(seen).toEqual([]);
  });

  /** Bytes on a bare connection, and all that came back. */
  const say = async (relay: string, text: string) => {
    const { hostname, port } = new URL(relay);
    const socket = connect(Number(port), hostname).setEncoding('latin1');
    socket.on('error', () => {});
    socket.write(text);
    let got = '';
    socket.on('data', (data) => {
      got += data;
    });
    await once(socket, 'close');
    return got;
  };
  it.each<[string, (path: string, host: string) => string]>([
    ['to be a tunnel', (_path, host) => `CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\n\r\n`],
    [
      'a proxy request',
      (_path, host) =>
        `POST http://${host}/waxseal/v1/sessions HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    ],
    [
      'two lengths',
      (path) =>
        `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 64\r\ncontent-length: 65\r\n\r\n${'x'.repeat(65)}`,
    ],
    [
      'a length and chunks',
      (path) =>
        `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 64\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'chunks',
      (path) =>
        `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    ],
    ['what is not HTTP', () => '\u0016\u0003\u0001\u0002hello\r\n\r\n'],
  ])('%s', async (_what, text) => {
    const relay = await start();
    const got = await say(relay, text(offers(), new URL(service).host));
    expect(got).toMatch(/^(HTTP\/1\.1 (400|404) |$)/);
    expect(seen).toEqual([]);
    expect(connections).toBe(0);
  });

  it.each([
    ['none', []],
    ['plain http in the network', ['http://chat.example']],
    ['a path', ['https://chat.example/waxseal']],
    ['one host twice', ['https://localhost:4443', 'http://localhost:4443']],
    ['everything', ['*']],
  ])('a list of services with %s', (_what, origins) => {
    expect(() => parseServices(origins)).toThrow('WAX_RELAY_SERVICES');
  });
});

describe('a reply', () => {
  it('is handed on record by record, not when it is whole', async () => {
    const relay = await start();
    const { promise: go, resolve } = Promise.withResolvers<void>();
    answer = async (_incoming, response) => {
      response.writeHead(200).write('first');
      await go;
      response.end('second');
    };
    const { hostname, port } = new URL(relay);
    const headers = { ...BINARY, 'content-length': '64' };
    const sent = request({ hostname, port, path: turns(), method: 'POST', headers });
    sent.end(offer);
    const [got] = (await once(sent, 'response')) as [IncomingMessage];
    const pieces = got.setEncoding('latin1')[Symbol.asyncIterator]();
    expect((await pieces.next()).value).toBe('first');
    resolve();
    expect((await pieces.next()).value).toBe('second');
    expect((await pieces.next()).done).toBe(true);
  });

  it('ends at the service when the person leaves', async () => {
    const relay = await start();
    const { promise: left, resolve } = Promise.withResolvers<void>();
    answer = (_incoming, response) => {
      response.writeHead(200).write('first');
      response.on('close', resolve);
    };
    const { hostname, port } = new URL(relay);
    const headers = { ...BINARY, 'content-length': '64' };
    const sent = request({ hostname, port, path: turns(), method: 'POST', headers });
    sent.on('error', () => {});
    sent.end(offer);
    await once(sent, 'response');
    sent.destroy();
    await left;
  });

  it('is broken off, and not ended in order, when the service breaks off', async () => {
    const relay = await start();
    answer = (_incoming, response) => {
      response.writeHead(200).write('first', () => response.destroy());
    };
    await expect(send(relay, turns())).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('is given up when the person takes nothing of it', async () => {
    const relay = await start({ timeouts: { stall: 300 } });
    const { promise: left, resolve } = Promise.withResolvers<void>();
    answer = (_incoming, response) => {
      response.on('close', resolve);
      response.on('error', () => {});
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const { hostname, port } = new URL(relay);
    const headers = { ...BINARY, 'content-length': '64' };
    const sent = request({ hostname, port, path: turns(), method: 'POST', headers });
    sent.on('error', () => {});
    sent.end(offer);
    const [got] = (await once(sent, 'response')) as [IncomingMessage];
    got.on('error', () => {});
    got.pause();
    await left;
    sent.destroy();
  });
});

describe('a service', () => {
  it('that is not there gets 502', async () => {
    const relay = await start({ services: parseServices(['http://127.0.0.1:9']) });
    expect(await send(relay, offers('127.0.0.1:9'))).toMatchObject({
      status: 502,
      body: 'WAX_RELAY_UNREACHABLE\n',
    });
  });

  it.each(['answer', 'offer'] as const)('that is silent gets 504 (%s)', async (which) => {
    const relay = await start({ timeouts: { [which]: 100 } });
    answer = () => {};
    expect(await send(relay, offers())).toMatchObject({ status: 504, body: 'WAX_RELAY_TIMEOUT\n' });
  });

  it('that refuses before it has read everything is heard', async () => {
    const hasty = createServer((_incoming, response) => void response.writeHead(503).end());
    const url = await listen(hasty);
    const relay = await start({ services: parseServices([url]) });
    const body = new Uint8Array(4_000_000);
    const got = await send(relay, turns(new URL(url).host), { body }).catch(({ code }) => ({ status: code }));
    // Where the reset of its connection has swallowed the word, the person is told that it broke off.
    expect([503, 502, 'ECONNRESET', 'EPIPE']).toContain(got.status);
  });
});

describe('a busy relay', () => {
  it('says so, and takes the next request when another has ended', async () => {
    const relay = await start({ most: 1 });
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    answer = async (_incoming, response) => {
      onAsked();
      await go;
      response.end('sealed');
    };
    const first = send(relay, turns());
    await asked;
    const second = await send(relay, turns());
    expect(second).toMatchObject({ status: 503, body: 'WAX_RELAY_BUSY\n' });
    expect(second.headers['retry-after']).toBe('5');
    resolve();
    expect((await first).status).toBe(200);
    expect((await send(relay, turns())).status).toBe(200);
  });
});
