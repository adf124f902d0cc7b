/** Little-endian fields at known places: firmware, kernels and page info are tables, not streams. @module */
import { concatBytes, parseHex, utf8 } from '../bytes.ts';
import { measurementError } from './errors.ts';

/** `size` bytes from `offset` on, as a view; WAX_MEASURE_SHORT where they are not there. */
export function slice(bytes: Uint8Array, offset: number, size: number): Uint8Array {
  if (!Number.isSafeInteger(offset) || offset < 0 || size < 0 || offset + size > bytes.length) {
    throw measurementError('WAX_MEASURE_SHORT', `${size} bytes at ${offset} of ${bytes.length}`);
  }
  return bytes.subarray(offset, offset + size);
}

function view(bytes: Uint8Array, offset: number, size: number): DataView {
  const part = slice(bytes, offset, size);
  return new DataView(part.buffer, part.byteOffset, size);
}

export const readU16 = (bytes: Uint8Array, offset: number): number =>
  view(bytes, offset, 2).getUint16(0, true);
export const readU32 = (bytes: Uint8Array, offset: number): number =>
  view(bytes, offset, 4).getUint32(0, true);

/** Eight bytes; WAX_MEASURE_SHORT for a number that no file or memory has. */
export function readU64(bytes: Uint8Array, offset: number): number {
  const value = view(bytes, offset, 8).getBigUint64(0, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw measurementError('WAX_MEASURE_SHORT', 'a number above 2^53');
  return Number(value);
}

function field(size: 2 | 4 | 8, value: number | bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const target = new DataView(bytes.buffer);
  if (size === 2) target.setUint16(0, Number(value), true);
  else if (size === 4) target.setUint32(0, Number(value), true);
  else target.setBigUint64(0, BigInt(value), true);
  return bytes;
}

export const le16 = (value: number) => field(2, value);
export const le32 = (value: number) => field(4, value);
export const le64 = (value: number | bigint) => field(8, value);

/** A GUID as UEFI stores it: the first three fields little-endian. */
export function guid(text: string): Uint8Array<ArrayBuffer> {
  const bytes = parseHex(text.replaceAll('-', ''), 16);
  const part = (from: number, to: number) => bytes.slice(from, to).reverse();
  return concatBytes(part(0, 4), part(4, 6), part(6, 8), bytes.subarray(8));
}

/** Text as bytes with a final NUL. */
export const withNul = (text: string): Uint8Array<ArrayBuffer> => concatBytes(utf8(text), new Uint8Array(1));

/** Text as UEFI has it: UTF-16, little-endian. */
export const utf16 = (text: string): Uint8Array<ArrayBuffer> =>
  concatBytes(...Array.from({ length: text.length }, (_, index) => le16(text.charCodeAt(index))));
