/**
 * The headers that pass a relay: those on these two lists and no others, whichever way (wire-format.md B11).
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';
import { relayError } from './errors.ts';
import type { Route } from './routes.ts';

type Headers = { [name: string]: string };

const BINARY = 'application/octet-stream';
const OFFER_BYTES = 64;
/** 8 MiB of padded plaintext, and more than what stands around it. */
const MOST_TURN_BYTES = 8 * 1024 * 1024 + 4096;
const MOST_ANSWER_BYTES = 524_288;
/** 4096 records of 4096 bytes. */
const MOST_REPLY_BYTES = 16 * 1024 * 1024;

/** Longest body of what a service may answer. */
export const mostAnswered = { offer: MOST_ANSWER_BYTES, turn: MOST_REPLY_BYTES } as const;

/** The relay's own, on all it says, as a service has them: any page may ask, nothing may keep or re-encode it. */
export const ownHeaders: Readonly<Headers> = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-max-age': '7200',
  'access-control-expose-headers': 'retry-after',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

function lengthOf(headers: IncomingHttpHeaders, kind: Route['kind']): number {
  const text = headers['content-length'] ?? '';
  const length = /^\d{1,8}$/.test(text) ? Number(text) : -1;
  const fits = kind === 'offer' ? length === OFFER_BYTES : length > 0 && length <= MOST_TURN_BYTES;
  if (!fits) throw relayError('WAX_RELAY_FORM', 'length');
  return length;
}

/**
 * What the service sees of a request's headers. Type and length are written anew; the access token goes along
 * with an offer only, where the protocol has its place.
 * @throws WAX_RELAY_FORM
 */
export function headersIn(headers: IncomingHttpHeaders, { kind }: Pick<Route, 'kind'>): Headers {
  if (headers['content-type'] !== BINARY) throw relayError('WAX_RELAY_FORM', 'type');
  // A coding would be taken off on the way, or not: either end could be made to see another body.
  if (headers['content-encoding'] !== undefined) throw relayError('WAX_RELAY_FORM', 'coding');
  const length = lengthOf(headers, kind);
  const { authorization = '' } = headers;
  const token = kind === 'offer' && /^Bearer [\x21-\x7e]{1,512}$/.test(authorization);
  return { 'content-type': BINARY, 'content-length': String(length), ...(token && { authorization }) };
}

/** The refusals of wire-format.md B1 and B8. Their bodies are nobody's business and stay here. */
const refusals = [400, 401, 429, 503];

export interface Head {
  readonly status: number;
  readonly headers: Headers;
  /** Whether the body follows. */
  readonly body: boolean;
}

/**
 * What the client sees of a response's status and headers.
 * @throws WAX_RELAY_ANSWER for a redirect and every other status that the protocol does not have
 */
export function headOut(status: number, headers: IncomingHttpHeaders, { kind }: Pick<Route, 'kind'>): Head {
  if (status === 200) {
    if (headers['content-encoding'] !== undefined) throw relayError('WAX_RELAY_ANSWER', 'coding');
    const length = headers['content-length'];
    const known = length !== undefined && /^\d{1,8}$/.test(length);
    if (known && Number(length) > mostAnswered[kind]) throw relayError('WAX_RELAY_ANSWER', 'length');
    return {
      status,
      headers: { 'content-type': BINARY, ...(known && { 'content-length': length }) },
      body: true,
    };
  }
  if (!refusals.includes(status)) throw relayError('WAX_RELAY_ANSWER', `status ${status}`);
  const wait = headers['retry-after'] ?? '';
  return { status, headers: /^\d{1,6}$/.test(wait) ? { 'retry-after': wait } : {}, body: false };
}
