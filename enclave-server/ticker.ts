/**
 * One timer for every reply under way. It keeps its beat: each tick is due at a multiple of the interval from
 * the start, so that lateness does not add up, and ticks that were missed are left out, not made up for. The beat does
 * not begin anew with a reply after a silence: its first word would wait for a whole interval each time, not for half of
 * one on average.
 * @module
 */

export class Ticker {
  readonly intervalMs: number;
  readonly #now: () => number;
  readonly #members = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #due: number;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(intervalMs: number, now: () => number) {
    this.intervalMs = intervalMs;
    this.#now = now;
    this.#due = now();
  }

  /** Calls `tick` at every beat until the returned function is called. */
  add(tick: () => void): () => void {
    this.#members.add(tick);
    if (this.#timer === undefined) this.#schedule();
    return () => {
      this.#members.delete(tick);
      if (this.#members.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #schedule(): void {
    const now = this.#now();
    if (this.#due <= now) this.#due += Math.ceil((now - this.#due + 1) / this.intervalMs) * this.intervalMs;
    this.#timer = setTimeout(() => {
      this.#due += this.intervalMs;
      this.#schedule();
      for (const tick of [...this.#members]) tick();
    }, this.#due - now);
  }
}
