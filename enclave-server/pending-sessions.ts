/**
 * Offered sessions that wait for their first turn. Where there is no room, the client that holds the most gives up
 * its oldest one: whoever collects sessions without using them takes the places of nobody else.
 * @module
 */
import { toHex } from '../protocol/bytes.ts';
import type { WaitingSession } from '../protocol/session/server-turn.ts';

/** An offered session that was taken for its first turn. */
export interface TakenSession extends WaitingSession {
  /** Whatever tells one who offers from another. */
  client: string;
  /** When the session's time is over, on the monotonic clock. */
  endsAt: number;
}

export interface PendingSession extends TakenSession {
  /** When it is too late for a first turn, on the monotonic clock. */
  offerEndsAt: number;
}

export class PendingSessions {
  readonly #most: number;
  /** By id, the oldest first: they all live equally long. */
  readonly #all = new Map<string, PendingSession>();
  readonly #held = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether one more of this client would find room, if need be in place of another client's. */
  hasRoom(client: string): boolean {
    if (this.#all.size < this.#most) return true;
    return this.#largest().held > (this.#held.get(client) ?? 0) + 1;
  }

  /** Keeps a session, in place of another where there is no room. */
  add(session: PendingSession): void {
    if (this.#all.size >= this.#most) this.#giveUp(this.#largest().client);
    this.#all.set(toHex(session.id), session);
    this.#held.set(session.client, (this.#held.get(session.client) ?? 0) + 1);
  }

  /** Whose session this is; null when there is none. */
  clientOf(id: Uint8Array): string | null {
    return this.#all.get(toHex(id))?.client ?? null;
  }

  /** Takes a session out, once and for all; null when there is none or it is too late. */
  take(id: Uint8Array, now: number): PendingSession | null {
    const session = this.#all.get(toHex(id));
    if (!session) return null;
    this.#remove(session);
    if (now < session.offerEndsAt) return session;
    session.seed.fill(0);
    return null;
  }

  /** Erases those for which it is too late. */
  sweep(now: number): void {
    for (const session of this.#all.values()) {
      if (now < session.offerEndsAt) break;
      this.#erase(session);
    }
  }

  /** Erases all of them. */
  clear(): void {
    for (const session of this.#all.values()) this.#erase(session);
  }

  #largest(): { client: string; held: number } {
    let largest = { client: '', held: 0 };
    for (const [client, held] of this.#held) if (held > largest.held) largest = { client, held };
    return largest;
  }

  #giveUp(client: string): void {
    for (const session of this.#all.values()) {
      if (session.client !== client) continue;
      this.#erase(session);
      return;
    }
  }

  #erase(session: PendingSession): void {
    session.seed.fill(0);
    this.#remove(session);
  }

  #remove({ id, client }: PendingSession): void {
    this.#all.delete(toHex(id));
    const held = (this.#held.get(client) ?? 1) - 1;
    if (held > 0) this.#held.set(client, held);
    else this.#held.delete(client);
  }
}
