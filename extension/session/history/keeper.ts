/**
 * History in a chat view: keeps the chat after each turn while the history is unlocked, and locks it after ten
 * idle minutes. There is none in private windows and none in the sealed box of a page, whose storage the browser
 * keeps apart: the database is not even opened there.
 * @module
 */
import { toHex } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import type { Store } from '../../ui/store.ts';
import type { ChatView } from '../../ui/surfaces/chat.ts';
import { History } from './history.ts';
import type { HistoryDatabase } from './history-database.ts';
import { historyError } from './history-errors.ts';
import type { Cost } from './passphrase.ts';
import type { StoredChat } from './stored-chat.ts';

export const IDLE_MS = 10 * 60_000;

export interface KeeperOptions {
  readonly store: Store<ChatView>;
  /** Null where nothing may be kept. */
  readonly database: HistoryDatabase | null;
  /** Service of the chat that is open. */
  service(): string | null;
  /** Shows a chat that was kept. */
  show(chat: StoredChat): void;
  /** Empties the view: the history was locked, or the chat deleted. */
  empty(): void;
  readonly now: () => number;
  readonly cost?: Cost;
}

const newId = () => toHex(crypto.getRandomValues(new Uint8Array(16)));

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #history: History | null;
  /** Id under which the open chat is kept. */
  #id = newId();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Changes are made one after the other, so that a later state never lands before an earlier one. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#history = options.database && new History(options.database, options.cost);
  }

  /** Looks whether there is a history, and shows how it stands. */
  look(): Promise<void> {
    return this.#do(async (history) => {
      if (!history.unlocked) {
        this.#update({ state: (await history.exists()) ? 'locked' : 'off', chats: [] });
        return;
      }
      this.#update({ state: 'open', chats: await history.list() });
    });
  }

  unlock(passphrase: string): Promise<void> {
    return this.#do(async (history) => {
      this.#update({ busy: true });
      await history.unlock(passphrase);
      // What was written while it was locked was meant to be kept, or it would have been closed.
      await this.#keep(history);
      this.#update({ state: 'open', chats: await history.list() });
      this.active();
    }, true);
  }

  /** Keeps the open chat as it stands now; without effect while the history is off or locked. */
  keep(): Promise<void> {
    return this.#do(async (history) => {
      if (!history.unlocked) return;
      await this.#keep(history);
      this.#update({ chats: await history.list() });
    });
  }

  /** Locks, and takes what it protects off the screen. */
  lock(): Promise<void> {
    return this.#do(async (history) => {
      if (!history.unlocked) return;
      clearTimeout(this.#timer);
      try {
        await this.#keep(history);
      } finally {
        history.lock();
        this.#update({ state: 'locked', chats: [] });
      }
      // Only now: what could not be kept stays on the screen rather than being lost.
      this.begin();
      this.#options.empty();
    }, true);
  }

  /** Somebody is there: the ten minutes begin anew. */
  active(): void {
    if (!this.#history?.unlocked) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.lock(), IDLE_MS);
  }

  /** Another chat begins, or goes on that is kept under `id`. */
  begin(id: string | null = null): void {
    this.#id = id ?? newId();
    this.#update({ current: id });
  }

  open(id: string): Promise<void> {
    return this.#do(async (history) => {
      await this.#keep(history);
      const chat = await history.load(id);
      this.#id = id;
      this.#options.show(chat);
      this.#update({ current: id, chats: await history.list() });
    }, true);
  }

  remove(id: string): Promise<void> {
    return this.#do(async (history) => {
      await history.remove(id);
      if (id === this.#id) {
        this.begin();
        this.#options.empty();
      }
      this.#update({ chats: await history.list() });
    }, true);
  }

  async #keep(history: History): Promise<void> {
    const service = this.#options.service();
    const { thread, setup, draft, attachments, editing } = this.#options.store.current();
    if (service === null || !thread.some(({ kind }) => kind === 'own')) return;
    // While an old message is edited, the composer holds that message: it is in the thread already.
    const written = editing === null ? { draft, attachments } : { draft: '', attachments: [] };
    await history.save(this.#id, { service, thread, setup, ...written }, this.#options.now());
    this.#update({ current: this.#id });
  }

  #update(change: Partial<ChatView['history']>): void {
    const { store } = this.#options;
    store.update({ history: { ...store.current().history, ...change } });
  }

  /** `told`: the person asked for it, so that what went wrong before is over. */
  #do(action: (history: History) => Promise<void>, told = false): Promise<void> {
    const history = this.#history;
    if (history === null) return Promise.resolve();
    const done = this.#queue.then(async () => {
      try {
        if (told) this.#update({ problem: null });
        await action(history);
        this.#update({ busy: false });
      } catch (error) {
        const { code } = error instanceof CodedError ? error : historyError('WAX_HISTORY_UNAVAILABLE');
        this.#update({ busy: false, problem: code });
        if (code !== 'WAX_HISTORY_CHANGED') return;
        history.lock();
        const state = await history.exists().catch(() => true);
        this.#update({ state: state ? 'locked' : 'off', chats: [] });
      }
    });
    this.#queue = done;
    return done;
  }
}
