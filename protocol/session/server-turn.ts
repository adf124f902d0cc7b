/**
 * Server side of a sealed session (wire-format.md B4 to B8), without I/O and without clocks: the server looks
 * up the id, takes a waiting session atomically, keeps time and counts, and calls this for everything that
 * touches a key.
 * @module
 */
import type { Aead } from './aead.ts';
import { nobleAead } from './aead.ts';
import { sessionError } from './errors.ts';
import { decapsulate } from './hpke.ts';
import { KeyChain } from './keys.ts';
import { ReplyWriter } from './reply-writer.ts';
import { openRequest, type SealedRequest } from './request.ts';
import { BLOCK_MAX_RECORDS, BLOCK_RECORD_BYTES } from './sizes.ts';
import { hpkeInfo } from './transcript.ts';
import { receiveTurnRequest, type TurnRequest } from './turn-request.ts';

/** What the server keeps between answer and turn 0. */
export interface WaitingSession {
  id: Uint8Array;
  /** KEM seed, 32 bytes; erased when the session is opened, whatever comes of it. */
  seed: Uint8Array;
  /** T of B4, 32 bytes. */
  transcript: Uint8Array;
}

export interface SessionLimits {
  maxTurns: number;
  recordBytes: number;
  maxRecords: number;
}

/** A turn whose request opened. */
export interface OpenedTurn {
  turn: number;
  /** Null when the text inside is not a request of this protocol: fail the reply with `bad-request`. */
  request: TurnRequest | null;
  reply: ReplyWriter;
}

export class ServerSession {
  readonly id: Uint8Array;
  readonly #chain: KeyChain;
  readonly #limits: SessionLimits;
  readonly #aead: Aead;
  #current: ReplyWriter | null = null;
  /** Replies whose keys still exist: the current one, and a last one that is being padded. */
  readonly #open = new Set<ReplyWriter>();
  #ended = false;

  private constructor(id: Uint8Array, chain: KeyChain, limits: SessionLimits, aead: Aead) {
    this.id = id;
    this.#chain = chain;
    this.#limits = limits;
    this.#aead = aead;
  }

  /**
   * Opens a session with its turn 0, which `parseSealedRequest` has found well-sized. The caller has removed
   * `waiting` from its table: it is burnt whether this succeeds or throws.
   */
  static async open(
    waiting: WaitingSession,
    request: SealedRequest,
    limits: SessionLimits,
    aead: Aead = nobleAead,
  ): Promise<{ session: ServerSession; turn: OpenedTurn }> {
    if (request.enc === null) {
      waiting.seed.fill(0);
      throw sessionError('WAX_SESSION_TURN', `${request.turn}`);
    }
    const chainKey = await decapsulate(waiting.seed, request.enc, hpkeInfo(waiting.transcript));
    const session = new ServerSession(waiting.id, new KeyChain(chainKey), limits, aead);
    return { session, turn: session.accept(request) };
  }

  /** Keys are gone: every further request is answered like one for an unknown session. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Turns accepted so far. */
  get turns(): number {
    return this.#chain.turn;
  }

  /**
   * Accepts the next turn. A wrong turn number, a turn before END or ERR of the last one was sealed, or a
   * request that does not open, throws and ends the session.
   */
  accept(request: SealedRequest): OpenedTurn {
    try {
      return this.#accept(request);
    } catch (error) {
      this.end();
      throw error;
    }
  }

  #accept(request: SealedRequest): OpenedTurn {
    if (this.#ended) throw sessionError('WAX_SESSION_OVER');
    const turn = this.#chain.turn;
    if (turn >= this.#limits.maxTurns) throw sessionError('WAX_SESSION_TURN', 'no turn is left');
    if (this.#current !== null && !this.#current.contentEnded) {
      throw sessionError('WAX_SESSION_TURN', `${request.turn} before the end of ${turn - 1}`);
    }
    const { json, reply } = openRequest(this.#chain.advance(), request, this.#aead);
    const { request: parsed, mode } = receiveTurnRequest(json);
    const steady = mode === 'steady';
    const writer = new ReplyWriter({
      stream: {
        keys: reply,
        id: this.id,
        turn,
        recordBytes: steady ? this.#limits.recordBytes : BLOCK_RECORD_BYTES,
      },
      mode,
      maxRecords: steady ? this.#limits.maxRecords : BLOCK_MAX_RECORDS,
      onClosed: () => this.#replyClosed(writer, turn),
    });
    this.#current = writer;
    this.#open.add(writer);
    return { turn, request: parsed, reply: writer };
  }

  #replyClosed(reply: ReplyWriter, turn: number): void {
    this.#open.delete(reply);
    // An interrupted reply, the last allowed turn and "session over" leave nothing that could be used again.
    if (!reply.contentEnded || reply.error === 'session-over' || turn + 1 >= this.#limits.maxTurns)
      this.end();
  }

  /** Erases every key: time-out, disconnect before END, shutdown. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#chain.erase();
    for (const reply of this.#open) reply.erase();
  }
}
