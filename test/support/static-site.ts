/** A web server that answers every path with what a test gives it. */
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StaticSite {
  readonly origin: string;
  close(): void;
}

/** Serves `pages` by path, as HTML, with extra `headers`. */
export async function startStaticSite(
  pages: Record<string, string>,
  headers: OutgoingHttpHeaders = {},
): Promise<StaticSite> {
  const server = createServer((request, response) => {
    const body = pages[new URL(request.url ?? '/', 'http://site').pathname];
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
      ...headers,
    });
    response.end(body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
