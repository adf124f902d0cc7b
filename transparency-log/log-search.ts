import { type SearchHit, SearchIndex, type SearchQuery } from './search-index.ts';
import type { EntryStore } from './storage/storage.ts';

/** Entries indexed before others get a turn. */
const CHUNK = 256;

/** The search of a log: an index that is brought up to the published size when somebody asks. */
export class LogSearch {
  readonly #entries: EntryStore;
  readonly #index = new SearchIndex();
  #indexing: Promise<void> = Promise.resolve();

  constructor(entries: EntryStore) {
    this.#entries = entries;
  }

  /** @param size the published size, beyond which nothing is shown */
  async find(query: SearchQuery, size: number): Promise<{ indexed: number; hits: SearchHit[] }> {
    // What failed for one (a full disk, say) is tried again for the next.
    this.#indexing = this.#indexing.catch(() => {}).then(() => this.#catchUp(size));
    await this.#indexing;
    return { indexed: this.#index.size, hits: this.#index.search(query) };
  }

  async #catchUp(size: number): Promise<void> {
    while (this.#index.size < size) {
      const end = Math.min(size, this.#index.size + CHUNK);
      this.#index.add(await this.#entries.entries(this.#index.size, end));
      await new Promise(setImmediate);
    }
  }

  async close(): Promise<void> {
    await this.#indexing.catch(() => {});
    this.#index.close();
  }
}
