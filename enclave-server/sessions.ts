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
import { PendingSessions, type TakenSession } from './pending-sessions.ts';

export interface LiveSession {
  readonly keys: ServerSession;
  /** The engine's name for this session; it says nothing about the id. */
  readonly number: number;
  /** Whatever tells one who offers from another. */
  readonly client: string;
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
  /** First 4 bytes of every id; random where the operator routes by nothing. */
  instance?: Uint8Array;
}

const SWEEP_MS = 1_000;

export class Sessions {
  /** First 4 bytes of every id of this process. */
  readonly instance: Uint8Array;
  readonly #options: SessionsOptions;
  readonly #pending: PendingSessions;
  readonly #live = new Map<string, LiveSession>();
  readonly #timer: NodeJS.Timeout;
  #nextNumber = 0;
  /** The clients of sessions whose first request is being opened. */
  readonly #opening: string[] = [];
  /** Replies under way, those of sessions that are over included. */
  readonly #replies = new Set<ReplyWriter>();
  /** Set while the server drains; called when the last reply is closed. */
  #onDrained: (() => void) | null = null;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#pending = new PendingSessions(options.limits.pendingSessions);
    this.instance = options.instance ?? crypto.getRandomValues(new Uint8Array(4));
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  /** An id for a new session; throws WAX_ENCLAVE_OVERLOADED when there are too many already. */
  newId(client = ''): Uint8Array {
    const isRoom = !this.#isFull() || this.#idlest(client) !== null;
    if (this.draining || !isRoom || !this.#pending.hasRoom(client)) {
      throw enclaveError('WAX_ENCLAVE_OVERLOADED');
    }
    return concatBytes(this.instance, crypto.getRandomValues(new Uint8Array(12)));
  }

  /**
   * Keeps an answered offer; its lifetimes count from here. `client` is whatever tells one who offers from another.
   * Throws WAX_ENCLAVE_OVERLOADED when the server has begun to drain meanwhile.
   */
  offer(waiting: WaitingSession, client = ''): void {
    if (this.draining) throw enclaveError('WAX_ENCLAVE_OVERLOADED');
    const now = this.#options.now();
    const { offerTtlS, sessionTtlS } = this.#options.session;
    const times = { offerEndsAt: now + 1000 * offerTtlS, endsAt: now + 1000 * sessionTtlS };
    this.#pending.add({ ...waiting, ...times, client });
  }

  /**
   * Takes an offered session out, once and for all; null when there is none, it is too late, or there are as
   * many live ones already as may be and none gives way: offers that wait must not all come to life at once. It
   * has a place among the live ones from here on: `open` fills it, or `giveUp` frees it.
   */
  take(id: Uint8Array): TakenSession | null {
    const client = this.#pending.clientOf(id);
    const givesWay = client !== null && this.#isFull() ? this.#idlest(client) : null;
    if (client === null || (this.#isFull() && givesWay === null)) return null;
    const pending = this.#pending.take(id, this.#options.now());
    if (!pending) return null;
    if (givesWay) this.drop(givesWay);
    this.#opening.push(client);
    return pending;
  }

  /** The first request of a session that was taken did not open. */
  giveUp({ client }: TakenSession): void {
    this.#opened(client);
  }

  #opened(client: string): void {
    const at = this.#opening.indexOf(client);
    if (at >= 0) this.#opening.splice(at, 1);
  }

  /** Makes a session live that was taken, and whose first request has opened. */
  open(keys: ServerSession, endsAt: number, client = ''): LiveSession {
    this.#opened(client);
    const live: LiveSession = {
      keys,
      number: this.#nextNumber++,
      client,
      endsAt,
      lastUsedAt: this.#options.now(),
      replies: new Set(),
      stop: new AbortController(),
    };
    this.#live.set(toHex(keys.id), live);
    return live;
  }

  #isFull(): boolean {
    return this.#live.size + this.#opening.length >= this.#options.limits.liveSessions;
  }

  /**
   * The session that gives way to one more of `client` where there is no room: of those that nothing is under way
   * in, the one that was idle longest, of the client that has the most. Its next turn is refused like any of a
   * session that was forgotten, and the client opens another one.
   */
  #idlest(client: string): LiveSession | null {
    const held = new Map<string, number>();
    const clients = [...this.#live.values()].map((live) => live.client);
    for (const one of [...clients, ...this.#opening]) held.set(one, (held.get(one) ?? 0) + 1);
    const [largest, most] = [...held].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    // One more than the own ones is no reason: two clients would push each other out by turns.
    if (most <= (held.get(client) ?? 0) + 1) return null;
    const idle = [...this.#live.values()].filter(
      (live) => live.client === largest && live.replies.size === 0,
    );
    return idle.reduce<LiveSession | null>(
      (a, b) => (a === null || b.lastUsedAt < a.lastUsedAt ? b : a),
      null,
    );
  }

  /** A live session whose time is not over. */
  find(id: Uint8Array): LiveSession | null {
    const live = this.#live.get(toHex(id));
    if (!live || this.draining) return null;
    if (!this.#isOver(live)) return live;
    this.expire(live);
    return null;
  }

  /** Notes that a turn has begun. */
  begin(live: LiveSession, { reply }: OpenedTurn): void {
    live.lastUsedAt = this.#options.now();
    live.replies.add(reply);
    this.#replies.add(reply);
  }

  /** Notes that a reply is closed, and erases the session if that was its last. */
  settle(live: LiveSession, reply: ReplyWriter): void {
    live.lastUsedAt = this.#options.now();
    live.replies.delete(reply);
    this.#replies.delete(reply);
    if (live.keys.ended || (this.draining && live.replies.size === 0)) this.drop(live);
    else if (live.stop.signal.aborted && live.replies.size === 0) live.keys.end();
    if (this.#replies.size === 0) this.#onDrained?.();
  }

  /** No more sessions and no more turns: the server is about to end. */
  get draining(): boolean {
    return this.#onDrained !== null;
  }

  /**
   * Takes nothing new from here on, as if every session without a reply under way had been forgotten, and
   * resolves when the last reply is closed. Those that are not finished after `withinMs` end as "session over".
   */
  async drain(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onDrained = resolve;
    this.#pending.clear();
    for (const live of [...this.#live.values()]) if (live.replies.size === 0) this.drop(live);
    if (this.#replies.size === 0) return;
    const timer = setTimeout(() => {
      for (const live of [...this.#live.values()]) this.expire(live);
    }, withinMs);
    await promise;
    clearTimeout(timer);
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
    this.#pending.sweep(this.#options.now());
    for (const live of [...this.#live.values()]) if (this.#isOver(live)) this.expire(live);
  }

  /** Erases everything. */
  close(): void {
    clearInterval(this.#timer);
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
