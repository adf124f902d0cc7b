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
  /** Entry bundle `index` of a tree of `size`. */
  entries(index: number, size: number): Promise<FetchedEntries>;
  tile(level: number, index: number, width: number): Promise<Uint8Array[]>;
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

export function openLogFiles({ url, fetch, signal, deadlineMs = DEADLINE_MS }: LogFilesOptions): LogFiles {
  async function get(path: string, most: number): Promise<{ body: Uint8Array; headers: Headers }> {
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      const response = await fetch(`${url}/${path}`, {
        credentials: 'omit',
        redirect: 'error',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      });
      if (response.status !== 200) throw syncError('WAX_SYNC_STATUS', `${response.status} for ${path}`);
      return { body: await readBody(response, most), headers: response.headers };
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
  ): Promise<{ body: Uint8Array; whole: boolean }> {
    if (full === partial) return { body: (await get(full, most)).body, whole: true };
    try {
      return { body: (await get(partial, most)).body, whole: false };
    } catch (error) {
      if (!(error instanceof CodedError) || !error.detail.startsWith('404 ')) throw error;
      return { body: (await get(full, most)).body, whole: true };
    }
  }

  return {
    async checkpoint() {
      const { body, headers } = await get('checkpoint', MAX_CHECKPOINT_BYTES);
      const text = parsed('checkpoint', () => new TextDecoder('utf-8', { fatal: true }).decode(body));
      const serverTime = Date.parse(headers.get('date') ?? '');
      return { text, serverTime: Number.isNaN(serverTime) ? null : serverTime };
    },

    async entries(index, size) {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
      const path = entriesPath(index, width);
      const { body, whole } = await getPartial(entriesPath(index), path, MAX_BUNDLE_BYTES);
      const entries = parsed(path, () => parseEntryBundle(body, whole ? TILE_WIDTH : width));
      return { entries: entries.slice(0, width), bytes: body.length };
    },

    async tile(level, index, width) {
      const path = tilePath(level, index, width);
      const { body, whole } = await getPartial(tilePath(level, index), path, 32 * TILE_WIDTH);
      return parsed(path, () => parseTile(body, whole ? TILE_WIDTH : width)).slice(0, width);
    },
  };
}
