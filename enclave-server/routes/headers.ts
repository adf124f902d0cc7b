import type { FastifyReply } from 'fastify';

/**
 * On every response, errors included (wire-format.md): any page may ask, nothing may keep or re-encode it, and
 * a buffering proxy is told to let records through as they come.
 */
export const commonHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-max-age': '7200',
  // Without it a page that may only ask, not read headers, would not know when to try again.
  'access-control-expose-headers': 'retry-after',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

export const BINARY = 'application/octet-stream';

/** The one answer to whatever is wrong with a turn before its request has opened (wire-format.md B8). */
export function refuseTurn(reply: FastifyReply): FastifyReply {
  return reply.code(400).header('content-type', BINARY).send(Buffer.alloc(32));
}
