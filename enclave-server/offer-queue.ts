/**
 * Those who wait for the next report, one line for each client. Places are given in turns, one to each line, and
 * where there is no room the longest line gives way: whoever sends thousands of offers waits behind himself, and
 * not everybody else behind him.
 * @module
 */

export class OfferQueue<Item> {
  readonly #most: number;
  /** By client, in the order in which they are served next. */
  readonly #lines = new Map<string, Item[]>();
  #size = 0;

  /** `most` is how many may wait in all. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an item; gives the one that has no room, which may be the new one. */
  add(client: string, item: Item): Item | null {
    let out: Item | null = null;
    if (this.#size >= this.#most) {
      const own = this.#lines.get(client)?.length ?? 0;
      const longest = [...this.#lines].reduce((a, b) => (b[1].length > a[1].length ? b : a), ['', []]);
      // One more than the own line is no reason: two clients would push each other out by turns.
      if (longest[1].length <= own + 1) return item;
      out = this.#pull(longest[0], longest[1], -1);
    }
    const line = this.#lines.get(client);
    if (line) line.push(item);
    else this.#lines.set(client, [item]);
    this.#size++;
    return out;
  }

  /** Takes out up to `count`, one from each line in turn. */
  take(count: number): Item[] {
    const taken: Item[] = [];
    while (taken.length < count) {
      const next = this.#lines.entries().next();
      if (next.done) break;
      const [client, line] = next.value;
      const item = this.#pull(client, line, 0);
      if (item !== null) taken.push(item);
      // To the end of the round.
      if (this.#lines.delete(client)) this.#lines.set(client, line);
    }
    return taken;
  }

  /** The first (0) or the last (-1) of a line; a line that is empty goes. */
  #pull(client: string, line: Item[], end: 0 | -1): Item | null {
    const item = end === 0 ? line.shift() : line.pop();
    if (line.length === 0) this.#lines.delete(client);
    if (item === undefined) return null;
    this.#size--;
    return item;
  }
}
