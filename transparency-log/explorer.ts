import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Scripts and styles from this server only, and none inline: what the page shows comes out of signed entries. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/** Serves the built explorer page: its files under /explorer/, and the page itself wherever a reader can be. */
export async function openExplorer(app: FastifyInstance, folder: string): Promise<void> {
  const headers = { 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' };
  const send = (path: string, file: string, bytes: Buffer) =>
    app.get(path, { schema: { hide: true } }, (_, reply) =>
      reply
        .headers(headers)
        .header('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
        .header('cache-control', 'no-cache')
        .send(bytes),
    );
  for (const file of await readdir(folder))
    send(`/explorer/${file}`, file, await readFile(join(folder, file)));
  const page = await readFile(join(folder, 'index.html'));
  for (const path of ['/', '/entry/:index', '/search']) send(path, 'index.html', page);
}
