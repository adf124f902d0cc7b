/**
 * The encrypted form of the history, version 1. Everything is XChaCha20-Poly1305 with random 24-byte nonces.
 *
 * header: `WXH1` ‖ log2N u8 ‖ r u8 ‖ p u8 ‖ 0 ‖ salt (16) ‖ nonce (24) ‖ the master key under the passphrase's key
 *         (32 + 16). What stands before the nonce is authenticated with it.
 * record: 1 u8 ‖ nonce (24) ‖ padded content under the master key. Its kind and id are authenticated with it, so
 *         that no record can stand in for another.
 * index:  a record of all chats: id, title, time, and the SHA-256 of each chat's record. A chat's record that is
 *         older than the index, exchanged or missing does not match it.
 *
 * A new passphrase means a new master key: what was encrypted before is worth nothing to it.
 * @module
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concatBytes, equalBytes, parseHex, u8, u32, utf8 } from '../../../protocol/bytes.ts';
import { historyError } from './history-errors.ts';
import { type Cost, deriveKey, isSoundCost } from './passphrase.ts';

const magic = utf8('WXH1');
const SALT = 16;
const NONCE = 24;
const KEY = 32;
const TAG = 16;
const PREFIX = magic.length + 4 + SALT;
const HEADER = PREFIX + NONCE + KEY + TAG;
const VERSION = 1;

/** Contents are padded to multiples of this, so that a length tells little. */
const BLOCK = 4096;
/** Longest content of one record. */
export const MOST_RECORD_BYTES = 4 << 20;

/** `index`, or the id of a chat: 16 bytes in hex. */
export type RecordName = 'index' | (string & {});

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Makes a header for a passphrase, with a master key that nothing else has. */
export async function createHeader(
  passphrase: string,
  { log2N, r, p }: Cost,
): Promise<{ header: Uint8Array; key: Uint8Array }> {
  const key = random(KEY);
  const salt = random(SALT);
  const prefix = concatBytes(magic, u8(log2N), u8(r), u8(p), u8(0), salt);
  const nonce = random(NONCE);
  const wrapping = await deriveKey(passphrase, salt, { log2N, r, p });
  const wrapped = xchacha20poly1305(wrapping, nonce, prefix).encrypt(key);
  wrapping.fill(0);
  return { header: concatBytes(prefix, nonce, wrapped), key };
}

/**
 * The master key behind a header.
 * @throws WAX_HISTORY_DAMAGED for bytes that are no header, WAX_HISTORY_PASSPHRASE where the key does not open
 */
export async function openHeader(header: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const [log2N = 0, r = 0, p = 0, zero] = header.subarray(magic.length, magic.length + 4);
  const cost: Cost = { log2N, r, p };
  const sound = header.length === HEADER && equalBytes(header.subarray(0, magic.length), magic) && zero === 0;
  if (!sound || !isSoundCost(cost)) throw historyError('WAX_HISTORY_DAMAGED', 'header');
  const prefix = header.subarray(0, PREFIX);
  const nonce = header.subarray(PREFIX, PREFIX + NONCE);
  const wrapping = await deriveKey(passphrase, prefix.subarray(magic.length + 4), cost);
  try {
    return xchacha20poly1305(wrapping, nonce, prefix).decrypt(header.subarray(PREFIX + NONCE));
  } catch (cause) {
    throw historyError('WAX_HISTORY_PASSPHRASE', '', { cause });
  } finally {
    wrapping.fill(0);
  }
}

/** What a record is authenticated with besides its content. */
function context(name: RecordName): Uint8Array {
  const id = name === 'index' ? new Uint8Array(16) : parseHex(name, 16);
  return concatBytes(utf8('waxseal-history/1'), u8(name === 'index' ? 0 : 1), id);
}

/** Encrypts the content of a record. */
export function sealRecord(key: Uint8Array, name: RecordName, content: Uint8Array): Uint8Array {
  if (content.length > MOST_RECORD_BYTES) throw historyError('WAX_HISTORY_FULL', `${content.length} bytes`);
  const padded = new Uint8Array(Math.ceil((content.length + 4) / BLOCK) * BLOCK);
  padded.set(concatBytes(u32(content.length), content));
  const nonce = random(NONCE);
  const sealed = xchacha20poly1305(key, nonce, context(name)).encrypt(padded);
  padded.fill(0);
  return concatBytes(u8(VERSION), nonce, sealed);
}

/** The content of a record; throws `WAX_HISTORY_DAMAGED` for any other bytes than were written under this name. */
export function openRecord(key: Uint8Array, name: RecordName, record: Uint8Array): Uint8Array {
  if (record[0] !== VERSION) throw historyError('WAX_HISTORY_DAMAGED', 'version');
  let padded: Uint8Array;
  try {
    const nonce = record.subarray(1, 1 + NONCE);
    padded = xchacha20poly1305(key, nonce, context(name)).decrypt(record.subarray(1 + NONCE));
  } catch (cause) {
    throw historyError('WAX_HISTORY_DAMAGED', '', { cause });
  }
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (length > padded.length - 4) throw historyError('WAX_HISTORY_DAMAGED', 'length');
  return padded.subarray(4, 4 + length);
}
