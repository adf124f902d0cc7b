/**
 * Asks a process now and then whether it is still there. It counts questions without an answer and does not
 * compare times: after a pause of the whole machine, time has passed for nobody.
 * @module
 */

/** Questions in a row that may stay without an answer. */
const MOST_MISSED = 5;

export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  #missed = 0;

  /** Calls `ask` every so many milliseconds, and `onSilent` once when nothing comes back. */
  constructor(everyMs: number, ask: () => void, onSilent: () => void) {
    this.#timer = setInterval(() => {
      if (this.#missed === MOST_MISSED) {
        this.stop();
        onSilent();
        return;
      }
      this.#missed++;
      ask();
    }, everyMs).unref();
  }

  /** The process has said something. */
  heard(): void {
    this.#missed = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
