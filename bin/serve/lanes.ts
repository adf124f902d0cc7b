/**
 * Chats side by side: a sealed session carries one turn at a time, so each request has one to itself until the
 * content of its answer has ended.
 * @module
 */
import type { ChatSession } from '../../extension/session/chat-session.ts';

export interface LanesOptions {
  open: () => ChatSession;
  /** Chats at the same time. */
  most: number;
  /** Requests that may wait for one. */
  waiting: number;
}

interface Waiting {
  resolve: (chat: ChatSession) => void;
}

export class Lanes {
  readonly #options: LanesOptions;
  readonly #all = new Set<ChatSession>();
  /** The one that was used last is used next: the others' sessions may end. */
  readonly #idle: ChatSession[] = [];
  readonly #queue: Waiting[] = [];

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** A chat that nobody else uses until `free`; null when too many wait for one already. */
  take(signal: AbortSignal): Promise<ChatSession> | null {
    const idle = this.#idle.pop();
    if (idle) return Promise.resolve(idle);
    if (this.#all.size < this.#options.most) {
      const chat = this.#options.open();
      this.#all.add(chat);
      return Promise.resolve(chat);
    }
    if (this.#queue.length >= this.#options.waiting) return null;
    const { promise, resolve, reject } = Promise.withResolvers<ChatSession>();
    const entry = { resolve };
    this.#queue.push(entry);
    signal.addEventListener('abort', () => {
      const at = this.#queue.indexOf(entry);
      if (at < 0) return;
      this.#queue.splice(at, 1);
      reject(signal.reason);
    });
    return promise;
  }

  free(chat: ChatSession): void {
    const next = this.#queue.shift();
    if (next) next.resolve(chat);
    else this.#idle.push(chat);
  }

  /** Ends every chat, with whatever is under way in it. */
  close(): void {
    for (const chat of this.#all) chat.close();
  }
}
