/**
 * Readers that narrow a JSON value to the shape a format demands, with the path in the error:
 * exact keys, integers in a range, text of bounded length.
 * @module
 */
import type { JsonValue } from './json.ts';
import { jsonError } from './json-errors.ts';

const wrong = (path: string, what: string) => jsonError('WAX_JSON_SHAPE', `${path}: ${what}`);

/** An object with all of `required`, any of `optional`, and no other key. */
export function readObject<Required extends string, Optional extends string = never>(
  value: JsonValue | undefined,
  path: string,
  required: readonly Required[],
  optional: readonly Optional[] = [],
): Record<Required, JsonValue> & Partial<Record<Optional, JsonValue>> {
  const object = readMap(value, path);
  for (const key of required) if (!Object.hasOwn(object, key)) throw wrong(path, `"${key}" is missing`);
  const isKnown = (key: string, list: readonly string[]) => list.includes(key);
  for (const key of Object.keys(object)) {
    if (!isKnown(key, required) && !isKnown(key, optional))
      throw wrong(path, `"${key.slice(0, 64)}" is not known`);
  }
  return object as Record<Required, JsonValue> & Partial<Record<Optional, JsonValue>>;
}

/** An object with any keys. */
export function readMap(value: JsonValue | undefined, path: string): { [key: string]: JsonValue } {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw wrong(path, 'not an object');
  return value;
}

/** An array of `least` to `most` items, each read by `item`. */
export function readArray<Item>(
  value: JsonValue | undefined,
  path: string,
  item: (value: JsonValue, path: string) => Item,
  { least = 0, most = 1024 }: { least?: number; most?: number } = {},
): Item[] {
  if (!Array.isArray(value)) throw wrong(path, 'not an array');
  if (value.length < least || value.length > most) throw wrong(path, `${least} to ${most} items wanted`);
  return value.map((entry, index) => item(entry, `${path}[${index}]`));
}

/** Text of 1 to `most` UTF-16 units, and in the form of `pattern` where one is given. */
export function readString(
  value: JsonValue | undefined,
  path: string,
  { most = 1024, pattern }: { most?: number; pattern?: RegExp } = {},
): string {
  if (typeof value !== 'string') throw wrong(path, 'not text');
  if (value.length === 0 || value.length > most) throw wrong(path, `1 to ${most} characters wanted`);
  if (pattern && !pattern.test(value)) throw wrong(path, 'not in the required form');
  return value;
}

/** An integer from `least` to `most`. */
export function readInteger(
  value: JsonValue | undefined,
  path: string,
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(path, 'not an integer');
  if (value < least || value > most) throw wrong(path, `${least} to ${most} wanted`);
  return value;
}

export function readBoolean(value: JsonValue | undefined, path: string): boolean {
  if (typeof value !== 'boolean') throw wrong(path, 'not true or false');
  return value;
}

/** One of the given words. */
export function readOneOf<Word extends string>(
  value: JsonValue | undefined,
  path: string,
  words: readonly Word[],
): Word {
  const found = words.find((word) => word === value);
  if (found === undefined) throw wrong(path, `one of ${words.join(', ')} wanted`);
  return found;
}

/** Lower-case hexadecimal of exactly `size` bytes, kept as text. */
export function readHex(value: JsonValue | undefined, path: string, size: number): string {
  if (typeof value !== 'string' || value.length !== 2 * size || !/^[0-9a-f]*$/.test(value)) {
    throw wrong(path, `${size} bytes in lower-case hexadecimal wanted`);
  }
  return value;
}

/** RFC 3339 time in UTC with whole seconds (`2026-11-22T14:02:00Z`), as milliseconds since 1970. */
export function readTime(value: JsonValue | undefined, path: string): number {
  const text = readString(value, path, { most: 20, pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ });
  const date = new Date(text);
  // 30 February rolls over into March, and 24:00 into the next day; a signed date must be a real one.
  if (date.getUTCDate() !== Number(text.slice(8, 10))) throw wrong(path, 'no such time');
  return date.getTime();
}

/** An https origin, or http on the loopback names for development, without path or trailing slash. */
export function readOrigin(value: JsonValue | undefined, path: string): string {
  const text = readString(value, path, { most: 253 });
  let url: URL | null = null;
  try {
    url = new URL(text);
  } catch {
    // Told below like every other malformed origin.
  }
  const loopback = url?.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname);
  if (url?.origin !== text || !(url.protocol === 'https:' || loopback))
    throw wrong(path, 'not an https origin');
  return text;
}
