/**
 * The relay's HTTP side: stands between people and the services on its list, so that a service sees the relay's
 * address in the place of theirs. It keeps nothing, logs nothing, and can read nothing of what it carries.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { CodedError } from '../protocol/errors.ts';
import { carry, type RelayTimeouts } from './carry.ts';
import { relayError } from './errors.ts';
import { ownHeaders } from './headers.ts';
import { createPools } from './pools.ts';
import { findRoute, type Services } from './routes.ts';

export interface RelayOptions {
  readonly services: Services;
  /** Requests under way at once; 1,000 unless said. */
  readonly most?: number;
  readonly timeouts?: Partial<RelayTimeouts>;
}

const TIMEOUTS: RelayTimeouts = {
  answer: 15_000,
  stall: 30_000,
  offer: 20_000,
  // A reply may take as long as the longest session, and an upload on a slow line comes before it.
  turn: 3_900_000,
};
const HEADERS_MS = 10_000;
/** 8 MiB at 32 KiB/s, and some. */
const REQUEST_MS = 300_000;
const MOST = 1_000;
/**
 * Connections that the kernel holds until they are taken: of more it drops the first packet, and whoever opened one
 * tries again a second later. Node's own 511 are fewer than people who come at once.
 */
export const BACKLOG = 4096;
const RETRY_AFTER_S = '5';

const statuses: { readonly [code: string]: number } = {
  WAX_RELAY_PATH: 404,
  WAX_RELAY_SERVICE: 404,
  WAX_RELAY_METHOD: 405,
  WAX_RELAY_FORM: 400,
  WAX_RELAY_BUSY: 503,
  WAX_RELAY_UNREACHABLE: 502,
  WAX_RELAY_TIMEOUT: 504,
  WAX_RELAY_ANSWER: 502,
};

/** The code is for whoever tries the relay by hand; clients read no body but that of a 200. */
function refuse(response: ServerResponse, { code }: CodedError): void {
  // What has begun can only be cut off: it must not look as if it had ended in order.
  if (response.headersSent) return void response.destroy();
  response.writeHead(statuses[code] ?? 500, {
    ...ownHeaders,
    'content-type': 'text/plain',
    ...(code === 'WAX_RELAY_BUSY' && { 'retry-after': RETRY_AFTER_S }),
    // The rest of a refused upload is not worth waiting for.
    connection: 'close',
  });
  response.end(`${code}\n`);
}

/** What a client gets whose bytes are not HTTP. */
function refuseConnection(_error: Error, socket: Socket): void {
  if (socket.writable)
    socket.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  socket.destroy();
}

/** Builds the relay; `listen` and `close` are the caller's. */
export function createRelay({ services, most = MOST, timeouts }: RelayOptions): Server {
  const pools = createPools();
  const carrying = { pools, timeouts: { ...TIMEOUTS, ...timeouts } };
  let underWay = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = '' } = request;
    if (url === '/health' && method === 'GET') return void response.writeHead(200, ownHeaders).end('ok');
    const route = findRoute(services, url);
    // Answered here: a service learns nothing of it.
    if (method === 'OPTIONS') return void response.writeHead(204, ownHeaders).end();
    if (method !== 'POST') throw relayError('WAX_RELAY_METHOD');
    if (underWay >= most) throw relayError('WAX_RELAY_BUSY');
    underWay++;
    try {
      await carry(route, request, response, carrying);
    } finally {
      underWay--;
    }
  };
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    (request, response) => {
      // Whoever leaves is noticed where the streams are read; an error event by itself has nothing to say.
      for (const stream of [request, response]) stream.on('error', () => {});
      serve(request, response).catch((error: unknown) => {
        if (!(error instanceof CodedError)) throw error;
        refuse(response, error);
      });
    },
  );
  server.on('clientError', refuseConnection);
  server.on('close', () => pools.close());
  return server;
}
