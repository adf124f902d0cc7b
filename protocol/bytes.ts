/**
 * Byte strings: big-endian integers, length-prefixed fields, strict hex, base64 and UTF-8, and a reader that
 * never looks past its end. Everything that arrives from outside goes through here.
 * @module
 */
import { bytesError } from './bytes-errors.ts';

/** Joins byte strings into a new one. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Compares without stopping at the first difference; lengths are not secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index] as number);
  return difference === 0;
}

/** Whether every byte is zero, as padding must be. */
export function isZero(bytes: Uint8Array): boolean {
  let all = 0;
  for (let index = 0; index < bytes.length; index++) all |= bytes[index] as number;
  return all === 0;
}

function unsigned(value: number, size: 1 | 2 | 4 | 8): Uint8Array<ArrayBuffer> {
  const limit = size === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * size) - 1;
  if (!Number.isInteger(value) || value < 0 || value > limit)
    throw bytesError('WAX_BYTES_RANGE', `u${8 * size}`);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 1) view.setUint8(0, value);
  else if (size === 2) view.setUint16(0, value);
  else if (size === 4) view.setUint32(0, value);
  else view.setBigUint64(0, BigInt(value));
  return bytes;
}

/** One byte. */
export const u8 = (value: number) => unsigned(value, 1);
/** Two bytes, big-endian. */
export const u16 = (value: number) => unsigned(value, 2);
/** Four bytes, big-endian. */
export const u32 = (value: number) => unsigned(value, 4);
/** Eight bytes, big-endian, for values up to 2^53 - 1. */
export const u64 = (value: number) => unsigned(value, 8);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** UTF-8 to text; malformed sequences and a byte order mark are refused. */
export function parseUtf8(bytes: Uint8Array): string {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw bytesError('WAX_BYTES_UTF8', '', { cause });
  }
  if (text.startsWith('\uFEFF')) throw bytesError('WAX_BYTES_UTF8', 'byte order mark');
  return text;
}

/** `LP(x)` of the wire format: u16 length, then the bytes. Text is taken as UTF-8. */
export function lp(value: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  return concatBytes(u16(bytes.length), bytes);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index++) text += HEX[bytes[index] as number];
  return text;
}

/** What each lower-case hexadecimal digit stands for, by its code; 255 for all others. */
const NIBBLES = new Uint8Array(128).fill(255);
for (const [value, digit] of [...'0123456789abcdef'].entries()) NIBBLES[digit.charCodeAt(0)] = value;

/** Lower-case hexadecimal to bytes; with `size`, exactly that many bytes. */
export function parseHex(text: string, size?: number): Uint8Array<ArrayBuffer> {
  const wrong = () => bytesError('WAX_BYTES_HEX', size === undefined ? '' : `${size} bytes expected`);
  if (text.length % 2 !== 0 || (size !== undefined && text.length !== 2 * size)) throw wrong();
  const bytes = new Uint8Array(text.length / 2);
  const nibble = (index: number) => NIBBLES[text.charCodeAt(index)] ?? 255;
  for (let index = 0; index < bytes.length; index++) {
    const [high, low] = [nibble(2 * index), nibble(2 * index + 1)];
    if ((high | low) > 15) throw wrong();
    bytes[index] = 16 * high + low;
  }
  return bytes;
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += 8192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(binary);
}

/** What each character of base64 stands for, by its byte; 255 for all others. */
const SEXTETS = new Uint8Array(256).fill(255);
for (const [value, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  SEXTETS[character.charCodeAt(0)] = value;
}

/** Standard base64 to bytes; white space, missing padding and non-zero unused bits are refused. */
export function parseBase64(text: string, size?: number): Uint8Array<ArrayBuffer> {
  const wrong = () => bytesError('WAX_BYTES_BASE64', size === undefined ? '' : `${size} bytes expected`);
  if (text.length % 4 !== 0) throw wrong();
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  if (size !== undefined && bytes.length !== size) throw wrong();
  const characters = utf8(text);
  // Bits of characters that are none of base64, in the upper half.
  let foreign = 0;
  const sextet = (index: number) => {
    const value = SEXTETS[characters[index] as number] as number;
    foreign |= value;
    return value;
  };
  const whole = padding === 0 ? characters.length : characters.length - 4;
  let filled = 0;
  let last = 0;
  for (; last < whole; last += 4) {
    const bits = (sextet(last) << 18) | (sextet(last + 1) << 12) | (sextet(last + 2) << 6) | sextet(last + 3);
    bytes[filled++] = bits >> 16;
    bytes[filled++] = bits >> 8;
    bytes[filled++] = bits;
  }
  // One byte string has one spelling: a decoder that drops unused bits would accept several.
  let unused = 0;
  if (padding === 2) {
    const bits = (sextet(last) << 6) | sextet(last + 1);
    bytes[filled] = bits >> 4;
    unused = bits & 15;
  } else if (padding === 1) {
    const bits = (sextet(last) << 12) | (sextet(last + 1) << 6) | sextet(last + 2);
    bytes[filled] = bits >> 10;
    bytes[filled + 1] = bits >> 2;
    unused = bits & 3;
  }
  if (foreign > 63 || unused !== 0) throw wrong();
  return bytes;
}

/** Reads fields from the front of a byte string and refuses to read past its end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next `size` bytes, as a view of the same memory. */
  take(size: number): Uint8Array {
    if (size > this.remaining) {
      throw bytesError('WAX_BYTES_SHORT', `${size} bytes wanted, ${this.remaining} left`);
    }
    this.#offset += size;
    return this.#bytes.subarray(this.#offset - size, this.#offset);
  }

  #view(size: number): DataView {
    const bytes = this.take(size);
    return new DataView(bytes.buffer, bytes.byteOffset, size);
  }

  u8(): number {
    return this.#view(1).getUint8(0);
  }

  u16(): number {
    return this.#view(2).getUint16(0);
  }

  u32(): number {
    return this.#view(4).getUint32(0);
  }

  /** Eight bytes big-endian; values above 2^53 - 1 are refused, since a number cannot hold them. */
  u64(): number {
    const value = this.#view(8).getBigUint64(0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bytesError('WAX_BYTES_RANGE', 'u64 above 2^53 - 1');
    return Number(value);
  }

  /** Says that everything must have been read by now. */
  end(): void {
    if (this.remaining > 0) throw bytesError('WAX_BYTES_TRAILING', `${this.remaining}`);
  }
}
