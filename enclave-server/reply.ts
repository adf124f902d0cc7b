/**
 * A reply on its way out, at the beat of the ticker: one record each tick, or in block mode all of them once
 * they are there. Watches the reader, too: one that is gone, or does not read, loses the reply.
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { ReplyWriter } from '../protocol/session/reply-writer.ts';
import type { Ticker } from './ticker.ts';

const MOST_UNSENT_RECORDS = 64;
const STALLED_MS = 30_000;

export interface ReplyOptions {
  response: Pick<ServerResponse, 'write' | 'end' | 'destroy' | 'destroyed' | 'writableLength' | 'once'>;
  writer: ReplyWriter;
  ticker: Ticker;
  recordBytes: number;
  /** Milliseconds on a monotonic clock. */
  now: () => number;
  /** Called after each record that was sent. */
  onSent: () => void;
  /** FIN was handed to the connection. */
  onFinished: () => void;
  /** The reader went away before FIN, or was dropped because it does not read. */
  onLost: (reason: 'disconnected' | 'stalled') => void;
}

export class Reply {
  readonly #options: ReplyOptions;
  #unsent = 0;
  #progressAt: number;
  #finished = false;
  #stalled = false;
  #settled = false;

  /** In steady mode the first record goes out at once. */
  constructor(options: ReplyOptions) {
    this.#options = options;
    this.#progressAt = options.now();
    if (options.response.destroyed) {
      // The reader left while the request was being opened, and `close` is not said twice.
      options.onLost('disconnected');
      return;
    }
    const leave = options.ticker.add(() => this.#tick());
    options.response.once('close', () => {
      leave();
      if (!this.#finished) options.onLost(this.#stalled ? 'stalled' : 'disconnected');
    });
    if (options.writer.mode === 'steady') this.#send();
  }

  #tick(): void {
    const { response, writer } = this.#options;
    if (this.#isStalled()) {
      this.#stalled = true;
      response.destroy();
    } else if (this.#finished) {
      // The connection still has bytes to send; all that is left to do is to watch whether it does.
    } else if (writer.mode === 'steady') this.#send();
    else if (this.#settled) while (this.#send());
  }

  /** The content is finished or failed: a block can go out. */
  settle(): void {
    this.#settled = true;
  }

  #isStalled(): boolean {
    const { response, recordBytes, writer, now } = this.#options;
    const unsent = response.writableLength;
    if (unsent === 0 || unsent < this.#unsent) this.#progressAt = now();
    this.#unsent = unsent;
    const tooMany = writer.mode === 'steady' && unsent > MOST_UNSENT_RECORDS * recordBytes;
    return tooMany || now() - this.#progressAt >= STALLED_MS;
  }

  /** Sends the next record; false when it was the last, or when there is none any more. */
  #send(): boolean {
    const { response, writer, onSent, onFinished } = this.#options;
    const record = writer.next();
    if (record === null) {
      // The keys were erased under way: the client sees that the reply is cut off.
      response.destroy();
      return false;
    }
    response.write(record);
    this.#unsent += record.length;
    onSent();
    if (!writer.closed) return true;
    this.#finished = true;
    response.end();
    onFinished();
    return false;
  }
}
