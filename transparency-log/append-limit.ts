/**
 * How many submissions of one address the log refuses before it stops reading them for a while. Only refusals
 * count: what publishers signed is taken at any rate, and reading is never counted, so readers cannot keep
 * publishers out.
 * @module
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressGroup } from '../protocol/address-group.ts';
import { serverError } from './errors.ts';

export interface AppendLimitOptions {
  /** Refusals that an address has at once; 60 unless said. */
  burst?: number;
  /** How many of them it gets back in a second; 1 unless said. */
  perSecond?: number;
  /** Addresses that are remembered; 4,096 unless said. */
  addresses?: number;
}

interface Bucket {
  /** Refusals left; below zero after a burst of requests that were under way together. */
  left: number;
  /** When that was so, in milliseconds. */
  at: number;
}

/** A token bucket for each address, the ones used last; the oldest is forgotten when there are too many. */
export class AppendLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #addresses: number;
  readonly #now: () => number;

  constructor(
    { burst = 60, perSecond = 1, addresses = 4096 }: AppendLimitOptions = {},
    now: () => number = Date.now,
  ) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#addresses = addresses;
    this.#now = now;
  }

  /** How many addresses are remembered now. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Milliseconds to wait before this address is listened to again; 0 for "now". */
  waitFor(address: string): number {
    const left = this.#left(addressGroup(address), this.#now());
    return left >= 1 ? 0 : Math.ceil((1000 * (1 - left)) / this.#perSecond);
  }

  /** Notes one refusal. */
  charge(address: string): void {
    const [key, now] = [addressGroup(address), this.#now()];
    // Nobody owes more than a burst: whoever shares the address with a fool waits minutes, not days.
    const left = Math.max(this.#left(key, now) - 1, -this.#burst);
    this.#buckets.delete(key);
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined && this.#buckets.size >= this.#addresses) this.#buckets.delete(oldest);
    this.#buckets.set(key, { left, at: now });
  }

  #left(key: string, now: number): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return this.#burst;
    // A clock that was set back gives nothing and takes nothing.
    const regained = (Math.max(0, now - bucket.at) * this.#perSecond) / 1000;
    return Math.min(this.#burst, bucket.left + regained);
  }
}

/** The hooks of a route that takes submissions. */
export function limitRefusals(limit: AppendLimit) {
  return {
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      const wait = limit.waitFor(request.ip);
      if (wait === 0) return;
      reply.header('retry-after', Math.ceil(wait / 1000));
      throw serverError('WAX_LOGSERVER_RATE', `wait ${Math.ceil(wait / 1000)} s`);
    },
    onResponse: async (request: FastifyRequest, reply: FastifyReply) => {
      const { statusCode } = reply;
      if (statusCode >= 400 && statusCode < 500 && statusCode !== 429) limit.charge(request.ip);
    },
  };
}
