/**
 * How many connections may come to the servers of log and witness at once, and how long these wait for a client to
 * send what it has begun, and to take what it asked for. Without a limit, anybody who sends or takes a byte a minute
 * holds a connection, and an answer, for ever. Pauses between two requests are not limited by it.
 * @module
 */
import type { FastifyInstance } from 'fastify';

/** For taking a whole answer, in milliseconds: a full bundle of ordinary entries at 40 kbit/s. */
const TAKE_MS = 60_000;

/**
 * Connections that the kernel holds until the process takes them. Of more it drops the first packet, and whoever
 * opened one tries again a second later: with Node's 511, so did half of a thousand that came at once.
 */
export const BACKLOG = 4096;

export const patience = {
  /** For a whole request, in milliseconds. */
  requestTimeout: 10_000,
  http: {
    /** For its headers. */
    headersTimeout: 5_000,
    /** How often connections are looked through. */
    connectionsCheckingInterval: 1_000,
  },
} as const;

/** Hangs up on clients that do not take an answer in time. */
export function cutOffSlowReaders(app: FastifyInstance, takeMs = TAKE_MS): void {
  app.addHook('onSend', async (_, { raw }) => {
    const timer = setTimeout(() => raw.destroy(), takeMs).unref();
    for (const end of ['finish', 'close'] as const) raw.once(end, () => clearTimeout(timer));
  });
}
