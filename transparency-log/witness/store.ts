/**
 * What a witness remembers: for each log the one checkpoint it cosigned last. SQLite with synchronous=FULL, so that
 * a commit survives power loss before anybody learns of it.
 * @module
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';

export interface WitnessRecord {
  origin: string;
  size: number;
  root: Uint8Array;
  /** The checkpoint with the log's signatures and this witness's cosignature. */
  note: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS checkpoints (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL
  ) STRICT`;

// One statement decides and writes: two processes on one file cannot both move on from the same size.
const ADVANCE = `
  INSERT INTO checkpoints (origin, size, root, note) VALUES (@origin, @size, @root, @note)
  ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
  WHERE size = @oldSize AND root = @oldRoot`;

export class WitnessStore {
  readonly #database: Database.Database;
  readonly #select: Database.Statement<
    [string],
    { origin: string; size: number; root: Buffer; note: string }
  >;
  readonly #advance: Database.Statement;

  /** @param path a file, made when missing */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#database = new Database(path);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#database.pragma('busy_timeout = 5000');
    this.#database.exec(SCHEMA);
    this.#select = this.#database.prepare(
      'SELECT origin, size, root, note FROM checkpoints WHERE origin = ?',
    );
    this.#advance = this.#database.prepare(ADVANCE);
  }

  latest(origin: string): WitnessRecord | null {
    const row = this.#select.get(origin);
    return row === undefined ? null : { ...row, root: new Uint8Array(row.root) };
  }

  /**
   * Replaces the record if it is still `old` (null: if there is none), durably, and says whether it did.
   * After true the new record is on disk.
   */
  advance(old: WitnessRecord | null, next: WitnessRecord): boolean {
    // Without a record the condition of the upsert can never hold, which is what is wanted.
    const oldRoot = old === null ? null : Buffer.from(old.root);
    const { changes } = this.#advance.run({
      ...next,
      root: Buffer.from(next.root),
      oldSize: old === null ? null : old.size,
      oldRoot,
    });
    return changes === 1;
  }

  close(): void {
    this.#database.close();
  }
}
