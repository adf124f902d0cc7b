/**
 * Bounds the memory that requests take together. Anybody may send bytes that no key of ours opens, and they are
 * in memory before that shows: so each request is counted by the length that it announces before any of it is
 * read, and until nothing of it is needed any more.
 * @module
 */

export class HeldBytes {
  readonly #most: number;
  #held = 0;

  /** `most`: bytes of all requests together. */
  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Takes `bytes` until the returned function is called, once or more often; null when there is no room. */
  take(bytes: number): (() => void) | null {
    if (this.#held + bytes > this.#most) return null;
    this.#held += bytes;
    let taken = bytes;
    return () => {
      this.#held -= taken;
      taken = 0;
    };
  }
}
