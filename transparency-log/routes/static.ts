import type { FastifyInstance, FastifyReply } from 'fastify';
import { parseTilePath, TILE_WIDTH } from '../../protocol/log/tiles.ts';
import { serverError } from '../errors.ts';
import type { TransparencyLog } from '../log.ts';

const TEXT = 'text/plain; charset=utf-8';
const BINARY = 'application/octet-stream';
/** A tile never changes, at any width. */
const FOREVER = 'public, max-age=31536000, immutable';
const BRIEFLY = 'public, max-age=1, must-revalidate';

/** The files of C2SP tlog-tiles. A bucket or CDN with the same files can stand in for these two routes. */
export function staticRoutes(app: FastifyInstance, log: TransparencyLog): void {
  const send = async (reply: FastifyReply, path: string, type: string, caching: string) => {
    const bytes = await log.readFile(path);
    if (!bytes) throw serverError('WAX_LOGSERVER_NO_SUCH_PATH');
    return reply.header('content-type', type).header('cache-control', caching).send(bytes);
  };

  const hidden = { schema: { hide: true } };
  app.get('/checkpoint', hidden, (_, reply) => send(reply, 'checkpoint', TEXT, BRIEFLY));

  app.get<{ Params: { '*': string } }>('/tile/*', hidden, (request, reply) => {
    const path = `tile/${request.params['*']}`;
    // The address as it was sent: an escaped one would be a second name for the same file.
    if (request.raw.url !== `/${path}` || !isServed(path)) throw serverError('WAX_LOGSERVER_NO_SUCH_PATH');
    return send(reply, path, BINARY, FOREVER);
  });

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
