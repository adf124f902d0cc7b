/** Serves the files of a log to anybody's page, as a real log does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LogFilesServer {
  url: string;
  close(): Promise<void>;
}

const headers = { 'access-control-allow-origin': '*', 'cache-control': 'no-store' };

/** Starts on loopback; `file` gives the bytes of a path, or null for what is not there. */
export async function serveLogFiles(file: (path: string) => Uint8Array | null): Promise<LogFilesServer> {
  const server = createServer((request, response) => {
    const body = file((request.url ?? '/').slice(1));
    response.writeHead(body === null ? 404 : 200, headers);
    response.end(body ?? undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
