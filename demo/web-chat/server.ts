/**
 * `parley`, a web chat that knows nothing of Waxseal: its own composer, scripts, strict content security policy
 * and server, as a third party would have. It keeps every request body it receives, so that the demo can
 * show what its operator saw. One page of it, `/opt-in`, does know: the example of docs/provider-api.md.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const files: Record<string, { file: string; type: string }> = {
  '/chat.css': { file: 'chat.css', type: 'text/css; charset=utf-8' },
  '/chat.js': { file: 'chat.js', type: 'text/javascript; charset=utf-8' },
  '/opt-in': { file: 'opt-in.html', type: 'text/html; charset=utf-8' },
  '/opt-in.js': { file: 'opt-in.js', type: 'text/javascript; charset=utf-8' },
};
const page = { file: 'index.html', type: 'text/html; charset=utf-8' };
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'";

export interface WebChat {
  url: string;
  /** Bodies of all requests so far, as text. */
  received: string[];
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Starts the web chat on loopback; port 0 takes a free one. */
export async function startWebChat(port = 0): Promise<WebChat> {
  const received: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '/', 'http://parley').pathname;
    if (request.method === 'POST') {
      received.push(await readBody(request));
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          reply: 'parley read that. Anything typed in this box reaches its servers in the clear.',
        }),
      );
      return;
    }
    const { file, type } = files[path] ?? page;
    response.setHeader('content-type', type);
    response.setHeader('content-security-policy', policy);
    response.end(await readFile(new URL(`public/${file}`, import.meta.url)));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
