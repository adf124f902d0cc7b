/**
 * Server side of a reply (wire-format.md B7): turns events into records of one size and keeps the promise
 * about their number. It has no timer: the server asks for the next record each tick, or for all at once.
 * @module
 */
import { concatBytes, u16 } from '../bytes.ts';
import { sessionError } from './errors.ts';
import { encodeEvent, type StreamEvent, type Summary } from './events.ts';
import { RecordSealer, type RecordStream, recordCapacity } from './record.ts';
import { type Mode, recordCount } from './sizes.ts';
import { encodeTurnError, type TurnError } from './turn-errors.ts';

/** Room kept for the closing summary, so that a reply can be closed whenever it is found full. */
const SUMMARY_RESERVE = 384;
const EVENT_HEADER_BYTES = 3;
const LARGEST_EVENT = EVENT_HEADER_BYTES + 0xffff;

export interface ReplyWriterOptions {
  stream: RecordStream;
  mode: Mode;
  maxRecords: number;
  /** Called once, when FIN was sealed or the keys were erased before. */
  onClosed: () => void;
}

type Closing = { type: 'end' } | { type: 'err'; error: TurnError; payload: Uint8Array };

export class ReplyWriter {
  readonly mode: Mode;
  readonly #options: ReplyWriterOptions;
  readonly #sealer: RecordSealer;
  readonly #capacity: number;
  #queue: Uint8Array = new Uint8Array();
  /** Where in the queue the newest event of text begins, while all of it is there and more can be added to it. */
  #growing: { at: number; kind: 'text' | 'reasoning' } | null = null;
  #closing: Closing | null = null;
  /** Number of records in all; known once END or ERR was sealed. */
  #total: number | null = null;
  #closed = false;

  constructor(options: ReplyWriterOptions) {
    this.mode = options.mode;
    this.#options = options;
    this.#sealer = new RecordSealer(options.stream);
    this.#capacity = recordCapacity(options.stream.recordBytes);
  }

  /** END or ERR was sealed: the next turn may begin. */
  get contentEnded(): boolean {
    return this.#total !== null;
  }

  /** The error that closes this reply, if one does. */
  get error(): TurnError | null {
    return this.#closing?.type === 'err' ? this.#closing.error : null;
  }

  /** FIN was sealed, or the keys are gone. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * No room is left but for the summary: stop the engine and call `finish` with reason `length` at once.
   * To be asked after each `push` and, since ticks without data use up room too, after each `next`.
   */
  get full(): boolean {
    return this.#closing === null && this.#recordsFor(SUMMARY_RESERVE) >= this.#room();
  }

  /** Records that may still carry content: two are kept for END or ERR and for FIN. */
  #room(): number {
    return this.#options.maxRecords - 2 - this.#sealer.count;
  }

  #recordsFor(moreBytes: number): number {
    return Math.ceil((this.#queue.length + moreBytes) / this.#capacity);
  }

  /** Queues an event; false, and nothing is queued, when it would not fit or the reply is already closing. */
  push(event: Exclude<StreamEvent, { kind: 'summary' }>): boolean {
    const bytes = encodeEvent(event);
    if (this.#closing !== null || this.#recordsFor(bytes.length + SUMMARY_RESERVE) > this.#room())
      return false;
    const kind = event.kind === 'text' || event.kind === 'reasoning' ? event.kind : null;
    if (kind !== null && this.#grow(kind, bytes)) return true;
    const grows = kind !== null && bytes.length <= LARGEST_EVENT;
    this.#growing = grows ? { at: this.#queue.length, kind } : null;
    this.#queue = concatBytes(this.#queue, bytes);
    return true;
  }

  /** Adds text to the event before it, if that still waits: tokens that share a tick share a header. */
  #grow(kind: 'text' | 'reasoning', event: Uint8Array): boolean {
    if (this.#growing?.kind !== kind) return false;
    const { at } = this.#growing;
    const size = this.#queue.length - at + event.length - EVENT_HEADER_BYTES;
    if (size > LARGEST_EVENT) return false;
    this.#queue = concatBytes(this.#queue, event.subarray(EVENT_HEADER_BYTES));
    this.#queue.set(u16(size - EVENT_HEADER_BYTES), at + 1);
    return true;
  }

  /** Ends the content. A summary that no longer fits, since `full` was not heeded, ends it as failed. */
  finish(summary: Summary): void {
    if (this.#closing !== null) return;
    const bytes = encodeEvent({ kind: 'summary', summary });
    if (this.#recordsFor(bytes.length) > this.#room()) {
      this.fail('engine-failed');
    } else {
      this.#queue = concatBytes(this.#queue, bytes);
      this.#closing = { type: 'end' };
    }
  }

  /** Ends the reply with an error. What a stream has queued still goes out; a block's is worth nothing in part. */
  fail(error: TurnError, retryAfterS = 0): void {
    if (this.#closing !== null) return;
    if (this.mode === 'block') this.#queue = new Uint8Array();
    this.#closing = { type: 'err', error, payload: encodeTurnError(error, retryAfterS) };
  }

  /** The next record, or null after FIN. */
  next(): Uint8Array | null {
    if (this.#closed) return null;
    if (this.#total !== null) {
      return this.#sealer.count + 1 < this.#total ? this.#sealer.seal('pad') : this.#sealFin();
    }
    if (this.#queue.length > 0) {
      const payload = this.#queue.subarray(0, this.#capacity);
      this.#queue = this.#queue.subarray(payload.length);
      const at = (this.#growing?.at ?? 0) - payload.length;
      this.#growing = this.#growing !== null && at >= 0 ? { ...this.#growing, at } : null;
      return this.#sealer.seal('data', payload);
    }
    if (this.#closing === null && this.#room() <= 0) this.fail('engine-failed');
    if (this.#closing === null) return this.#sealer.seal('pad');
    return this.#sealClosing(this.#closing);
  }

  /** All records that are left, for a block. The reply must have been finished or failed. */
  drain(): Uint8Array {
    if (this.#closing === null) throw sessionError('WAX_SESSION_RECORD_ORDER', 'the reply is not finished');
    const records: Uint8Array[] = [];
    for (let record = this.next(); record !== null; record = this.next()) records.push(record);
    return concatBytes(...records);
  }

  /** Erases the keys; no more records come. */
  erase(): void {
    this.#queue.fill(0);
    this.#close();
  }

  #sealClosing(closing: Closing): Uint8Array {
    const record = this.#sealer.seal(closing.type, closing.type === 'err' ? closing.payload : undefined);
    const total = recordCount(this.mode, this.#sealer.count + 1, this.#options.maxRecords);
    if (total === null) throw sessionError('WAX_SESSION_REPLY_SIZE', `${this.#sealer.count} records`);
    this.#total = total;
    return record;
  }

  #sealFin(): Uint8Array {
    const record = this.#sealer.seal('fin');
    this.#close();
    return record;
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sealer.erase();
    this.#options.onClosed();
  }
}
