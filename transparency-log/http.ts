/**
 * Requests to logs and witnesses: a deadline, a size limit, no redirects.
 * @module
 */
import { concatBytes } from '../protocol/bytes.ts';
import { CodedError } from '../protocol/errors.ts';
import { httpError } from './http-errors.ts';

/** Longest checkpoint, with many post-quantum signatures, in bytes. */
export const CHECKPOINT_LIMIT = 512 * 1024;

export interface HttpRequest {
  url: string;
  fetch: typeof globalThis.fetch;
  /** For the whole answer. */
  timeoutMs: number;
  /** Longest body that is read. */
  limit: number;
  /** Sent by POST where given, else GET. */
  body?: Uint8Array<ArrayBuffer>;
}

export interface HttpAnswer {
  status: number;
  body: Uint8Array;
}

/** Fetches at most `limit` bytes. Throws WAX_HTTP_UNREACHABLE where no whole answer came in time, WAX_HTTP_TOO_LARGE. */
export async function request({ url, fetch, timeoutMs, limit, body }: HttpRequest): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      ...(body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': 'text/plain' } }),
      signal: deadline,
      redirect: 'error',
      cache: 'no-store',
      credentials: 'omit',
    });
    return { status: response.status, body: await readBody(response, limit) };
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw httpError('WAX_HTTP_UNREACHABLE', deadline.aborted ? `${url}: no answer in ${timeoutMs} ms` : url, {
      cause,
    });
  }
}

async function readBody(response: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > limit) throw httpError('WAX_HTTP_TOO_LARGE', `more than ${limit} bytes`);
    parts.push(part);
  }
  return concatBytes(...parts);
}
