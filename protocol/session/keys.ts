/**
 * The key schedule (wire-format.md B5): one chain key a turn, out of which come the keys of the request and,
 * bound to the bytes of the request, those of the reply. Keys are overwritten with zeros once used; copies
 * that the runtime made are out of reach, which is why documents promise no more than that.
 * @module
 */
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../bytes.ts';
import { sessionError } from './errors.ts';

/** A ChaCha20-Poly1305 key (32 bytes) and nonce (12 bytes). */
export interface KeyAndNonce {
  key: Uint8Array;
  nonce: Uint8Array;
}

/** Keys of one turn. */
export interface TurnKeys {
  /** 0, 1, 2 and so on. */
  turn: number;
  request: KeyAndNonce;
  /** 32 bytes from which `recordKeys` makes the keys of the reply. */
  responseSecret: Uint8Array;
}

const LABELS = {
  request: utf8('waxseal/1 request'),
  response: utf8('waxseal/1 response'),
  next: utf8('waxseal/1 next'),
  record: utf8('waxseal/1 record'),
};

function keyAndNonce(prk: Uint8Array, label: Uint8Array): KeyAndNonce {
  const bytes = expand(sha256, prk, label, 44);
  const pair = { key: bytes.slice(0, 32), nonce: bytes.slice(32) };
  bytes.fill(0);
  return pair;
}

/** ck[t], moving forward only. */
export class KeyChain {
  #key: Uint8Array | null;
  #turn = 0;

  /** Takes ck[0], 32 bytes, and owns it from here on: it is erased with the first turn. */
  constructor(chainKey: Uint8Array) {
    this.#key = chainKey;
  }

  /** The turn whose keys `advance` gives next. */
  get turn(): number {
    return this.#turn;
  }

  /** Derives the keys of this turn and replaces ck[t] by ck[t+1]. */
  advance(): TurnKeys {
    const key = this.#key;
    if (key === null) throw sessionError('WAX_SESSION_ERASED', 'chain key');
    const keys = {
      turn: this.#turn,
      request: keyAndNonce(key, LABELS.request),
      responseSecret: expand(sha256, key, LABELS.response, 32),
    };
    this.#key = expand(sha256, key, LABELS.next, 32);
    this.#turn++;
    key.fill(0);
    return keys;
  }

  /** Ends the chain: nothing can be derived from here on. */
  erase(): void {
    this.#key?.fill(0);
    this.#key = null;
  }
}

/** Overwrites a key and its nonce. */
export function eraseKey(pair: KeyAndNonce): void {
  pair.key.fill(0);
  pair.nonce.fill(0);
}

/** Keys of the reply to the request whose whole body hashes to `requestHash`; erases `responseSecret`. */
export function recordKeys(responseSecret: Uint8Array, requestHash: Uint8Array): KeyAndNonce {
  const prk = extract(sha256, responseSecret, requestHash);
  responseSecret.fill(0);
  const pair = keyAndNonce(prk, LABELS.record);
  prk.fill(0);
  return pair;
}
