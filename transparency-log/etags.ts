import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** Whether `If-None-Match` names this tag, by weak comparison (RFC 9110, 13.1.2). */
export function isNamed(header: string, tag: string): boolean {
  return header.trim() === '*' || header.split(',').some((part) => part.trim().replace(/^W\//, '') === tag);
}

/**
 * Gives every answer that may change an entity tag, and answers 304 to whoever has it already. What never
 * changes needs none: it is not asked for again.
 */
export function addEntityTags(app: FastifyInstance): void {
  app.addHook('onSend', async ({ method, headers }, reply, payload) => {
    if (method !== 'GET' && method !== 'HEAD') return payload;
    if (reply.statusCode !== 200 || !(typeof payload === 'string' || Buffer.isBuffer(payload)))
      return payload;
    if (String(reply.getHeader('cache-control') ?? '').includes('immutable')) return payload;
    const tag = `"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`;
    reply.header('etag', tag);
    // It may be kept, and must be asked for again before it is used.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache');
    const known = headers['if-none-match'];
    if (method !== 'GET' || known === undefined || !isNamed(known, tag)) return payload;
    reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return null;
  });
}
