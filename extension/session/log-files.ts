/**
 * Fetches the static files of a log (C2SP tlog-tiles), each with a size limit and a deadline. No cookies, no
 * referrer, no redirects, nothing from a cache: the log learns that somebody syncs, and not who or why.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import { entriesPath, parseEntryBundle, parseTile, TILE_WIDTH, tilePath } from '../../protocol/log/tiles.ts';
import { syncError } from './log-errors.ts';

const DEADLINE_MS = 10_000;
const MAX_CHECKPOINT_BYTES = 64 * 1024;
/** 256 entries of the longest kind that the format has, each behind its length. */
const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + 0xffff);

export interface LogFilesOptions {
  url: string;
  fetch: typeof fetch;
  signal?: AbortSignal | undefined;
  /** How long each file may take. */
  deadlineMs?: number | undefined;
}

interface FetchedCheckpoint {
  text: string;
  /** What the server says the time is, milliseconds; not authenticated. */
  serverTime: number | null;
}

interface FetchedEntries {
  entries: Uint8Array[];
  bytes: number;
}

/** The files of one log. All functions throw WAX_SYNC_*. */
export interface LogFiles {
  checkpoint(): Promise<FetchedCheckpoint>;
  /**
   * The entries from `start` on that its bundle holds in a tree of `size`.
   * @param offset where `start` begins in the bundle, in bytes, if that is known: then no more than is new is fetched
   */
  entries(start: number, size: number, offset?: number): Promise<FetchedEntries>;
  tile(level: number, index: number, width: number): Promise<Uint8Array[]>;
}

/** What came for a request: a whole file, or its end from some byte on. */
interface Fetched {
  body: Uint8Array;
  headers: Headers;
  isEnd: boolean;
}

async function readBody(response: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) break;
    size += part.value.length;
    if (size > most) {
      await reader?.cancel();
      throw syncError('WAX_SYNC_SIZE', `more than ${most} bytes`);
    }
    chunks.push(part.value);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

/** Turns whatever parsing throws into one code, since all of it means that the file is not what it should be. */
function parsed<Value>(path: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    throw syncError('WAX_SYNC_MALFORMED', path, { cause });
  }
}

/** Refuses an answer that says itself that it is another part than was asked for: all bytes from `offset` on. */
function requireRange(headers: Headers, offset: number, length: number): void {
  // A server that others reach by CORS may keep this header from us. The root decides about the entries in any case.
  const stated = headers.get('content-range');
  if (stated === null) return;
  const end = offset + length;
  if (stated !== `bytes ${offset}-${end - 1}/${end}`) throw syncError('WAX_SYNC_RANGE', stated.slice(0, 64));
}

/** Whether the end of a file was not to be had as asked: the whole file may tell more. */
function isRefusedRange(error: unknown): boolean {
  if (!(error instanceof CodedError)) return false;
  const { code, detail } = error;
  return code === 'WAX_SYNC_RANGE' || code === 'WAX_SYNC_MALFORMED' || detail.startsWith('416 ');
}

export function openLogFiles({ url, fetch, signal, deadlineMs = DEADLINE_MS }: LogFilesOptions): LogFiles {
  /** @param offset first byte that is wanted; a server that takes no ranges answers with all of them */
  async function get(path: string, most: number, offset = 0): Promise<Fetched> {
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      const response = await fetch(`${url}/${path}`, {
        credentials: 'omit',
        redirect: 'error',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
        ...(offset > 0 ? { headers: { range: `bytes=${offset}-` } } : {}),
      });
      const { status, headers } = response;
      const isEnd = offset > 0 && status === 206;
      if (status !== 200 && !isEnd) throw syncError('WAX_SYNC_STATUS', `${status} for ${path}`);
      const body = await readBody(response, isEnd ? most - offset : most);
      if (isEnd) requireRange(headers, offset, body.length);
      return { body, headers, isEnd };
    } catch (cause) {
      if (cause instanceof CodedError) throw cause;
      throw syncError(deadline.aborted ? 'WAX_SYNC_TIMEOUT' : 'WAX_SYNC_UNREACHABLE', path, { cause });
    }
  }

  /** A log may drop a partial file once the full one is there; the wanted part is at its beginning. */
  async function getPartial(
    full: string,
    partial: string,
    most: number,
    offset = 0,
  ): Promise<Fetched & { whole: boolean }> {
    if (full === partial) return { ...(await get(full, most, offset)), whole: true };
    try {
      return { ...(await get(partial, most, offset)), whole: false };
    } catch (error) {
      if (!(error instanceof CodedError) || !error.detail.startsWith('404 ')) throw error;
      return { ...(await get(full, most, offset)), whole: true };
    }
  }

  /** A bundle's entries from the one on that is `skipped` behind its beginning. */
  async function getBundle(
    index: number,
    width: number,
    skipped: number,
    offset = 0,
  ): Promise<FetchedEntries> {
    const path = entriesPath(index, width);
    const { body, whole, isEnd } = await getPartial(entriesPath(index), path, MAX_BUNDLE_BYTES, offset);
    const count = (whole ? TILE_WIDTH : width) - (isEnd ? skipped : 0);
    const entries = parsed(path, () => parseEntryBundle(body, count));
    const wanted = isEnd ? entries.slice(0, width - skipped) : entries.slice(skipped, width);
    return { entries: wanted, bytes: body.length };
  }

  return {
    async checkpoint() {
      const { body, headers } = await get('checkpoint', MAX_CHECKPOINT_BYTES);
      const text = parsed('checkpoint', () => new TextDecoder('utf-8', { fatal: true }).decode(body));
      const serverTime = Date.parse(headers.get('date') ?? '');
      return { text, serverTime: Number.isNaN(serverTime) ? null : serverTime };
    },

    async entries(start, size, offset = 0) {
      const index = Math.floor(start / TILE_WIDTH);
      const first = index * TILE_WIDTH;
      const width = Math.min(TILE_WIDTH, size - first);
      const skipped = start - first;
      try {
        return await getBundle(index, width, skipped, offset);
      } catch (error) {
        // A log that has forked may have other entries before this place, of other lengths.
        if (offset === 0 || !isRefusedRange(error)) throw error;
        return await getBundle(index, width, skipped).catch(() => {
          throw error;
        });
      }
    },

    async tile(level, index, width) {
      const path = tilePath(level, index, width);
      const { body, whole } = await getPartial(tilePath(level, index), path, 32 * TILE_WIDTH);
      return parsed(path, () => parseTile(body, whole ? TILE_WIDTH : width)).slice(0, width);
    },
  };
}
