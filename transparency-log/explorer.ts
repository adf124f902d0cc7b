/**
 * The explorer's pages, written on the server: whoever has no scripts can read them. The scripts, if they were built,
 * check everything again in the visitor's browser.
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Address, PATHS, parseAddress, viewOf } from './explorer/address.ts';
import { writeDocument } from './explorer/page.ts';
import { StoredLog } from './explorer/stored-log.ts';
import type { TransparencyLog } from './log.ts';
import { indexParams } from './routes/schemas.ts';

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Scripts and styles from this server only, and none inline: what the page shows comes out of signed entries. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const source = (name: string) => readFile(new URL(name, import.meta.url));

/** In this order: a later one has the last word. */
const STYLES = [
  './base.css',
  ...['frame', 'content', 'home', 'entry', 'search', 'narrow'].map((name) => `./explorer/styles/${name}.css`),
];

/** Style sheet and icon from the sources, scripts from the folder that they were built into. */
async function readFiles(folder: string): Promise<Map<string, Buffer>> {
  const style = Buffer.concat(await Promise.all(STYLES.map(source)));
  const files = new Map([
    ['style.css', style],
    ['brand.svg', await source('./explorer/brand.svg')],
  ]);
  for (const file of await readdir(folder)) files.set(file, await readFile(join(folder, file)));
  return files;
}

/** @param folder where the scripts were built */
export async function openExplorer(
  app: FastifyInstance,
  log: TransparencyLog,
  folder: string,
): Promise<void> {
  const stored = new StoredLog(log);
  // The first visitor of a long log would wait while it is read; whatever fails here is said to whoever comes.
  stored.source().catch(() => {});
  const hidden = { schema: { hide: true } };
  const send = (reply: FastifyReply, type: string, body: Buffer | string) =>
    reply
      .headers({ 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' })
      .header('content-type', type)
      .header('cache-control', 'no-cache')
      .send(body);

  for (const [name, bytes] of await readFiles(folder)) {
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    app.get(`/explorer/${name}`, hidden, (_, reply) => send(reply, type, bytes));
  }
  const answer = async (address: Address, reply: FastifyReply) => {
    const known = await stored.source();
    const { content, isFound } = await viewOf(address, known, Date.now());
    const page = writeDocument(known.origin, address, content);
    return send(reply.code(isFound ? 200 : 404), 'text/html; charset=utf-8', page);
  };
  for (const path of PATHS) {
    app.get(path, hidden, (request, reply) =>
      answer(parseAddress(new URL(request.raw.url ?? '/', 'http://log')), reply),
    );
  }
  app.get<{ Params: { index: number } }>(
    '/entry/:index/original',
    { schema: { hide: true, params: indexParams } },
    async ({ params: { index } }, reply) => {
      const { entry } = await log.entry(index);
      return reply
        .header('content-disposition', `attachment; filename="entry-${index}.json"`)
        .type('application/json')
        .send(Buffer.from(entry));
    },
  );
}
