/**
 * The background's IndexedDB: named tables of text records, each with its digest, changed one transaction at
 * a time. A record that does not match its digest is damaged, and damaged is never taken for absent: state
 * that silently starts over has forgotten what it once saw.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8 } from '../../protocol/bytes.ts';
import { extensionError } from '../errors.ts';

const tables = ['domains', 'logs', 'evidence', 'grants', 'settings', 'seen'] as const;
export type Table = (typeof tables)[number];

/** What lies in the database. */
export interface Stored {
  readonly text: string;
  readonly sha256: string;
}

/** The few operations the store needs; tests put a map in its place. */
export interface Database {
  read(table: Table, key: string): Promise<unknown>;
  readAll(table: Table): Promise<unknown[]>;
  /** Replaces a record by what `decide` makes of it, in one transaction; null deletes. It may throw. */
  change(table: Table, key: string, decide: (current: unknown) => Stored | null): Promise<void>;
  /** Writes a record that `decide` makes in view of the whole table, in one transaction. It may throw. */
  insert(table: Table, key: string, decide: (all: readonly unknown[]) => Stored): Promise<void>;
  /** Deletes everything. */
  clear(): Promise<void>;
}

const digest = (text: string) => toHex(sha256(utf8(text)));

/** A record for `text`. */
export function seal(text: string): Stored {
  return { text, sha256: digest(text) };
}

/** Text of a record; null where there is none; throws `WAX_STORE_CORRUPT` where it is damaged. */
export function unseal(stored: unknown): string | null {
  if (stored === undefined) return null;
  const whole =
    stored !== null &&
    typeof stored === 'object' &&
    'text' in stored &&
    'sha256' in stored &&
    typeof stored.text === 'string' &&
    stored.sha256 === digest(stored.text);
  if (!whole) throw extensionError('WAX_STORE_CORRUPT');
  return stored.text as string;
}

function finished<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(extensionError('WAX_STORE_UNAVAILABLE', '', { cause: request.error }));
  });
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('waxseal', 3);
  request.onupgradeneeded = () => {
    const { objectStoreNames } = request.result;
    for (const table of tables) {
      if (!objectStoreNames.contains(table)) request.result.createObjectStore(table);
    }
  };
  return finished(request);
}

/** One transaction, which is undone if `work` throws, and is on disk when this resolves. */
async function writing(
  database: IDBDatabase,
  table: Table,
  work: (records: IDBObjectStore) => Promise<void>,
): Promise<void> {
  const transaction = database.transaction(table, 'readwrite', { durability: 'strict' });
  const done = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(extensionError('WAX_STORE_UNAVAILABLE', '', { cause: transaction.error }));
  });
  try {
    await work(transaction.objectStore(table));
  } catch (error) {
    done.catch(() => {});
    transaction.abort();
    throw error;
  }
  await done;
}

/** Opens the database at first use. */
export function openDatabase(): Database {
  let opened: Promise<IDBDatabase> | null = null;
  const database = () => {
    opened ??= open().catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  };
  return {
    async read(table, key) {
      return finished((await database()).transaction(table).objectStore(table).get(key));
    },
    async readAll(table) {
      return finished((await database()).transaction(table).objectStore(table).getAll());
    },
    async change(table, key, decide) {
      await writing(await database(), table, async (records) => {
        const next = decide(await finished<unknown>(records.get(key)));
        if (next === null) records.delete(key);
        else records.put(next, key);
      });
    },
    async insert(table, key, decide) {
      await writing(await database(), table, async (records) => {
        records.put(decide(await finished<unknown[]>(records.getAll())), key);
      });
    },
    async clear() {
      const transaction = (await database()).transaction(tables, 'readwrite', { durability: 'strict' });
      await Promise.all(tables.map((table) => finished(transaction.objectStore(table).clear())));
    },
  };
}
