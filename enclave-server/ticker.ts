/**
 * One timer for every reply under way. It keeps its beat: each tick is due at a multiple of the interval from
 * the start, so that lateness does not add up, and ticks that were missed are left out, not made up for.
 * @module
 */

export class Ticker {
  readonly intervalMs: number;
  readonly #now: () => number;
  readonly #members = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #due = 0;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(intervalMs: number, now: () => number) {
    this.intervalMs = intervalMs;
    this.#now = now;
  }

  /** Calls `tick` at every beat until the returned function is called. */
  add(tick: () => void): () => void {
    this.#members.add(tick);
    if (this.#timer === undefined) {
      this.#due = this.#now();
      this.#schedule();
    }
    return () => {
      this.#members.delete(tick);
      if (this.#members.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #schedule(): void {
    this.#due += this.intervalMs;
    const now = this.#now();
    if (this.#due <= now) this.#due += Math.ceil((now - this.#due + 1) / this.intervalMs) * this.intervalMs;
    this.#timer = setTimeout(() => {
      this.#schedule();
      for (const tick of [...this.#members]) tick();
    }, this.#due - now);
  }
}
