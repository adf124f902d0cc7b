/** A writer for the few DER forms that certificates and revocation lists need (ITU-T X.690). */
import { concatBytes, utf8 } from '../../../protocol/bytes.ts';

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

/** One element of this tag around the parts. */
export function element(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(Uint8Array.of(tag, ...lengthBytes(content.length)), content);
}

export const sequence = (...parts: Uint8Array[]): Uint8Array => element(0x30, ...parts);
export const set = (...parts: Uint8Array[]): Uint8Array => element(0x31, ...parts);
export const explicit = (number: number, ...parts: Uint8Array[]): Uint8Array =>
  element(0xa0 | number, ...parts);
export const octetString = (bytes: Uint8Array): Uint8Array => element(0x04, bytes);
export const bitString = (bytes: Uint8Array, unused = 0): Uint8Array =>
  element(0x03, Uint8Array.of(unused), bytes);
export const boolean = (value: boolean): Uint8Array => element(0x01, Uint8Array.of(value ? 0xff : 0));
export const nothing = (): Uint8Array => element(0x05);
export const utf8String = (text: string): Uint8Array => element(0x0c, utf8(text));
export const ia5String = (text: string): Uint8Array => element(0x16, utf8(text));

/** INTEGER of an unsigned big-endian number. */
export function integer(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  return element(0x02, (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0), digits);
}

/** INTEGER of a small number. */
export function smallInteger(value: number): Uint8Array {
  return integer(Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff));
}

/** OBJECT IDENTIFIER from dotted form. */
export function oid(dotted: string): Uint8Array {
  const [top = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [40 * top + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      groups.unshift(0x80 | (high % 128));
    return groups;
  });
  return element(0x06, Uint8Array.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5); milliseconds are cut. */
export function time(at: number): Uint8Array {
  const digits = new Date(at).toISOString().slice(0, 19).replace(/\D/g, '');
  return digits < '2050' ? element(0x17, utf8(`${digits.slice(2)}Z`)) : element(0x18, utf8(`${digits}Z`));
}
