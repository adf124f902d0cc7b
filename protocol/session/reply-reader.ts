/**
 * Client side of a reply (wire-format.md B7 and B8): takes the bytes of the response in any pieces and says
 * what they mean. The table of B8 is `close`.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { sessionError } from './errors.ts';
import { EventParser, type StreamEvent, type Summary } from './events.ts';
import { RecordOpener, type RecordStream } from './record.ts';
import { type Mode, recordCount } from './sizes.ts';
import { parseTurnError, type TurnError } from './turn-errors.ts';

/** What became of a turn, and of its session. */
export type Outcome =
  | { state: 'complete'; session: 'kept' | 'dropped'; summary: Summary }
  | { state: 'failed'; session: 'kept' | 'dropped'; error: TurnError; retryAfterS: number }
  /** `code` says what was wrong with the bytes; null when they only ended too early. */
  | { state: 'cut-off'; session: 'dropped'; code: string | null };

/** Content as it comes; `end` and `error` close it, and padding follows. */
export type ReplyEvent =
  | StreamEvent
  | { kind: 'end'; summary: Summary }
  | { kind: 'error'; error: TurnError; retryAfterS: number };

type Ending =
  | { state: 'complete'; summary: Summary }
  | { state: 'failed'; error: TurnError; retryAfterS: number };

export interface AnsweringModel {
  readonly id: string;
  /** Hex SHA-256 of its file. */
  readonly sha256: string;
}

export interface ReplyReaderOptions {
  stream: RecordStream;
  mode: Mode;
  maxRecords: number;
  /** The models of the runtime statement that may answer: the one that was asked for, or all if none was. */
  models: readonly AnsweringModel[];
  /** Called once, by `close`. */
  onClosed: (outcome: Outcome) => void;
}

export class ReplyReader {
  readonly #options: ReplyReaderOptions;
  readonly #opener: RecordOpener;
  readonly #events = new EventParser();
  #held: Uint8Array = new Uint8Array();
  #authenticated = 0;
  readonly #received = sha256.create();
  #ending: Ending | null = null;
  /** Number of records in all; known with END or ERR. */
  #total = 0;
  #finished = false;
  #broken: CodedError | null = null;
  #outcome: Outcome | null = null;

  constructor(options: ReplyReaderOptions) {
    this.#options = options;
    this.#opener = new RecordOpener(options.stream);
  }

  /** Records that opened. While it is 0 nobody has proven to have read the request. */
  get authenticated(): number {
    return this.#authenticated;
  }

  /** SHA-256 over the records that opened, in order. */
  get receivedSha256(): Uint8Array {
    return this.#received.clone().digest();
  }

  /** END or ERR has come: the next turn may be sent. */
  get contentEnded(): boolean {
    return this.#ending !== null && this.#broken === null;
  }

  /** Nothing that may still come can change the outcome: the connection can be closed. */
  get broken(): boolean {
    return this.#broken !== null;
  }

  /** Adds bytes of the response body and gives the content that they complete. Never throws on what a server sends. */
  push(bytes: Uint8Array): ReplyEvent[] {
    if (this.#broken !== null || this.#outcome !== null || bytes.length === 0) return [];
    const size = this.#options.stream.recordBytes;
    const buffer = concatBytes(this.#held, bytes);
    const events: ReplyEvent[] = [];
    let at = 0;
    try {
      if (this.#finished) this.#afterFin();
      for (; buffer.length - at >= size; at += size) {
        if (this.#finished) this.#afterFin();
        events.push(...this.#record(buffer.subarray(at, at + size)));
      }
      if (this.#finished && at < buffer.length) this.#afterFin();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#broken = error;
    }
    this.#held = buffer.slice(at);
    return events;
  }

  #afterFin(): never {
    this.#ending = null;
    throw sessionError('WAX_SESSION_RECORD_ORDER', 'bytes after FIN');
  }

  #record(record: Uint8Array): ReplyEvent[] {
    const { type, payload } = this.#opener.open(record);
    this.#authenticated++;
    this.#received.update(record);
    const last = this.#ending !== null && this.#opener.count === this.#total;
    if (type === 'pad' && !last) return this.#pad();
    if (type === 'fin' && last) return this.#fin();
    if (type === 'pad' || type === 'fin')
      throw sessionError('WAX_SESSION_RECORD_ORDER', `${type} out of place`);
    if (this.#ending !== null) {
      // Content after its end means that what was shown as complete was not: it loses that standing.
      this.#ending = null;
      throw sessionError('WAX_SESSION_RECORD_ORDER', `${type} after the end`);
    }
    if (type === 'data') return this.#data(payload);
    return type === 'end'
      ? this.#end({ state: 'complete', summary: this.#events.finish() })
      : this.#err(payload);
  }

  #pad(): ReplyEvent[] {
    // FIN must still find room, or a server could keep a client listening for ever.
    if (this.#ending === null) this.#totalAfter(this.#opener.count + 1);
    return [];
  }

  #data(payload: Uint8Array): ReplyEvent[] {
    this.#totalAfter(this.#opener.count + 1);
    const events = this.#events.push(payload);
    for (const event of events) {
      if (event.kind === 'summary') this.#requireModel(event.summary);
    }
    return events;
  }

  /** Name and digest belong together: either alone could be that of another model. */
  #requireModel({ model, modelSha256 }: Summary): void {
    const isOne = this.#options.models.some(({ id, sha256 }) => id === model && sha256 === modelSha256);
    if (!isOne) throw sessionError('WAX_SESSION_MODEL');
  }

  #err(payload: Uint8Array): ReplyEvent[] {
    return this.#end({ state: 'failed', ...parseTurnError(payload) });
  }

  #end(ending: Ending): ReplyEvent[] {
    this.#total = this.#totalAfter(this.#opener.count);
    this.#ending = ending;
    return ending.state === 'complete'
      ? [{ kind: 'end', summary: ending.summary }]
      : [{ kind: 'error', error: ending.error, retryAfterS: ending.retryAfterS }];
  }

  #fin(): ReplyEvent[] {
    this.#finished = true;
    this.#opener.erase();
    return [];
  }

  /** The number of records that a reply must have whose END or ERR is record number `count`. */
  #totalAfter(count: number): number {
    const total = recordCount(this.#options.mode, count + 1, this.#options.maxRecords);
    if (total === null) throw sessionError('WAX_SESSION_RECORD_ORDER', `more than ${count} records`);
    return total;
  }

  /** The body has ended, was aborted, or is not waited for any longer. */
  close(): Outcome {
    if (this.#outcome !== null) return this.#outcome;
    this.#opener.erase();
    const ending = this.#ending;
    const kept = this.#finished && !(ending?.state === 'failed' && ending.error === 'session-over');
    this.#outcome =
      ending === null
        ? { state: 'cut-off', session: 'dropped', code: this.#broken?.code ?? null }
        : { ...ending, session: kept ? 'kept' : 'dropped' };
    this.#options.onClosed(this.#outcome);
    return this.#outcome;
  }
}
