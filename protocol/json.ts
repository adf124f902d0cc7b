/**
 * A strict JSON reader (RFC 8259, less what makes two readers disagree): UTF-8 without a byte order mark, no
 * duplicate keys, no lone surrogates, integers that a number holds exactly, bounded depth and size, nothing
 * after the value. `JSON.parse` takes the last of two equal keys and rounds large numbers; signed statements
 * must not be read in two ways.
 * @module
 */
import { parseUtf8, utf8 } from './bytes.ts';
import { jsonError } from './json-errors.ts';

/** Any JSON value; objects have no prototype, so that a key such as `__proto__` is only a key. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export interface JsonLimits {
  /** Deepest nesting of arrays and objects, 32 unless said. */
  depth?: number;
  /** Longest text in bytes, 1 MiB unless said. */
  bytes?: number;
  /** Most values, those within arrays and objects counted; any number unless said. */
  values?: number;
  /** Accept numbers with a fraction or an exponent. Only for bodies in which no integer is meant. */
  floats?: boolean;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const [TAB, LINE_FEED, RETURN, SPACE, QUOTE, BACKSLASH] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x5c];
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const WORDS: Readonly<Record<string, readonly [word: string, value: null | boolean]>> = {
  n: ['null', null],
  t: ['true', true],
  f: ['false', false],
};

class Parser {
  readonly #text: string;
  readonly #depth: number;
  readonly #mostValues: number;
  readonly #floats: boolean;
  #at = 0;
  #values = 0;

  constructor(text: string, { depth = 32, values = Number.POSITIVE_INFINITY, floats = false }: JsonLimits) {
    this.#text = text;
    this.#depth = depth;
    this.#mostValues = values;
    this.#floats = floats;
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#syntax('text after the value');
    return value;
  }

  #syntax(what: string) {
    return jsonError('WAX_JSON_SYNTAX', `${what} at character ${this.#at}`);
  }

  #space(): void {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== SPACE && code !== LINE_FEED && code !== RETURN && code !== TAB) return;
    }
  }

  #skip(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #value(depth: number): JsonValue {
    this.#space();
    if (++this.#values > this.#mostValues) {
      throw jsonError('WAX_JSON_SIZE', `more than ${this.#mostValues} values`);
    }
    const first = this.#text[this.#at] ?? '';
    if (first === '"') return this.#string();
    if (first === '{' || first === '[') {
      if (depth >= this.#depth) throw jsonError('WAX_JSON_DEPTH', `more than ${this.#depth} levels`);
      return first === '{' ? this.#object(depth) : this.#array(depth);
    }
    const word = WORDS[first];
    if (word === undefined || !this.#text.startsWith(word[0], this.#at)) return this.#number();
    this.#at += word[0].length;
    return word[1];
  }

  #object(depth: number): JsonValue {
    this.#at++;
    const object: { [key: string]: JsonValue } = Object.create(null);
    if (this.#skip('}')) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#syntax('no key');
      const key = this.#string();
      if (Object.hasOwn(object, key)) throw jsonError('WAX_JSON_DUPLICATE_KEY');
      if (!this.#skip(':')) throw this.#syntax('no colon');
      object[key] = this.#value(depth + 1);
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#syntax('an object is not closed');
    return object;
  }

  #array(depth: number): JsonValue {
    this.#at++;
    const items: JsonValue[] = [];
    if (this.#skip(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) throw this.#syntax('an array is not closed');
    return items;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const text = NUMBER.exec(this.#text)?.[0];
    if (text === undefined) throw this.#syntax('no value');
    this.#at += text.length;
    const value = Number(text);
    if (!Number.isFinite(value)) throw jsonError('WAX_JSON_NUMBER', 'too large');
    const integer = Number.isSafeInteger(value) && /^-?[0-9]+$/.test(text) && !Object.is(value, -0);
    if (!integer && !(this.#floats && /[.eE]/.test(text))) throw jsonError('WAX_JSON_NUMBER');
    return value;
  }

  #string(): string {
    this.#at++;
    let text = this.#plain();
    while (this.#text.charCodeAt(this.#at++) !== QUOTE) text += this.#escape() + this.#plain();
    // A lone surrogate has no UTF-8 form: two readers would hash or show different text.
    if (!text.isWellFormed()) throw this.#syntax('a lone surrogate');
    return text;
  }

  /** What stands for itself, up to the next quote or backslash. */
  #plain(): string {
    const start = this.#at;
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE || code === BACKSLASH) return this.#text.slice(start, this.#at);
      // Control characters must be escaped (RFC 8259 section 7); beyond the end there is no code at all.
      if (!(code >= SPACE)) throw this.#syntax('a string is not closed');
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? '';
    const simple = ESCAPES[letter];
    if (simple !== undefined) return simple;
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#syntax('an unknown escape');
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
}

/** Reads one JSON value. Text given as a string is measured by its UTF-8 length. */
export function parseJson(input: Uint8Array | string, limits: JsonLimits = {}): JsonValue {
  const { bytes = 1 << 20 } = limits;
  // No character takes more than three bytes: most texts need not be encoded to know that they are short enough.
  const isShort = typeof input === 'string' && 3 * input.length <= bytes;
  const size = isShort ? 0 : typeof input === 'string' ? utf8(input).length : input.length;
  if (size > bytes) throw jsonError('WAX_JSON_SIZE', `${size} of at most ${bytes} bytes`);
  return new Parser(typeof input === 'string' ? input : parseUtf8(input), limits).document();
}
