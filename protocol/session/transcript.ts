/**
 * What both ends saw of the handshake (wire-format.md B4): the exact bytes of offer and answer, and nothing
 * that only one of them knows.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, lp } from '../bytes.ts';

/** T, 32 bytes. */
export function transcriptHash(offerBody: Uint8Array, answerBody: Uint8Array): Uint8Array<ArrayBuffer> {
  return sha256(concatBytes(lp('waxseal/1 transcript'), sha256(offerBody), sha256(answerBody)));
}

/** HPKE `info` that binds the key to the transcript, 48 bytes. */
export function hpkeInfo(transcript: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes(lp('waxseal/1 hpke'), transcript);
}
