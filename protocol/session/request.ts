/**
 * The sealed request (wire-format.md B6): one AEAD message, padded to a bucket.
 * @module
 */
import { ByteReader, concatBytes, equalBytes, isZero, lp, u32, utf8 } from '../bytes.ts';
import type { Aead } from './aead.ts';
import { nobleAead } from './aead.ts';
import { sessionError } from './errors.ts';
import { eraseKey, type KeyAndNonce, recordKeys, type TurnKeys } from './keys.ts';
import { ENC_BYTES, isRequestBucket, REQUEST_HEADER_BYTES, requestBucket, TAG_BYTES } from './sizes.ts';

const PREFIX = concatBytes(utf8('WXSQ'), Uint8Array.of(1, 0, 0, 0));
const AAD_LABEL = lp('waxseal/1 request');

/** A request as it arrived: what can be read before a key is used. */
export interface SealedRequest {
  id: Uint8Array;
  turn: number;
  /** Encapsulated key, 1120 bytes, on turn 0 only. */
  enc: Uint8Array | null;
  /** All bytes, which the keys of the reply are bound to. */
  body: Uint8Array;
}

/** Length of the body for a JSON text of `jsonBytes`. */
export function requestBytes(jsonBytes: number, turn: number): number {
  return REQUEST_HEADER_BYTES + (turn === 0 ? ENC_BYTES : 0) + requestBucket(4 + jsonBytes) + TAG_BYTES;
}

/**
 * Seals the JSON text of a turn and erases the request key. `enc` goes with turn 0 and only with it.
 * Gives the body, its SHA-256, and the keys under which its reply comes back.
 */
export function sealRequest(
  keys: TurnKeys,
  id: Uint8Array,
  enc: Uint8Array | null,
  json: Uint8Array,
): { body: Uint8Array<ArrayBuffer>; sha256: Uint8Array; reply: KeyAndNonce } {
  if ((enc !== null) !== (keys.turn === 0)) throw sessionError('WAX_SESSION_REQUEST', 'enc is for turn 0');
  const plaintext = new Uint8Array(requestBucket(4 + json.length));
  plaintext.set(u32(json.length));
  plaintext.set(json, 4);
  const head = concatBytes(PREFIX, id, u32(keys.turn), enc ?? new Uint8Array());
  const { key, nonce } = keys.request;
  const body = concatBytes(head, nobleAead.seal(key, nonce, concatBytes(AAD_LABEL, head), plaintext));
  eraseKey(keys.request);
  plaintext.fill(0);
  const hash = nobleAead.sha256(body);
  return { body, sha256: hash, reply: recordKeys(keys.responseSecret, hash) };
}

/**
 * Reads the clear part of a request and checks every length: what passes is well-sized in the sense of B8.
 * `maxBytes` is the limit of the session header.
 */
export function parseSealedRequest(body: Uint8Array, maxBytes: number): SealedRequest {
  if (body.length > maxBytes) throw sessionError('WAX_SESSION_REQUEST_SIZE', `${body.length} bytes`);
  if (body.length < REQUEST_HEADER_BYTES) throw sessionError('WAX_SESSION_REQUEST', 'too short');
  const reader = new ByteReader(body);
  if (!equalBytes(reader.take(PREFIX.length), PREFIX)) {
    throw sessionError('WAX_SESSION_REQUEST', 'magic, version or reserved bytes');
  }
  const id = reader.take(16);
  const turn = reader.u32();
  if (turn === 0 && reader.remaining < ENC_BYTES) throw sessionError('WAX_SESSION_REQUEST', 'too short');
  const enc = turn === 0 ? reader.take(ENC_BYTES) : null;
  if (!isRequestBucket(reader.remaining - TAG_BYTES)) {
    throw sessionError('WAX_SESSION_REQUEST', 'the length is not one of a bucket');
  }
  return { id, turn, enc, body };
}

function unpad(plaintext: Uint8Array): Uint8Array {
  const reader = new ByteReader(plaintext);
  const length = reader.u32();
  if (length > reader.remaining || requestBucket(4 + length) !== plaintext.length) {
    throw sessionError('WAX_SESSION_REQUEST_PADDING', 'length');
  }
  const json = reader.take(length);
  if (!isZero(reader.take(reader.remaining))) {
    throw sessionError('WAX_SESSION_REQUEST_PADDING', 'a byte is not zero');
  }
  return json;
}

/**
 * Opens a request and erases its key; wrong padding counts as not opening. Gives the JSON text, not yet
 * parsed, and the keys for the reply. After any error the session must end.
 */
export function openRequest(
  keys: TurnKeys,
  request: SealedRequest,
  aead: Aead = nobleAead,
): { json: Uint8Array; reply: KeyAndNonce } {
  if (request.turn !== keys.turn) throw sessionError('WAX_SESSION_TURN', `${request.turn}`);
  const headBytes = REQUEST_HEADER_BYTES + (request.enc === null ? 0 : ENC_BYTES);
  const aad = concatBytes(AAD_LABEL, request.body.subarray(0, headBytes));
  const reply = recordKeys(keys.responseSecret, aead.sha256(request.body));
  const { key, nonce } = keys.request;
  try {
    const plaintext = aead.open(key, nonce, aad, request.body.subarray(headBytes));
    return { json: unpad(plaintext), reply };
  } catch (cause) {
    eraseKey(reply);
    // The cause of an AEAD is dropped on purpose: it has nothing to say, and padding is reported as it is.
    if (cause instanceof Error && cause.message.startsWith('WAX_SESSION_')) throw cause;
    throw sessionError('WAX_SESSION_REQUEST_OPEN');
  } finally {
    eraseKey(keys.request);
  }
}
