/**
 * Paths and contents of C2SP tlog-tiles: hash tiles of 256 hashes, entry bundles, and the partial ones at the right edge.
 * @module
 */
import { ByteReader, concatBytes, u16 } from '../bytes.ts';
import { logError } from './errors.ts';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;

export interface TileAddress {
  /** 0 to 63; 'entries' for an entry bundle. */
  level: number | 'entries';
  index: number;
  /** 256 for a full tile, otherwise 1 to 255. */
  width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, where the index is written in groups of three digits. */
export function tilePath(level: number, index: number, width: number = TILE_WIDTH): string {
  if (!Number.isInteger(level) || level < 0 || level > 63)
    throw logError('WAX_LOG_TILE_PATH', `level ${level}`);
  return `tile/${level}/${indexPath(index, width)}`;
}

/** `tile/entries/<N>[.p/<W>]`. */
export function entriesPath(index: number, width: number = TILE_WIDTH): string {
  return `tile/entries/${indexPath(index, width)}`;
}

function indexPath(index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw logError('WAX_LOG_TILE_PATH', `index ${index}`);
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH)
    throw logError('WAX_LOG_TILE_PATH', `width ${width}`);
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  const path = groups
    .map((group, position) => (position < groups.length - 1 ? `x${group}` : group))
    .join('/');
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The address of a tile path without a leading slash. Each address has one spelling; others are refused. */
export function parseTilePath(path: string): TileAddress {
  const [, level, index, width] = PATH.exec(path) ?? [];
  if (level === undefined || index === undefined) throw logError('WAX_LOG_TILE_PATH');
  const address: TileAddress = {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const again =
    address.level === 'entries'
      ? entriesPath(address.index, address.width)
      : tilePath(address.level, address.index, address.width);
  if (again !== path) throw logError('WAX_LOG_TILE_PATH');
  return address;
}

/** All tiles at one level of a tree of `size` entries, in order: the full ones, then the partial one if there is any. */
export function* tilesAtLevel(level: number, size: number): Generator<{ index: number; width: number }> {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  const full = Math.floor(hashes / TILE_WIDTH);
  for (let index = 0; index < full; index++) yield { index, width: TILE_WIDTH };
  if (hashes % TILE_WIDTH > 0) yield { index: full, width: hashes % TILE_WIDTH };
}

/** The hashes of a tile of `width` hashes. */
export function parseTile(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== 32 * width)
    throw logError('WAX_LOG_TILE', `${bytes.length} bytes for ${width} hashes`);
  return Array.from({ length: width }, (_, index) => bytes.subarray(32 * index, 32 * index + 32));
}

/** Bytes that an entry takes in a bundle. */
export const encodedLength = (entry: Uint8Array) => 2 + entry.length;

/** Entries, each behind its length in two bytes. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...entries.flatMap((entry) => [entryLength(entry), entry]));
}

function entryLength(entry: Uint8Array): Uint8Array {
  if (entry.length > 0xffff) throw logError('WAX_LOG_ENTRY_SIZE', `${entry.length} bytes`);
  return u16(entry.length);
}

/** The entries of a bundle that must hold exactly `count` of them. */
export function parseEntryBundle(bytes: Uint8Array, count: number): Uint8Array[] {
  const reader = new ByteReader(bytes);
  try {
    const entries = Array.from({ length: count }, () => reader.take(reader.u16()));
    reader.end();
    return entries;
  } catch (cause) {
    throw logError('WAX_LOG_BUNDLE', `${count} entries in ${bytes.length} bytes`, { cause });
  }
}
