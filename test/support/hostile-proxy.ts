/**
 * A proxy between browser and enclave that does what a hostile operator, router or relay could: it reads and
 * keeps everything, and changes what a test tells it to.
 */
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

interface Tampering {
  /** Answers to offers wait for this, so that a person has time to type. */
  hold?: Promise<void>;
  /** Changes the body of an answer to an offer (wire format B2). */
  answer?: (answer: Buffer, offer: Buffer) => Buffer | Promise<Buffer>;
  /** Changes the body of a sealed request on its way in (B6). */
  request?: (body: Buffer) => Buffer;
  /** Rewrites the records of a reply (B7); called for each chunk of one record, null at the end. */
  record?: (record: Buffer | null, index: number) => Buffer[] | 'cut' | 'hang';
  /** Changes the headers of a request on its way in. */
  requestHeaders?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;
  /** Changes the headers of a response on its way out. */
  responseHeaders?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;
  /** Answers a request in place of the server; false passes it on. */
  respond?: (path: string, body: Buffer, response: ServerResponse) => boolean | Promise<boolean>;
}

export interface HostileProxy {
  url: string;
  /** Set to change behaviour from the next request on. */
  tamper: Tampering;
  /** Port of the server behind; may be changed while running. */
  target: number;
  /** Every request body that came in. */
  bodies: Buffer[];
  /** Every response body that came from the server, one buffer each. */
  replies: Buffer[];
  close(): Promise<void>;
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function forward(proxy: HostileProxy, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const changed = proxy.tamper.requestHeaders?.(incoming.headers) ?? incoming.headers;
  const headers = { ...changed, 'content-length': String(body.length) };
  return new Promise((resolve, reject) => {
    const upstream = httpRequest(
      { host: '127.0.0.1', port: proxy.target, path: incoming.url, method: incoming.method, headers },
      resolve,
    );
    upstream.on('error', reject);
    incoming.socket.on('close', () => upstream.destroy());
    upstream.end(body);
  });
}

/** Reply bodies pass record by record, so that a test can count, repeat, swap and cut them. */
async function relayRecords(
  proxy: HostileProxy,
  size: number,
  from: IncomingMessage,
  to: ServerResponse,
): Promise<void> {
  let pending = Buffer.alloc(0);
  let index = 0;
  const all: Buffer[] = [];
  for await (const chunk of from) {
    all.push(chunk as Buffer);
    pending = Buffer.concat([pending, chunk as Buffer]);
    while (pending.length >= size) {
      const record = pending.subarray(0, size);
      pending = pending.subarray(size);
      const out = proxy.tamper.record?.(record, index++) ?? [record];
      if (out === 'cut') {
        from.destroy();
        to.end();
        return;
      }
      if (out === 'hang') {
        from.destroy();
        return;
      }
      for (const bytes of out) to.write(bytes);
    }
  }
  const last = proxy.tamper.record?.(null, index) ?? [];
  if (Array.isArray(last)) for (const bytes of last) to.write(bytes);
  proxy.replies.push(Buffer.concat(all));
  to.end();
}

/** Starts the proxy on loopback. `recordBytes` is that of the release's wire parameters. */
export async function startHostileProxy(target: number, recordBytes: number): Promise<HostileProxy> {
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const received = await collect(incoming);
    if (received.length > 0) proxy.bodies.push(received);
    if (await proxy.tamper.respond?.(incoming.url ?? '', received, response)) return;
    const isTurn = incoming.url?.includes('/turns/') ?? false;
    const body = isTurn && received.length > 0 ? (proxy.tamper.request?.(received) ?? received) : received;
    const upstream = await forward(proxy, incoming, body);
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = upstream.headers;
    response.writeHead(upstream.statusCode ?? 502, proxy.tamper.responseHeaders?.(headers) ?? headers);
    if (isTurn && incoming.method === 'POST' && upstream.statusCode === 200) {
      response.flushHeaders();
      await relayRecords(proxy, recordBytes, upstream, response);
      return;
    }
    const reply = await collect(upstream);
    proxy.replies.push(reply);
    const isAnswer = incoming.method === 'POST' && upstream.statusCode === 200;
    if (isAnswer) await proxy.tamper.hold;
    response.end(isAnswer ? ((await proxy.tamper.answer?.(reply, received)) ?? reply) : reply);
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: HostileProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tamper: {},
    target,
    bodies: [],
    replies: [],
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}
