/**
 * Cuts bytes into lines. What the other side has not ended yet is held in one buffer of bounded length, however it
 * arrives: neither one endless line nor one that drips byte by byte costs more than that.
 * @module
 */
import { enclaveError } from '../errors.ts';

/** Descriptor of the line in a child process. */
export const LINE_FD = 3;

const NEWLINE = 0x0a;
/** What is kept between two lines for the next one. */
const LEAST_HELD = 65_536;

export class Lines {
  readonly #most: number;
  #held: Buffer = Buffer.alloc(0);
  #size = 0;

  /** `most`: bytes that a line may have. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Adds bytes and gives the lines that they end, one by one. Throws WAX_ENCLAVE_LINE at a line that is too long. */
  *push(bytes: Buffer): Generator<string> {
    let rest = bytes;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      this.#hold(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = this.#held.toString('utf8', 0, this.#size);
      this.#size = 0;
      if (this.#held.length > LEAST_HELD) this.#held = Buffer.alloc(0);
      yield line;
    }
    this.#hold(rest);
  }

  #hold(bytes: Buffer): void {
    const size = this.#size + bytes.length;
    if (size > this.#most) throw enclaveError('WAX_ENCLAVE_LINE');
    if (size > this.#held.length) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.#held.length, 4096));
      this.#held.copy(larger, 0, 0, this.#size);
      this.#held = larger;
    }
    bytes.copy(this.#held, this.#size);
    this.#size = size;
  }
}
