/**
 * The offer (wire-format.md B1): 64 bytes, the same for every client but for a nonce that is used once.
 * @module
 */
import { concatBytes, equalBytes, utf8 } from '../bytes.ts';
import { sessionError } from './errors.ts';

const OFFER_BYTES = 64;
const PREFIX = concatBytes(utf8('WXSO'), Uint8Array.of(1), new Uint8Array(27));

/** Makes an offer with a fresh nonce: `body` is what is sent, `nonce` its last 32 bytes. */
export function createOffer(): { body: Uint8Array<ArrayBuffer>; nonce: Uint8Array<ArrayBuffer> } {
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  return { body: concatBytes(PREFIX, nonce), nonce };
}

/** Reads an offer; any other length, version or non-zero reserved byte is refused. */
export function parseOffer(body: Uint8Array): { nonce: Uint8Array } {
  if (body.length !== OFFER_BYTES) throw sessionError('WAX_SESSION_OFFER', `${body.length} bytes`);
  if (!equalBytes(body.subarray(0, PREFIX.length), PREFIX)) {
    throw sessionError('WAX_SESSION_OFFER', 'magic, version or reserved bytes');
  }
  return { nonce: body.slice(PREFIX.length) };
}
