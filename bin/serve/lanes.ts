/**
 * Chats side by side: a sealed session carries one turn at a time, so each request has one to itself until the
 * content of its answer has ended. While requests come, one chat more than they need is verified in advance, so that
 * none of them waits for a handshake.
 * @module
 */
import type { ChatSession } from '../../extension/session/chat-session.ts';

export interface LanesOptions {
  open: () => ChatSession;
  /** Chats at the same time. */
  most: number;
  /** Requests that may wait for one. */
  waiting: number;
  /** How long after the last request sessions are still kept verified in advance, in milliseconds. */
  restMs?: number;
}

/** As long as a session may stand idle: beyond that the service is asked nothing until somebody asks it something. */
const REST_MS = 600_000;

interface Waiting {
  resolve: (chat: ChatSession) => void;
}

export class Lanes {
  readonly #options: LanesOptions;
  readonly #all = new Set<ChatSession>();
  /** The one that was used last is used next: the others' sessions may end. */
  readonly #idle: ChatSession[] = [];
  readonly #queue: Waiting[] = [];
  #rest: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** A chat that nobody else uses until `free`; null when too many wait for one already. */
  take(signal: AbortSignal): Promise<ChatSession> | null {
    const chat = this.#idle.pop() ?? this.#open();
    if (chat) {
      this.#wake(chat);
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

  /** Has one chat verified for a request that may come while the others are in use. */
  ahead(): void {
    const chat = this.#closed || this.#idle.length > 0 ? null : this.#open();
    if (!chat) return;
    this.#wake(chat);
    this.#idle.push(chat);
  }

  free(chat: ChatSession): void {
    const next = this.#queue.shift();
    if (next) next.resolve(chat);
    else this.#idle.push(chat);
  }

  /** Keeps a session at hand in this chat until nothing has been asked for a while. */
  #wake(chat: ChatSession): void {
    chat.setVisible(true);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      for (const one of this.#all) one.setVisible(false);
    }, this.#options.restMs ?? REST_MS).unref();
  }

  #open(): ChatSession | null {
    if (this.#all.size >= this.#options.most) return null;
    const chat = this.#options.open();
    this.#all.add(chat);
    return chat;
  }

  /** Ends every chat, with whatever is under way in it. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#rest);
    for (const chat of this.#all) chat.close();
  }
}
