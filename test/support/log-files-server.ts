/** Serves the files of a log to anybody's page, as a real log does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseRange } from '../../transparency-log/routes/range.ts';

export interface ServedFile {
  path: string;
  /** The Range header, or null. */
  range: string | null;
  status: number;
}

export interface LogFilesServer {
  url: string;
  /** All that was asked for and answered, in order. */
  readonly served: readonly ServedFile[];
  close(): Promise<void>;
}

const HEADERS = { 'access-control-allow-origin': '*', 'cache-control': 'no-store' };

/** Status, headers and body for a file, or for the part of it that is asked for. */
function answerOf(body: Uint8Array | null, range: string | null): [number, object, Uint8Array?] {
  if (body === null) return [404, HEADERS];
  const part = range === null ? null : parseRange(range, body.length);
  if (part === null) return [200, HEADERS, body];
  if (part === 'unsatisfiable') return [416, { ...HEADERS, 'content-range': `bytes */${body.length}` }];
  const { start, end } = part;
  const stated = { 'content-range': `bytes ${start}-${end - 1}/${body.length}` };
  return [206, { ...HEADERS, ...stated }, body.subarray(start, end)];
}

/** Starts on loopback; `file` gives the bytes of a path, or null for what is not there. */
export async function serveLogFiles(file: (path: string) => Uint8Array | null): Promise<LogFilesServer> {
  const served: ServedFile[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    const range = request.headers.range ?? null;
    const [status, headers, body] = answerOf(file(path), range);
    served.push({ path, range, status });
    response.writeHead(status, { ...headers });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
