/**
 * Serves the operator's page, on this machine only: it is written on the server, has no scripts, and is refused to
 * whoever comes under another name than this machine's, since a web page may have that name point here.
 * @module
 */
import { readFile } from 'node:fs/promises';
import fastify, { type FastifyInstance } from 'fastify';

const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const OWN_NAMES = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;
const source = (name: string) => new URL(name, import.meta.url);

/** @param write the document as of now */
export function buildOperatorServer(write: () => Promise<string>): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async ({ headers }, reply) => {
    reply.headers({
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    if (!OWN_NAMES.test(headers.host ?? '')) return reply.code(403).send('Only at this machine.\n');
  });
  app.setErrorHandler((_, __, reply) =>
    reply.code(500).send('This page failed. That says nothing about the rest.\n'),
  );
  app.get('/', async (_, reply) => reply.type('text/html; charset=utf-8').send(await write()));
  app.get('/style.css', async (_, reply) => {
    const sheets = await Promise.all(
      ['../base.css', './style.css'].map((name) => readFile(source(name), 'utf8')),
    );
    return reply.type('text/css; charset=utf-8').send(sheets.join('\n'));
  });
  return app;
}
