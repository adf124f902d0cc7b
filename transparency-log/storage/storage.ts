/**
 * The storage seam. The log needs a store that orders entries in transactions, a place for the static files that
 * readers fetch, and room for the tree. SQLite and a local folder (local.ts) are the default; others may follow if
 * they keep the promises written here.
 * @module
 */
import type { HashColumn } from '../hash-column.ts';

/** Who a log is; fixed when it is begun. */
export interface LogIdentity {
  readonly origin: string;
  /** The verifier key in text form (C2SP signed-note). */
  readonly key: string;
}

export interface NewEntry {
  readonly entry: Uint8Array;
  /** SHA-256 of the signed payload, 32 bytes: the identity under which a submission is idempotent. */
  readonly statement: Uint8Array;
  /** The kind of statement, such as `release`. */
  readonly kind: string;
  /** Milliseconds since 1970, by the log's own clock. For people only; nothing is decided by it. */
  readonly sequencedAt: number;
}

export interface StoredEntry extends NewEntry {
  readonly index: number;
}

export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

export interface SignedHead extends TreeHead {
  /** The checkpoint as a signed note with the log's own signature only. */
  readonly note: string;
}

/**
 * Orders entries. Each method is durable when its promise resolves (it survives power loss), and at most one
 * process can hold a store open.
 */
export interface EntryStore {
  identity(): Promise<LogIdentity | null>;
  /** Writes the identity of a new log; fails if there is one. */
  begin(identity: LogIdentity): Promise<void>;
  /** The head after the last append, as it was written with it. */
  head(): Promise<TreeHead | null>;
  /** Appends in one transaction, and only if the store still has `oldSize` entries. */
  append(oldSize: number, entries: readonly NewEntry[], head: TreeHead): Promise<void>;
  /** Entries `start` to `end` (exclusive), in order, all of them. */
  entries(start: number, end: number): Promise<StoredEntry[]>;
  /** The index of the entry with that statement hash, or null. */
  indexOf(statement: Uint8Array): Promise<number | null>;
  /** The newest entry of a kind, or null. */
  newestOfKind(kind: string): Promise<StoredEntry | null>;
  /** Keeps a signed head; one size can only ever have one (WAX_LOGSERVER_TWO_ROOTS otherwise). */
  keepSigned(head: SignedHead): Promise<void>;
  /** The signed head of the largest size, or null. */
  newestSigned(): Promise<SignedHead | null>;
  close(): Promise<void>;
}

export interface StaticFile {
  /** Relative, with forward slashes, as in the address: `tile/0/000.p/7`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Holds the files that readers fetch. A reader sees a file as a whole or not at all. */
export interface FileStore {
  /** Writes (or replaces) all files; durable when the promise resolves. */
  write(files: readonly StaticFile[]): Promise<void>;
  read(path: string): Promise<Uint8Array | null>;
  /** Removes a folder and what is in it; not finding it is fine. */
  removeFolder(path: string): Promise<void>;
}

export interface Storage {
  readonly entries: EntryStore;
  readonly files: FileStore;
  /** The hashes of one level of the tree, an empty list; what an earlier process left of them counts for nothing. */
  readonly newColumn: (level: number) => HashColumn;
}
