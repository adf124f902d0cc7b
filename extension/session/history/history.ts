/**
 * The encrypted history of one profile. Locked, it knows nothing; unlocked, the master key is in this document's
 * memory and nowhere else. Every change names the header it was made under, so that a view whose history was
 * given another passphrase, or deleted, elsewhere cannot write into the new one.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, toHex } from '../../../protocol/bytes.ts';
import type { Changes, HistoryDatabase } from './history-database.ts';
import { historyError } from './history-errors.ts';
import { type Cost, checkPassphrase, cost as fullCost } from './passphrase.ts';
import {
  decodeChat,
  decodeIndex,
  encodeChat,
  encodeIndex,
  type IndexEntry,
  MOST_CHATS,
  type StoredChat,
  titleOf,
} from './stored-chat.ts';
import { createHeader, openHeader, openRecord, sealRecord } from './vault.ts';

interface Unlocked {
  readonly header: Uint8Array;
  readonly key: Uint8Array;
}

const digest = (record: Uint8Array) => toHex(sha256(record));

export class History {
  readonly #database: HistoryDatabase;
  readonly #cost: Cost;
  #unlocked: Unlocked | null = null;

  constructor(database: HistoryDatabase, cost: Cost = fullCost) {
    this.#database = database;
    this.#cost = cost;
  }

  /** Whether a history is kept at all. */
  async exists(): Promise<boolean> {
    return (await this.#database.read('header')) !== null;
  }

  get unlocked(): boolean {
    return this.#unlocked !== null;
  }

  /** Begins a history under a passphrase, in place of none. It is unlocked afterwards. */
  async create(passphrase: string): Promise<void> {
    checkPassphrase(passphrase);
    const made = await createHeader(passphrase, this.#cost);
    await this.#database.change((header) => {
      if (header !== null) throw historyError('WAX_HISTORY_CHANGED');
      return new Map([
        ['header', made.header],
        ['index', sealRecord(made.key, 'index', encodeIndex([]))],
      ]);
    });
    this.#unlocked = made;
  }

  async unlock(passphrase: string): Promise<void> {
    const header = await this.#database.read('header');
    if (header === null) throw historyError('WAX_HISTORY_CHANGED');
    const key = await openHeader(header, passphrase);
    this.lock();
    this.#unlocked = { header, key };
  }

  /** Forgets the key. */
  lock(): void {
    this.#unlocked?.key.fill(0);
    this.#unlocked = null;
  }

  /** All chats, the newest first. */
  async list(): Promise<readonly IndexEntry[]> {
    const { key } = this.#held();
    return this.#readIndex(key, await this.#database.read('index')).toSorted(
      (a, b) => b.updatedAt - a.updatedAt,
    );
  }

  /** A chat, as it was when it was last kept and in no older form. */
  async load(id: string): Promise<StoredChat> {
    const { key } = this.#held();
    const [index, record] = [await this.#database.read('index'), await this.#database.read(id)];
    const entry = this.#readIndex(key, index).find((one) => one.id === id);
    if (entry === undefined) throw historyError('WAX_HISTORY_CHANGED', 'deleted');
    return this.#readChat(key, entry, record);
  }

  /** Keeps a chat under an id of 16 bytes in hex. */
  async save(id: string, chat: StoredChat, updatedAt: number): Promise<void> {
    const content = encodeChat(chat);
    await this.#change((key, entries) => {
      const record = sealRecord(key, id, content);
      const entry = { id, title: titleOf(chat.thread), updatedAt, sha256: digest(record) };
      const others = entries.filter((one) => one.id !== id);
      if (others.length >= MOST_CHATS) throw historyError('WAX_HISTORY_FULL', `${others.length} chats`);
      return { entries: [...others, entry], records: [[id, record]] };
    });
  }

  async remove(id: string): Promise<void> {
    await this.#change((_key, entries) => ({
      entries: entries.filter((one) => one.id !== id),
      records: [[id, null]],
    }));
  }

  /**
   * Puts everything under a new passphrase and a new master key. The old passphrase is asked for again, since
   * whoever sits at an unlocked history need not be who locked it.
   */
  async changePassphrase(from: string, to: string): Promise<void> {
    checkPassphrase(to);
    await this.unlock(from);
    const held = this.#held();
    const entries = this.#readIndex(held.key, await this.#database.read('index'));
    const made = await createHeader(to, this.#cost);
    const moved: IndexEntry[] = [];
    const records: [string, Uint8Array][] = [];
    for (const entry of entries) {
      const chat = this.#readChat(held.key, entry, await this.#database.read(entry.id));
      const record = sealRecord(made.key, entry.id, encodeChat(chat));
      records.push([entry.id, record]);
      moved.push({ ...entry, sha256: digest(record) });
    }
    await this.#database.change((header, index) => {
      // A chat that another window kept in the meantime would be lost: nothing is changed then.
      const same =
        this.#isHeld(header, held) &&
        digest(encodeIndex(this.#readIndex(held.key, index))) === digest(encodeIndex(entries));
      if (!same) throw historyError('WAX_HISTORY_CHANGED');
      return new Map<string, Uint8Array>([
        ...records,
        ['header', made.header],
        ['index', sealRecord(made.key, 'index', encodeIndex(moved))],
      ]);
    });
    this.lock();
    this.#unlocked = made;
  }

  /** Deletes every chat and the header. Needs no passphrase: who can delete files can do it anyway. */
  async deleteAll(): Promise<void> {
    this.lock();
    await this.#database.clear();
  }

  #held(): Unlocked {
    if (this.#unlocked === null) throw historyError('WAX_HISTORY_CHANGED', 'locked');
    return this.#unlocked;
  }

  #isHeld(header: Uint8Array | null, held: Unlocked): boolean {
    return header !== null && equalBytes(header, held.header);
  }

  /** A history that has a header and no index has lost something: that is damage, not an empty list. */
  #readIndex(key: Uint8Array, record: Uint8Array | null): IndexEntry[] {
    if (record === null) throw historyError('WAX_HISTORY_DAMAGED', 'no index');
    return decodeIndex(openRecord(key, 'index', record));
  }

  #readChat(key: Uint8Array, entry: IndexEntry, record: Uint8Array | null): StoredChat {
    if (record === null) throw historyError('WAX_HISTORY_DAMAGED', 'missing');
    if (digest(record) !== entry.sha256) throw historyError('WAX_HISTORY_DAMAGED', 'another record');
    return decodeChat(openRecord(key, entry.id, record));
  }

  async #change(
    decide: (
      key: Uint8Array,
      entries: IndexEntry[],
    ) => { entries: IndexEntry[]; records: [string, Uint8Array | null][] },
  ): Promise<void> {
    const held = this.#held();
    await this.#database.change((header, index): Changes => {
      if (this.#unlocked !== held || !this.#isHeld(header, held)) throw historyError('WAX_HISTORY_CHANGED');
      const { entries, records } = decide(held.key, this.#readIndex(held.key, index));
      return new Map([...records, ['index', sealRecord(held.key, 'index', encodeIndex(entries))]]);
    });
  }
}
