/**
 * Sessions of this process, all in memory: offered ones that wait for their first turn, and live ones. Times
 * are durations on a monotonic clock, since the wall clock of a guest belongs to the host.
 * @module
 */
import { concatBytes, toHex } from '../protocol/bytes.ts';
import type { ReplyWriter } from '../protocol/session/reply-writer.ts';
import type { OpenedTurn, ServerSession, WaitingSession } from '../protocol/session/server-turn.ts';
import type { LimitConfig, SessionConfig } from './config.ts';
import { enclaveError } from './errors.ts';

/** An offered session that was taken for its first turn. */
export interface TakenSession extends WaitingSession {
  /** When the session's time is over, on the monotonic clock. */
  endsAt: number;
}

interface Pending extends TakenSession {
  offerEndsAt: number;
}

export interface LiveSession {
  readonly keys: ServerSession;
  /** The engine's name for this session; it says nothing about the id. */
  readonly number: number;
  readonly endsAt: number;
  lastUsedAt: number;
  /** Replies that are not closed: the last one, and one before it that is still being padded. */
  readonly replies: Set<ReplyWriter>;
  /** Stops the engine's work for this session. */
  readonly stop: AbortController;
}

export interface SessionsOptions {
  session: SessionConfig;
  limits: LimitConfig;
  /** Milliseconds on a monotonic clock. */
  now: () => number;
  /** Told when a session has ended, so that the engine forgets it. */
  onEnd: (number: number) => void;
}

const SWEEP_MS = 1_000;

export class Sessions {
  /** First 4 bytes of every id of this process. */
  readonly instance = crypto.getRandomValues(new Uint8Array(4));
  readonly #options: SessionsOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #live = new Map<string, LiveSession>();
  readonly #timer: NodeJS.Timeout;
  #nextNumber = 0;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  /** An id for a new session; throws WAX_ENCLAVE_OVERLOADED when there are too many already. */
  newId(): Uint8Array {
    const { pendingSessions, liveSessions } = this.#options.limits;
    if (this.#pending.size >= pendingSessions || this.#live.size >= liveSessions) {
      throw enclaveError('WAX_ENCLAVE_OVERLOADED');
    }
    return concatBytes(this.instance, crypto.getRandomValues(new Uint8Array(12)));
  }

  /** Keeps an answered offer; its lifetimes count from here. */
  offer(waiting: WaitingSession): void {
    const now = this.#options.now();
    const { offerTtlS, sessionTtlS } = this.#options.session;
    const times = { offerEndsAt: now + 1000 * offerTtlS, endsAt: now + 1000 * sessionTtlS };
    this.#pending.set(toHex(waiting.id), { ...waiting, ...times });
  }

  /**
   * Takes an offered session out, once and for all; null when there is none, it is too late, or there are as
   * many live ones already as may be: offers that wait must not all come to life at once.
   */
  take(id: Uint8Array): TakenSession | null {
    if (this.#live.size >= this.#options.limits.liveSessions) return null;
    const key = toHex(id);
    const pending = this.#pending.get(key);
    if (!pending) return null;
    this.#pending.delete(key);
    if (this.#options.now() < pending.offerEndsAt) return pending;
    pending.seed.fill(0);
    return null;
  }

  /** Makes a session live whose first request has opened. */
  open(keys: ServerSession, endsAt: number): LiveSession {
    const live: LiveSession = {
      keys,
      number: this.#nextNumber++,
      endsAt,
      lastUsedAt: this.#options.now(),
      replies: new Set(),
      stop: new AbortController(),
    };
    this.#live.set(toHex(keys.id), live);
    return live;
  }

  /** A live session whose time is not over. */
  find(id: Uint8Array): LiveSession | null {
    const live = this.#live.get(toHex(id));
    if (!live) return null;
    if (!this.#isOver(live)) return live;
    this.expire(live);
    return null;
  }

  /** Notes that a turn has begun. */
  begin(live: LiveSession, { reply }: OpenedTurn): void {
    live.lastUsedAt = this.#options.now();
    live.replies.add(reply);
  }

  /** Notes that a reply is closed, and erases the session if that was its last. */
  settle(live: LiveSession, reply: ReplyWriter): void {
    live.lastUsedAt = this.#options.now();
    live.replies.delete(reply);
    if (live.keys.ended) this.drop(live);
    else if (live.stop.signal.aborted && live.replies.size === 0) live.keys.end();
  }

  /** Ends a session whose time is over: no more turns; a reply under way ends with "session over". */
  expire(live: LiveSession): void {
    this.#forget(live);
    for (const reply of live.replies) reply.fail('session-over');
    if (live.replies.size === 0) live.keys.end();
  }

  /** Erases a session at once, with the keys of any reply under way. */
  drop(live: LiveSession): void {
    this.#forget(live);
    live.keys.end();
  }

  /** Erases what has outlived its time. */
  sweep(): void {
    const now = this.#options.now();
    for (const [key, pending] of this.#pending) {
      // They all live equally long, so the first that still lives is followed by such only.
      if (now < pending.offerEndsAt) break;
      pending.seed.fill(0);
      this.#pending.delete(key);
    }
    for (const live of [...this.#live.values()]) if (this.#isOver(live)) this.expire(live);
  }

  /** Erases everything. */
  close(): void {
    clearInterval(this.#timer);
    for (const { seed } of this.#pending.values()) seed.fill(0);
    this.#pending.clear();
    for (const live of [...this.#live.values()]) this.drop(live);
  }

  #forget(live: LiveSession): void {
    if (!this.#live.delete(toHex(live.keys.id))) return;
    live.stop.abort();
    this.#options.onEnd(live.number);
  }

  #isOver({ endsAt, lastUsedAt, replies }: LiveSession): boolean {
    const now = this.#options.now();
    return now >= endsAt || (replies.size === 0 && now >= lastUsedAt + 1000 * this.#options.session.idleS);
  }
}
