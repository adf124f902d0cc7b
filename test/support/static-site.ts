/** A web server that answers every path with what a test gives it. */
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StaticSite {
  readonly origin: string;
  /** Bodies of all POST requests so far, as text. */
  readonly received: string[];
  close(): void;
}

export interface StaticPage {
  readonly body: string | Uint8Array;
  readonly headers?: OutgoingHttpHeaders;
}

/** Serves `pages` by path, as HTML unless their own headers say otherwise, all with extra `headers`. */
export async function startStaticSite(
  pages: Record<string, string | StaticPage>,
  headers: OutgoingHttpHeaders = {},
): Promise<StaticSite> {
  const received: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'POST') received.push(Buffer.concat(chunks).toString('utf8'));
    const found = pages[new URL(request.url ?? '/', 'http://site').pathname];
    const page = typeof found === 'string' ? { body: found } : found;
    response.writeHead(page === undefined ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
      ...headers,
      ...page?.headers,
    });
    response.end(page?.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    received,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
