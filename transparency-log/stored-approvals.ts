import { parseHex } from '../protocol/bytes.ts';
import { type Approved, type Place, placeOf } from '../protocol/log/approved.ts';
import { parseEnvelope } from '../protocol/log/dsse.ts';
import type { ApprovalKind, Logged } from '../protocol/log/ledger.ts';
import { parseStatement } from '../protocol/log/statement.ts';
import { serverError } from './errors.ts';
import type { EntryStore, StoredEntry } from './storage/storage.ts';

const KINDS: Record<ApprovalKind, true> = {
  release: true,
  machine: true,
  grace: true,
  'extension-release': true,
};

function readApproval({ index, entry }: StoredEntry): Logged['statement'] {
  try {
    return parseStatement(parseEnvelope(entry).payload) as Logged['statement'];
  } catch (cause) {
    // Every entry was read before it was stored.
    throw serverError('WAX_LOGSERVER_DAMAGED', `entry ${index}`, { cause });
  }
}

/** The approvals of a log, looked up in its own store: in memory they would grow with the log. */
export class StoredApprovals implements Approved {
  readonly #entries: EntryStore;
  /** By statement hash: those recorded that the store may not hold yet. */
  readonly #recent = new Map<string, Place>();

  constructor(entries: EntryStore) {
    this.#entries = entries;
  }

  async find(statementSha256: string, size: number): Promise<Place | undefined> {
    return this.#recent.get(statementSha256) ?? this.#stored(statementSha256, size);
  }

  async #stored(statementSha256: string, size: number): Promise<Place | undefined> {
    const index = await this.#entries.indexOf(parseHex(statementSha256, 32));
    if (index === null || index >= size) return undefined;
    const [stored] = await this.#entries.entries(index, index + 1);
    if (!stored || !Object.hasOwn(KINDS, stored.kind)) return undefined;
    return placeOf({ index, statement: readApproval(stored) });
  }

  add(logged: Logged): void {
    this.#recent.set(logged.statementSha256, placeOf(logged));
  }

  /** A log keeps no account of what was taken back: a second status for the same approval is as good as the first. */
  takeBack(): void {}

  /** All that was recorded is in the store now. */
  stored(): void {
    this.#recent.clear();
  }
}
