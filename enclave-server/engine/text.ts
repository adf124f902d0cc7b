/**
 * From tokens to text that can be sent: whole code points, and nothing that might still turn out to be the
 * beginning of a stop text.
 * @module
 */

// A UTF-8 sequence has at most four bytes, and a token at least one.
const LONGEST_CODE_POINT = 4;

/** Collects tokens, and gives the text that is certain with each. */
export class TokenText<Token> {
  readonly #decode: (tokens: readonly Token[]) => string;
  #pending: Token[] = [];
  /** How much of the pending tokens' text was given already. */
  #given = 0;
  /** Tokens in a row that completed nothing. */
  #stuck = 0;

  constructor(decode: (tokens: readonly Token[]) => string) {
    this.#decode = decode;
  }

  /** The text that is complete with this token, which may be empty. */
  push(token: Token): string {
    this.#pending.push(token);
    const text = this.#decode(this.#pending);
    // The bytes of an unfinished character decode to one U+FFFD at the end.
    const unfinished = text.endsWith('\uFFFD');
    const piece = text.slice(this.#given, unfinished ? -1 : undefined);
    this.#given += piece.length;
    this.#stuck = piece === '' ? this.#stuck + 1 : 0;
    // A character that four tokens have not finished never will be.
    return !unfinished || this.#stuck === LONGEST_CODE_POINT ? piece + this.flush() : piece;
  }

  /** What is left at the end, malformed or not. */
  flush(): string {
    const text = this.#pending.length === 0 ? '' : this.#decode(this.#pending).slice(this.#given);
    this.#pending = [];
    this.#given = 0;
    this.#stuck = 0;
    return text;
  }
}

/** Watches for stop texts across the borders of pieces. */
export class StopText {
  readonly #stops: readonly string[];
  #held = '';
  /** True once a stop text was seen; everything after it is dropped. */
  stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** The text that certainly comes before any stop text. */
  push(piece: string): string {
    if (this.stopped) return '';
    const text = this.#held + piece;
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    if (found.length > 0) {
      this.stopped = true;
      this.#held = '';
      return text.slice(0, Math.min(...found));
    }
    const safe = text.length - this.#openEnd(text);
    this.#held = text.slice(safe);
    return text.slice(0, safe);
  }

  /** What was held back, at the end of the answer. */
  flush(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** Length of the longest end of `text` that begins some stop text. */
  #openEnd(text: string): number {
    const longest = Math.max(0, ...this.#stops.map((stop) => stop.length - 1));
    for (let length = Math.min(longest, text.length); length > 0; length--) {
      const end = text.slice(-length);
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}
