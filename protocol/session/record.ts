/**
 * Records of the reply (wire-format.md B7): all of one size, their type inside the seal, their place in the
 * sequence in nonce and additional data.
 * @module
 */
import { ByteReader, concatBytes, isZero, lp, u16, u32 } from '../bytes.ts';
import { nobleAead } from './aead.ts';
import { sessionError } from './errors.ts';
import { eraseKey, type KeyAndNonce } from './keys.ts';
import { TAG_BYTES } from './sizes.ts';

const recordTypes = { pad: 0, data: 1, end: 2, err: 3, fin: 4 } as const;
export type RecordType = keyof typeof recordTypes;
const typeNames: readonly RecordType[] = ['pad', 'data', 'end', 'err', 'fin'];

/** Type and length of the payload, before it. */
const INNER_HEADER_BYTES = 3;

/** Bytes of payload that a record of `recordBytes` holds. */
export function recordCapacity(recordBytes: number): number {
  return recordBytes - TAG_BYTES - INNER_HEADER_BYTES;
}

/** What a stream of records belongs to. */
export interface RecordStream {
  keys: KeyAndNonce;
  /** Session id, 16 bytes. */
  id: Uint8Array;
  turn: number;
  /** Size of each record on the wire. */
  recordBytes: number;
}

/** Nonces and additional data of one stream, counted by record. */
class Sequence {
  readonly #stream: RecordStream;
  readonly #aad: Uint8Array;
  #next = 0;
  #erased = false;

  constructor(stream: RecordStream) {
    this.#stream = stream;
    this.#aad = concatBytes(lp('waxseal/1 record'), stream.id, u32(stream.turn), u32(0));
  }

  get sent(): number {
    return this.#next;
  }

  step(): { key: Uint8Array; nonce: Uint8Array; aad: Uint8Array } {
    if (this.#erased) throw sessionError('WAX_SESSION_ERASED', 'record key');
    const sequence = u32(this.#next++);
    const nonce = this.#stream.keys.nonce.slice();
    for (const [index, byte] of sequence.entries()) nonce[8 + index] = (nonce[8 + index] as number) ^ byte;
    this.#aad.set(sequence, this.#aad.length - 4);
    return { key: this.#stream.keys.key, nonce, aad: this.#aad };
  }

  erase(): void {
    eraseKey(this.#stream.keys);
    this.#erased = true;
  }
}

/** Server side. */
export class RecordSealer {
  readonly #sequence: Sequence;
  readonly #recordBytes: number;

  constructor(stream: RecordStream) {
    this.#sequence = new Sequence(stream);
    this.#recordBytes = stream.recordBytes;
  }

  /** Records sealed so far. */
  get count(): number {
    return this.#sequence.sent;
  }

  /** Seals the next record. */
  seal(type: RecordType, payload: Uint8Array = new Uint8Array()): Uint8Array {
    if (payload.length > recordCapacity(this.#recordBytes)) {
      throw sessionError('WAX_SESSION_RECORD', `payload of ${payload.length} bytes`);
    }
    const inner = new Uint8Array(this.#recordBytes - TAG_BYTES);
    inner[0] = recordTypes[type];
    inner.set(u16(payload.length), 1);
    inner.set(payload, INNER_HEADER_BYTES);
    const { key, nonce, aad } = this.#sequence.step();
    return nobleAead.seal(key, nonce, aad, inner);
  }

  erase(): void {
    this.#sequence.erase();
  }
}

/** Least and most bytes of payload by type. */
function payloadFits(type: RecordType, length: number): boolean {
  if (type === 'data') return length >= 1;
  return length === (type === 'err' ? 4 : 0);
}

function parseInner(inner: Uint8Array): { type: RecordType; payload: Uint8Array } {
  const reader = new ByteReader(inner);
  const type = typeNames[reader.u8()];
  const length = reader.u16();
  if (type === undefined) throw sessionError('WAX_SESSION_RECORD', 'unknown type');
  if (length > reader.remaining || !payloadFits(type, length)) {
    throw sessionError('WAX_SESSION_RECORD', `${type} of ${length} bytes`);
  }
  const payload = reader.take(length);
  if (!isZero(reader.take(reader.remaining))) {
    throw sessionError('WAX_SESSION_RECORD', 'a padding byte is not zero');
  }
  return { type, payload };
}

/** Client side. After any error nothing more may be opened. */
export class RecordOpener {
  readonly #sequence: Sequence;
  readonly #recordBytes: number;

  constructor(stream: RecordStream) {
    this.#sequence = new Sequence(stream);
    this.#recordBytes = stream.recordBytes;
  }

  /** Records tried so far, the failed one included. */
  get count(): number {
    return this.#sequence.sent;
  }

  /** Opens the next record: `WAX_SESSION_RECORD_OPEN` if it is not authentic, `WAX_SESSION_RECORD` if malformed. */
  open(record: Uint8Array): { type: RecordType; payload: Uint8Array } {
    if (record.length !== this.#recordBytes) {
      throw sessionError('WAX_SESSION_RECORD_OPEN', `${record.length} bytes`);
    }
    const { key, nonce, aad } = this.#sequence.step();
    let inner: Uint8Array;
    try {
      inner = nobleAead.open(key, nonce, aad, record);
    } catch {
      throw sessionError('WAX_SESSION_RECORD_OPEN', `record ${this.count - 1}`);
    }
    return parseInner(inner);
  }

  erase(): void {
    this.#sequence.erase();
  }
}
