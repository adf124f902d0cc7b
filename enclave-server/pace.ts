/**
 * Spreads work over the turns of the event loop. A thousand offers that arrive together would otherwise be worked
 * off in one turn, and the records of open chats, which go out by a timer, would wait for all of them.
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How many offers may begin, or be answered, between two looks at the timers. */
export const OFFERS_A_TURN = 16;

export class Pace {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #left: number;

  constructor(most = OFFERS_A_TURN) {
    this.#most = most;
    this.#left = most;
  }

  /** Resolves in this turn of the event loop or, in the order of the calls, in one of the next. */
  pass(): Promise<void> {
    if (this.#left === this.#most) void nextTurn().then(() => this.#turn());
    if (this.#left > 0) {
      this.#left--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #turn(): void {
    const next = this.#waiting.splice(0, this.#most);
    this.#left = this.#most - next.length;
    if (next.length > 0) void nextTurn().then(() => this.#turn());
    for (const resolve of next) resolve();
  }
}
