/**
 * A strict reader for DER (ITU-T X.690): one-byte tags, definite lengths in the shortest form, nothing after
 * the end. It never recurses; its callers walk a fixed structure, so depth is bounded by the code itself.
 * @module
 */
import { toHex } from '../bytes.ts';
import { attestationError } from './errors.ts';

/** The tags that certificates, revocation lists and vendor extensions use. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A constructed context tag, such as `[0] EXPLICIT`. */
export const explicitTag = (number: number): number => 0xa0 | number;

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content, as they stand in the data. */
  readonly raw: Uint8Array;
}

const MAX_LENGTH_BYTES = 3;
const LETTER_Z = 0x5a;

/** The number that `size` decimal digits of a time spell. */
function decimal(text: Uint8Array, from: number, size: number): number {
  let value = 0;
  for (let index = from; index < from + size; index++) {
    const digit = (text[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) throw attestationError('WAX_DER_VALUE', 'time');
    value = value * 10 + digit;
  }
  return value;
}

/** Walks over the elements of one DER value, front to back. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Tag of the next element, or null at the end. */
  get next(): number | null {
    return this.#bytes[this.#offset] ?? null;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw attestationError('WAX_DER_SHORT');
    this.#offset++;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > MAX_LENGTH_BYTES) throw attestationError('WAX_DER_LENGTH');
    let length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw attestationError('WAX_DER_LENGTH');
    return length;
  }

  /** The next element, whatever it is. */
  element(): DerElement {
    const start = this.#offset;
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) throw attestationError('WAX_DER_TAG', 'a tag of several bytes');
    const length = this.#length();
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw attestationError('WAX_DER_SHORT');
    const content = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return { tag, content, raw: this.#bytes.subarray(start, end) };
  }

  /** The next element, which must have this tag. */
  expect(tag: number): DerElement {
    if (this.next !== tag) {
      const found = this.next === null ? 'the end' : `tag 0x${this.next.toString(16)}`;
      throw attestationError('WAX_DER_TAG', `0x${tag.toString(16)} expected, ${found} found`);
    }
    return this.element();
  }

  /** A reader over the content of the next element, which must have this tag. */
  enter(tag: number): DerReader {
    return new DerReader(this.expect(tag).content);
  }

  /** A reader over the content of the next element if it has this tag, else null. */
  enterOptional(tag: number): DerReader | null {
    return this.next === tag ? this.enter(tag) : null;
  }

  /** Says that everything must have been read by now. */
  end(): void {
    if (this.next !== null) throw attestationError('WAX_DER_TRAILING');
  }

  /** BOOLEAN; DER knows 0xff for true only. */
  boolean(): boolean {
    const { content } = this.expect(tags.boolean);
    const [value] = content;
    if (content.length !== 1 || (value !== 0 && value !== 0xff))
      throw attestationError('WAX_DER_VALUE', 'BOOLEAN');
    return value === 0xff;
  }

  /** INTEGER as the bytes of its two's complement, in the shortest form. */
  integerBytes(): Uint8Array {
    const { content } = this.expect(tags.integer);
    const [first, second] = content;
    const padded =
      second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (first === undefined || padded) throw attestationError('WAX_DER_VALUE', 'INTEGER');
    return content;
  }

  /** INTEGER from 0 to `most` (at most 2^32 - 1). */
  integer(most: number): number {
    const bytes = this.integerBytes();
    if ((bytes[0] ?? 0xff) >= 0x80 || bytes.length > 5)
      throw attestationError('WAX_DER_VALUE', 'INTEGER range');
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (value > most) throw attestationError('WAX_DER_VALUE', 'INTEGER range');
    return value;
  }

  /** OBJECT IDENTIFIER in dotted form; arcs up to 2^32 - 1. */
  oid(): string {
    const { content } = this.expect(tags.oid);
    const arcs: number[] = [];
    let arc = 0;
    let started = false;
    for (const byte of content) {
      if (!started && byte === 0x80) throw attestationError('WAX_DER_VALUE', 'OBJECT IDENTIFIER');
      started = true;
      arc = arc * 128 + (byte & 0x7f);
      if (arc > 0xffffffff) throw attestationError('WAX_DER_VALUE', 'OBJECT IDENTIFIER');
      if (byte >= 0x80) continue;
      if (arcs.length === 0) {
        const top = Math.min(Math.floor(arc / 40), 2);
        arcs.push(top, arc - 40 * top);
      } else arcs.push(arc);
      arc = 0;
      started = false;
    }
    if (started || arcs.length === 0) throw attestationError('WAX_DER_VALUE', 'OBJECT IDENTIFIER');
    return arcs.join('.');
  }

  octetString(): Uint8Array {
    return this.expect(tags.octetString).content;
  }

  /** BIT STRING of whole bytes. */
  bitStringBytes(): Uint8Array {
    const { content } = this.expect(tags.bitString);
    if (content[0] !== 0) throw attestationError('WAX_DER_VALUE', 'BIT STRING');
    return content.subarray(1);
  }

  /**
   * BIT STRING of named bits, first bit first. Trailing zero bits are allowed, against X.690 section 11.2.2:
   * AMD's intermediate certificates have them. The unused bits of the last byte must be zero.
   */
  namedBits(): boolean[] {
    const { content } = this.expect(tags.bitString);
    const [unused = 8] = content;
    const last = content.length > 1 ? (content.at(-1) ?? 0) : 0;
    const canonical =
      unused < 8 && (last & ((1 << unused) - 1)) === 0 && (content.length > 1 || unused === 0);
    if (content.length > 5 || !canonical) throw attestationError('WAX_DER_VALUE', 'BIT STRING');
    const bits: boolean[] = [];
    for (const byte of content.subarray(1)) {
      for (let bit = 7; bit >= 0; bit--) bits.push(((byte >> bit) & 1) === 1);
    }
    return bits;
  }

  /** UTCTime or GeneralizedTime with seconds and Z, as RFC 5280 section 4.1.2.5 has it; milliseconds. */
  time(): number {
    const { tag, content } = this.element();
    const yearDigits = tag === tags.utcTime ? 2 : 4;
    const known = tag === tags.utcTime || tag === tags.generalizedTime;
    if (!known || content.length !== yearDigits + 11 || content.at(-1) !== LETTER_Z)
      throw attestationError('WAX_DER_VALUE', 'time');
    const short = decimal(content, 0, yearDigits);
    const year = tag === tags.utcTime ? short + (short < 50 ? 2000 : 1900) : short;
    const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) =>
      decimal(content, yearDigits + at, 2),
    ) as [number, number, number, number, number];
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    // 30 February rolls over into March; a date in a certificate must be a real one.
    const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    if (!isReal || hour > 23 || minute > 59 || second > 59) throw attestationError('WAX_DER_VALUE', 'time');
    return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
  }
}

/** A reader inside the one SEQUENCE that `bytes` must be, with nothing after it. */
export function readDerSequence(bytes: Uint8Array): DerReader {
  const outer = new DerReader(bytes);
  const inner = outer.enter(tags.sequence);
  outer.end();
  return inner;
}

/** An INTEGER that is not negative, as hexadecimal without leading zero bytes (`00` for zero). */
export function unsignedHex(integer: Uint8Array): string {
  if ((integer[0] ?? 0xff) >= 0x80) throw attestationError('WAX_DER_VALUE', 'negative INTEGER');
  return toHex(integer[0] === 0 && integer.length > 1 ? integer.subarray(1) : integer);
}
