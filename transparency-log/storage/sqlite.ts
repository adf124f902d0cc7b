import Database from 'better-sqlite3';
import { equalBytes } from '../../protocol/bytes.ts';
import { serverError } from '../errors.ts';
import { diskError } from './disk-errors.ts';
import type { EntryStore, LogIdentity, NewEntry, SignedHead, StoredEntry, TreeHead } from './storage.ts';

const FORMAT = 1;

const SCHEMA = `
  CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL, key TEXT NOT NULL) STRICT;
  CREATE TABLE entries (
    position INTEGER PRIMARY KEY, entry BLOB NOT NULL, statement BLOB NOT NULL UNIQUE, kind TEXT NOT NULL,
    sequenced_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX entries_by_kind ON entries (kind, position);
  CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, root BLOB NOT NULL) STRICT;
  CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${FORMAT};
`;

interface EntryRow {
  position: number;
  entry: Buffer;
  statement: Buffer;
  kind: string;
  sequenced_at: number;
}

const toEntry = ({ position, entry, statement, kind, sequenced_at }: EntryRow): StoredEntry => ({
  index: position,
  entry,
  statement,
  kind,
  sequencedAt: sequenced_at,
});

interface CheckpointRow {
  size: number;
  root: Buffer;
  note: string;
}

/**
 * SQLite has no checksums of its own. What a failing disk did to tables and indexes comes to light here; what it did
 * to their contents where the log holds them against what it signed.
 */
function requireIntegrity(database: Database.Database): void {
  const problem = database.pragma('integrity_check(1)', { simple: true });
  if (problem !== 'ok') throw serverError('WAX_LOGSERVER_DAMAGED', String(problem));
}

function begin(database: Database.Database): void {
  const start = database.transaction(() => {
    const version = database.pragma('user_version', { simple: true });
    if (version === 0) database.exec(SCHEMA);
    else if (version !== FORMAT) throw serverError('WAX_LOGSERVER_FORMAT', `version ${version}`);
  });
  start.exclusive();
}

function openDatabase(file: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: 0 });
    // The exclusive lock is what keeps a second process from sequencing into the same log.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    begin(database);
    requireIntegrity(database);
    return database;
  } catch (cause) {
    database?.close();
    throw diskError(cause);
  }
}

/** Opens (or makes) the database of a log. Every promise of EntryStore rests on WAL with synchronous=FULL. */
export function openEntryStore(file: string): EntryStore {
  const database = openDatabase(file);
  const insertEntry = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?)');
  const setHead = database.prepare('INSERT OR REPLACE INTO head VALUES (1, ?, ?)');
  const selectHead = database.prepare<[], { size: number; root: Buffer }>('SELECT size, root FROM head');
  const selectEntries = database.prepare<[number, number], EntryRow>(
    'SELECT * FROM entries WHERE position >= ? AND position < ? ORDER BY position',
  );
  const selectIndex = database.prepare<[Uint8Array], { position: number }>(
    'SELECT position FROM entries WHERE statement = ?',
  );
  const selectKind = database.prepare<[string], EntryRow>(
    'SELECT * FROM entries WHERE kind = ? ORDER BY position DESC LIMIT 1',
  );
  const selectSigned = database.prepare<[number], CheckpointRow>('SELECT * FROM checkpoints WHERE size = ?');
  const selectNewest = database.prepare<[], CheckpointRow>(
    'SELECT * FROM checkpoints ORDER BY size DESC LIMIT 1',
  );
  const insertSigned = database.prepare('INSERT INTO checkpoints VALUES (?, ?, ?)');

  const append = database.transaction((oldSize: number, entries: readonly NewEntry[], head: TreeHead) => {
    const size = selectHead.get()?.size ?? 0;
    if (size !== oldSize)
      throw serverError('WAX_LOGSERVER_DAMAGED', `size ${size} where ${oldSize} was expected`);
    for (const [offset, { entry, statement, kind, sequencedAt }] of entries.entries()) {
      insertEntry.run(oldSize + offset, entry, statement, kind, sequencedAt);
    }
    setHead.run(head.size, head.root);
  });

  const keepSigned = database.transaction(({ size, root, note }: SignedHead) => {
    const kept = selectSigned.get(size);
    if (!kept) insertSigned.run(size, root, note);
    else if (!equalBytes(kept.root, root)) throw serverError('WAX_LOGSERVER_TWO_ROOTS', `size ${size}`);
  });

  /** Runs a synchronous piece of SQLite work as a promise that fails with coded errors only. */
  const work = async <Result>(piece: () => Result): Promise<Result> => {
    try {
      return piece();
    } catch (cause) {
      throw diskError(cause);
    }
  };

  return {
    identity: () =>
      work(() => database.prepare<[], LogIdentity>('SELECT origin, key FROM identity').get() ?? null),
    begin: ({ origin, key }) =>
      work(() => void database.prepare('INSERT INTO identity VALUES (1, ?, ?)').run(origin, key)),
    head: () => work(() => selectHead.get() ?? null),
    append: (oldSize, entries, head) => work(() => append(oldSize, entries, head)),
    entries: (start, end) =>
      work(() => {
        const rows = selectEntries.all(start, end);
        if (rows.length !== end - start)
          throw serverError('WAX_LOGSERVER_DAMAGED', `entries ${start} to ${end}`);
        return rows.map(toEntry);
      }),
    indexOf: (statement) => work(() => selectIndex.get(statement)?.position ?? null),
    newestOfKind: (kind) =>
      work(() => {
        const row = selectKind.get(kind);
        return row ? toEntry(row) : null;
      }),
    keepSigned: (head) => work(() => keepSigned(head)),
    newestSigned: () => work(() => selectNewest.get() ?? null),
    close: () => work(() => void database.close()),
  };
}
