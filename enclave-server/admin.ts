/**
 * The local interface for whoever runs the machine: counters out, endorsements in. It is not reachable from the
 * network side of the server, and whoever reaches it learns nothing about a person and can keep the service
 * from working, which they could by pulling the plug.
 * @module
 */
import { chmodSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { concatBytes, u8, u32 } from '../protocol/bytes.ts';
import { CodedError } from '../protocol/errors.ts';
import type { HardwareAttester } from './attester/hardware.ts';
import { MOST_STAPLED } from './attester/staples.ts';
import { enclaveError } from './errors.ts';
import type { EventList } from './events.ts';

export interface AdminOptions {
  events: EventList;
  /** Null where evidence is simulated: there is nothing to staple. */
  hardware: Pick<HardwareAttester, 'evidenceType' | 'latest' | 'stapled' | 'staple'> | null;
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes: Uint8Array = part;
    size += bytes.length;
    if (size > MOST_STAPLED) throw enclaveError('WAX_ENCLAVE_STAPLE', `over ${MOST_STAPLED} bytes`);
    parts.push(bytes);
  }
  return concatBytes(...parts);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function answer(
  { events, hardware }: AdminOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const route = `${request.method} ${request.url}`;
  if (route === 'GET /counters') {
    json(response, 200, { atMost: events.totals, stapled: hardware?.stapled ?? null });
  } else if (route === 'GET /evidence' && hardware) {
    const { evidence, certificates } = hardware.latest;
    const parts = [evidence, certificates].flatMap((part) => [u32(part.length), part]);
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(concatBytes(u8(hardware.evidenceType), ...parts));
  } else if (route === 'PUT /staple' && hardware) {
    hardware.staple(await readBody(request));
    json(response, 200, { stapled: true });
  } else json(response, 404, {});
}

/**
 * `GET /counters`: numbers in steps, as of the last whole minute. `GET /evidence`: u8 type, and u32 length and
 * bytes each of the newest report and of the certificates that the host put beside it. `PUT /staple`:
 * endorsements, u32 length and bytes each.
 */
export function createAdmin(options: AdminOptions): Server {
  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      json(response, 400, error instanceof CodedError ? { code: error.code, detail: error.detail } : {});
    });
  });
  server.maxConnections = 8;
  return server;
}

/**
 * Listens at a path (a Unix socket), at `127.0.0.1:PORT`, or at `10.0.2.15:PORT`, which is what the guest image has
 * on its only link, the one to its host; throws WAX_ENCLAVE_OPTION for anything else.
 */
export function listenAdmin(server: Server, at: string): Promise<void> {
  const [, host, port] = /^(127\.0\.0\.1|10\.0\.2\.15):([0-9]{1,5})$/.exec(at) ?? [];
  if (port === undefined && !at.startsWith('/')) throw enclaveError('WAX_ENCLAVE_OPTION', '--admin');
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(enclaveError('WAX_ENCLAVE_OPTION', '--admin', { cause })));
    if (port !== undefined) server.listen(Number(port), host, resolve);
    else
      server.listen(at, () => {
        // Whatever the umask: whoever may write to a socket may connect to it.
        chmodSync(at, 0o600);
        resolve();
      });
  });
}
