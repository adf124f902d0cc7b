import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseTilePath, TILE_WIDTH } from '../../protocol/log/tiles.ts';
import { serverError } from '../errors.ts';
import type { TransparencyLog } from '../log.ts';
import { SharedFiles } from '../shared-files.ts';
import { parseRange } from './range.ts';

const TEXT = 'text/plain; charset=utf-8';
const BINARY = 'application/octet-stream';
/** A tile never changes, at any width. */
const FOREVER = 'public, max-age=31536000, immutable';
const BRIEFLY = 'public, max-age=1, must-revalidate';

/** The files of C2SP tlog-tiles. A bucket or CDN with the same files can stand in for these two routes. */
export function staticRoutes(app: FastifyInstance, log: TransparencyLog): void {
  const read = async (path: string) => {
    const bytes = await log.readFile(path);
    if (!bytes) throw serverError('WAX_LOGSERVER_NO_SUCH_PATH');
    return bytes;
  };

  const files = new SharedFiles();

  /** A bundle only grows at its end, so that readers who have its beginning ask for the rest. */
  const sendTile = async (request: FastifyRequest, reply: FastifyReply, path: string) => {
    const bytes = await files.read(path, read);
    reply.headers({ 'content-type': BINARY, 'cache-control': FOREVER, 'accept-ranges': 'bytes' });
    // A page elsewhere may see what part it got.
    reply.header('access-control-expose-headers', 'content-range');
    // A tile has no validator that If-Range could name.
    const isConditional = request.headers['if-range'] !== undefined;
    const range =
      request.method === 'GET' && !isConditional
        ? parseRange(request.headers.range ?? '', bytes.length)
        : null;
    if (range === null) return reply.send(bytes);
    if (range === 'unsatisfiable') {
      reply.header('content-range', `bytes */${bytes.length}`);
      return reply.code(416).header('cache-control', 'no-store').send();
    }
    const { start, end } = range;
    reply.header('content-range', `bytes ${start}-${end - 1}/${bytes.length}`);
    return reply.code(206).send(bytes.subarray(start, end));
  };

  const hidden = { schema: { hide: true } };
  app.get('/checkpoint', hidden, async (_, reply) =>
    reply.headers({ 'content-type': TEXT, 'cache-control': BRIEFLY }).send(await read('checkpoint')),
  );

  app.get<{ Params: { '*': string } }>('/tile/*', hidden, (request, reply) => {
    const path = `tile/${request.params['*']}`;
    // The address as it was sent: an escaped one would be a second name for the same file.
    if (request.raw.url !== `/${path}` || !isServed(path)) throw serverError('WAX_LOGSERVER_NO_SUCH_PATH');
    return sendTile(request, reply, path);
  });
  // Browsers that do not take Range for a simple header ask before a page elsewhere may send it.
  app.options('/tile/*', hidden, (_, reply) =>
    reply
      .headers({ 'access-control-allow-methods': 'GET', 'access-control-allow-headers': 'range' })
      .header('access-control-max-age', '86400')
      .code(204)
      .send(),
  );

  /** Only what a published tree has: files of a tree that no witness saw yet lie on the same disk. */
  function isServed(path: string): boolean {
    try {
      const { level, index, width } = parseTilePath(path);
      const unit = TILE_WIDTH ** (level === 'entries' ? 0 : level);
      return (index * TILE_WIDTH + width) * unit <= log.publishedSize;
    } catch {
      return false;
    }
  }
}
