/**
 * Asks a chip maker's service, which limits how often one may ask: few requests, longer waits after each
 * refusal, and the wait that it names if it names one.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { stapleError } from './errors.ts';

export interface VendorClientOptions {
  fetch?: typeof fetch;
  /** Resolves after this many milliseconds. */
  wait?: (ms: number) => Promise<unknown>;
}

export interface VendorAnswer {
  body: Uint8Array;
  headers: Headers;
}

const ATTEMPTS = 5;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;
const TIMEOUT_MS = 30_000;
const MOST_BYTES = 256 * 1024;

/** What to wait after an answer, by its own word or by ours. */
function waitAfter(response: Response | null, attempt: number): number {
  const named = response?.headers.get('retry-after') ?? '';
  const ms = /^[0-9]{1,6}$/.test(named) ? 1000 * Number(named) : FIRST_WAIT_MS * 4 ** attempt;
  return Math.min(ms, LONGEST_WAIT_MS);
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) throw stapleError('WAX_STAPLE_VENDOR', 'too long an answer');
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** GET of one document. Tries again after 429, 5xx and lost connections; any other status is final. */
export async function askVendor(
  url: string,
  { fetch: send = fetch, wait = sleep }: VendorClientOptions,
): Promise<VendorAnswer> {
  const { pathname } = new URL(url);
  for (let attempt = 0; ; attempt++) {
    const response = await send(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
      () => null,
    );
    if (response?.status === 200) return { body: await readBounded(response), headers: response.headers };
    const passing = response === null || response.status === 429 || response.status >= 500;
    if (!passing || attempt === ATTEMPTS - 1) {
      throw stapleError('WAX_STAPLE_VENDOR', `${response?.status ?? 'no answer'} for ${pathname}`);
    }
    await response?.body?.cancel();
    await wait(waitAfter(response, attempt));
  }
}
