/**
 * Reads the static files of a log (C2SP tlog-tiles) over HTTP.
 * @module
 */
import { setTimeout } from 'node:timers/promises';
import { parseUtf8 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import { entriesPath, parseEntryBundle, TILE_WIDTH, tilePath } from '../../protocol/log/tiles.ts';
import { CHECKPOINT_LIMIT, type HttpAnswer, request } from '../http.ts';
import { auditError } from './errors.ts';

const ATTEMPTS = 3;
/** A page of entries, each in base64 and as a statement. */
const JSON_LIMIT = 8 << 20;
const BUNDLE_LIMIT = TILE_WIDTH * (2 + 0xffff);

export interface LogReaderOptions {
  /** Prefix of the log, without a slash at the end. */
  url: string;
  fetch: typeof globalThis.fetch;
  timeoutMs: number;
}

/** All methods throw WAX_AUDIT_UNREACHABLE after three attempts, and WAX_AUDIT_MISSING for a file that is not there. */
export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  async checkpoint(): Promise<string> {
    const body = await this.#get('checkpoint', CHECKPOINT_LIMIT);
    if (body === null) throw auditError('WAX_AUDIT_MISSING', 'checkpoint');
    return parseUtf8(body);
  }

  /** The hashes of a tile, joined: 32 · width bytes, unless the log serves something else. */
  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    const path = tilePath(level, index, width);
    const partial = await this.#get(path, 32 * TILE_WIDTH);
    if (partial !== null) return partial;
    // A log may delete a partial tile once the full one is there.
    const full = width < TILE_WIDTH ? await this.#get(tilePath(level, index), 32 * TILE_WIDTH) : null;
    if (full === null) throw auditError('WAX_AUDIT_MISSING', path);
    return full.subarray(0, 32 * width);
  }

  async entries(index: number, width: number): Promise<Uint8Array[]> {
    const path = entriesPath(index, width);
    const partial = await this.#get(path, BUNDLE_LIMIT);
    if (partial !== null) return parseBundle(partial, width, path);
    const full = width < TILE_WIDTH ? await this.#get(entriesPath(index), BUNDLE_LIMIT) : null;
    if (full === null) throw auditError('WAX_AUDIT_MISSING', path);
    return parseBundle(full, TILE_WIDTH, path).slice(0, width);
  }

  /** Strict JSON; null where the log has no such thing, or something that is not JSON. */
  async json(path: string): Promise<JsonValue | null> {
    const body = await this.#get(
      path,
      JSON_LIMIT,
      (status) => status >= 400 && status < 500 && status !== 429,
    );
    try {
      return body && parseJson(body, { bytes: JSON_LIMIT, depth: 24 });
    } catch (error) {
      if (error instanceof CodedError) return null;
      throw error;
    }
  }

  /** Null for a file that the log says it does not have. */
  async #get(
    path: string,
    limit: number,
    isMissing = (status: number): boolean => status === 404,
  ): Promise<Uint8Array | null> {
    const { url, fetch, timeoutMs } = this.#options;
    let problem: unknown = null;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt > 1) await setTimeout(100 * 2 ** attempt);
      let answer: HttpAnswer;
      try {
        answer = await request({ url: `${url}/${path}`, fetch, timeoutMs, limit });
      } catch (error) {
        if (error instanceof CodedError && error.code === 'WAX_HTTP_TOO_LARGE') {
          throw auditError('WAX_AUDIT_BUNDLE', `${path} is too large`, { cause: error });
        }
        problem = error;
        continue;
      }
      if (answer.status === 200) return answer.body;
      if (isMissing(answer.status)) return null;
      problem = new Error(`status ${answer.status}`);
    }
    throw auditError('WAX_AUDIT_UNREACHABLE', `${url}/${path}`, { cause: problem });
  }
}

function parseBundle(bytes: Uint8Array, count: number, path: string): Uint8Array[] {
  try {
    return parseEntryBundle(bytes, count);
  } catch (cause) {
    throw auditError('WAX_AUDIT_BUNDLE', path, { cause });
  }
}

/** Works on `width` items at a time and yields the results in the order of the items. */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // One that fails before its turn must not count as unhandled; it throws when its turn comes.
      result.catch(() => {});
      running.push(result);
      const first = running.length === width ? running.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let next = running.shift(); next !== undefined; next = running.shift()) yield await next;
  } finally {
    // After a failure nobody waits for the rest, which may fail as well.
    await Promise.allSettled(running);
  }
}
