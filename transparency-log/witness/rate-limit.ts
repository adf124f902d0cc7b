const DAY = 86_400_000;

/** Counts the requests of each log in a day of the clock; kept in memory, since a restart may be generous. */
export class DailyLimit {
  #day = 0;
  readonly #used = new Map<string, number>();

  /** Requests that a log has made today. */
  used(origin: string, now: number): number {
    return Math.floor(now / DAY) === this.#day ? (this.#used.get(origin) ?? 0) : 0;
  }

  /** Uses one request of today's `limit`; false when none is left. */
  take(origin: string, limit: number, now: number): boolean {
    const day = Math.floor(now / DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#used.clear();
    }
    const used = this.#used.get(origin) ?? 0;
    if (used >= limit) return false;
    this.#used.set(origin, used + 1);
    return true;
  }
}
