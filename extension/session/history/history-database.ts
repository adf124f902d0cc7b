/**
 * Where the encrypted history lies: a database of its own, opened only by pages of the extension that stand at
 * the top (the panel, Options). It holds bytes that say nothing; keys and words are never in it.
 * @module
 */
import { historyError } from './history-errors.ts';

/** `header`, `index`, or the id of a chat. */
type Key = 'header' | 'index' | (string & {});

/** Records to write; null deletes. */
export type Changes = ReadonlyMap<Key, Uint8Array | null>;

export interface HistoryDatabase {
  read(key: Key): Promise<Uint8Array | null>;
  /**
   * Changes records in one transaction, by what header and index are at that moment. What `decide` throws ends it
   * with nothing changed.
   */
  change(decide: (header: Uint8Array | null, index: Uint8Array | null) => Changes): Promise<void>;
  /** Deletes everything. */
  clear(): Promise<void>;
}

const bytesOf = (value: unknown): Uint8Array | null => (value instanceof Uint8Array ? value : null);

function finished<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(historyError('WAX_HISTORY_UNAVAILABLE', '', { cause: request.error }));
  });
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('waxseal-history', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('records');
  return finished(request);
}

/** The database of this profile, opened at first use. */
export function openHistoryDatabase(): HistoryDatabase {
  let opened: Promise<IDBDatabase> | null = null;
  const records = async (mode: IDBTransactionMode) => {
    opened ??= open().catch((error) => {
      opened = null;
      throw error;
    });
    const transaction = (await opened).transaction('records', mode, { durability: 'strict' });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(historyError('WAX_HISTORY_UNAVAILABLE', '', { cause: transaction.error }));
    });
    // Whoever does not wait for the end is told by the request itself.
    done.catch(() => {});
    return { transaction, done, store: transaction.objectStore('records') };
  };
  return {
    async read(key) {
      const { store } = await records('readonly');
      return bytesOf(await finished(store.get(key)));
    },
    async change(decide) {
      const { store, transaction, done } = await records('readwrite');
      const [header, index] = await Promise.all([
        finished<unknown>(store.get('header')),
        finished<unknown>(store.get('index')),
      ]);
      try {
        for (const [key, bytes] of decide(bytesOf(header), bytesOf(index))) {
          if (bytes === null) store.delete(key);
          else store.put(bytes, key);
        }
      } catch (error) {
        transaction.abort();
        throw error;
      }
      await done;
    },
    async clear() {
      const { store, done } = await records('readwrite');
      store.clear();
      await done;
    },
  };
}
