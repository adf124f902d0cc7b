/**
 * A strict reader for the CBOR (RFC 8949) of Nitro documents: integers, byte and text strings, arrays, maps,
 * null and tags. Numbers and lengths in their shortest form; maps and arrays may have indefinite length, which
 * newer Nitro security modules use, strings may not; no key twice, nothing after the end.
 * @module
 */
import { parseUtf8 } from '../bytes.ts';
import { attestationError } from './errors.ts';

export type CborValue = number | string | null | Uint8Array | CborValue[] | CborMap | CborTag;
export type CborMap = Map<number | string, CborValue>;

interface CborTag {
  readonly tag: number;
  readonly value: CborValue;
}

const MAX_DEPTH = 6;
const MAX_ITEMS = 1024;
const BREAK = 0xff;
const NULL = 0xf6;

class CborReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  #take(size: number): Uint8Array {
    if (size > this.#bytes.length - this.#offset) throw attestationError('WAX_CBOR_SHORT');
    this.#offset += size;
    return this.#bytes.subarray(this.#offset - size, this.#offset);
  }

  /** Argument of a head (RFC 8949 section 3); null stands for an indefinite length. */
  #argument(info: number): number | null {
    if (info < 24) return info;
    if (info === 31) return null;
    if (info > 27) throw attestationError('WAX_CBOR_TYPE', 'reserved head');
    const size = 2 ** (info - 24);
    const value = this.#take(size).reduce((sum, byte) => sum * 256 + byte, 0);
    const least = size === 1 ? 24 : 2 ** (4 * size);
    if (value < least || value > Number.MAX_SAFE_INTEGER) throw attestationError('WAX_CBOR_LENGTH');
    return value;
  }

  value(depth = 0): CborValue {
    if (depth > MAX_DEPTH) throw attestationError('WAX_CBOR_DEPTH');
    const head = this.#take(1)[0] ?? 0;
    if (head === NULL) return null;
    const major = head >> 5;
    const argument = this.#argument(head & 31);
    if (major === 4) return this.#array(argument, depth);
    if (major === 5) return this.#map(argument, depth);
    if (argument === null) throw attestationError('WAX_CBOR_TYPE', 'indefinite length');
    if (major === 0) return argument;
    if (major === 1) return -1 - argument;
    if (major === 2) return this.#take(argument);
    if (major === 3) return parseUtf8(this.#take(argument));
    if (major === 6) return { tag: argument, value: this.value(depth + 1) };
    throw attestationError('WAX_CBOR_TYPE', `0x${head.toString(16)}`);
  }

  /** Whether another item follows; steps over the break that ends an indefinite length. */
  #hasNext(length: number | null, count: number): boolean {
    if (count > MAX_ITEMS) throw attestationError('WAX_CBOR_LENGTH', 'too many items');
    if (length !== null) return count < length;
    if (this.#bytes[this.#offset] !== BREAK) return true;
    this.#offset++;
    return false;
  }

  #array(length: number | null, depth: number): CborValue[] {
    const items: CborValue[] = [];
    while (this.#hasNext(length, items.length)) items.push(this.value(depth + 1));
    return items;
  }

  #map(length: number | null, depth: number): CborMap {
    const map: CborMap = new Map();
    while (this.#hasNext(length, map.size)) {
      const key = this.value(depth + 1);
      if (typeof key !== 'number' && typeof key !== 'string')
        throw attestationError('WAX_CBOR_TYPE', 'map key');
      if (map.has(key)) throw attestationError('WAX_CBOR_DUPLICATE_KEY');
      map.set(key, this.value(depth + 1));
    }
    return map;
  }
}

/**
 * Reads one item that must fill the bytes.
 * @throws WAX_CBOR_… or WAX_BYTES_UTF8
 */
export function parseCbor(bytes: Uint8Array): CborValue {
  const reader = new CborReader(bytes);
  const value = reader.value();
  if (!reader.atEnd) throw attestationError('WAX_CBOR_TRAILING');
  return value;
}

/** A byte string with its head in the shortest form. */
export function encodeByteString(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const head =
    length < 24 ? [0x40 | length] : length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
  return Uint8Array.of(...head, ...bytes);
}
