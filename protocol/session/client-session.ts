/**
 * Client side of a sealed session (wire-format.md B4 to B8), without I/O: seals turns, hands out the readers of
 * their replies, and knows when the session may no longer be used.
 * @module
 */
import type { Answer } from './answer.ts';
import { sessionError } from './errors.ts';
import { instancePrefix } from './header.ts';
import { encapsulate } from './hpke.ts';
import { KeyChain } from './keys.ts';
import { type Outcome, ReplyReader } from './reply-reader.ts';
import { requestBytes, sealRequest } from './request.ts';
import type { RuntimeStatement } from './runtime-statement.ts';
import { BLOCK_MAX_RECORDS, BLOCK_RECORD_BYTES } from './sizes.ts';
import { hpkeInfo, transcriptHash } from './transcript.ts';
import { encodeTurnRequest, type TurnRequest } from './turn-request.ts';
import { requireAdmitted } from './verified-handshake.ts';

/** Two readings of time, both in milliseconds: the wall clock, and one that is never set. */
export interface Clock {
  now(): number;
  monotonic(): number;
}

/** When the offer was sent, on both. */
export interface SentAt {
  now: number;
  monotonic: number;
}

export interface Handshake {
  offerBody: Uint8Array;
  answerBody: Uint8Array;
  answer: Answer;
  statement: RuntimeStatement;
  sentAt: SentAt;
  clock: Clock;
}

/** A turn on its way out. */
export interface SealedTurn {
  /** 0, 1, 2 and so on. */
  number: number;
  body: Uint8Array<ArrayBuffer>;
  bodySha256: Uint8Array;
  /** Where at the service it goes. */
  path: string;
  /** Takes the response. */
  reply: ReplyReader;
}

/** Why no turn can be started; `busy`: not before the content of the last reply has ended. */
export type SessionProblem = 'ended' | 'expired' | 'turns' | 'busy';

const IDLE_MS = 600_000;

export class ClientSession {
  readonly #handshake: Handshake;
  readonly #chain: KeyChain;
  #enc: Uint8Array | null;
  #reply: ReplyReader | null = null;
  #lastUse: SentAt;
  #ended = false;

  private constructor(handshake: Handshake, enc: Uint8Array, chainKey: Uint8Array) {
    this.#handshake = handshake;
    this.#chain = new KeyChain(chainKey);
    this.#enc = enc;
    this.#lastUse = handshake.sentAt;
  }

  /**
   * Encapsulates to the key of an answer of which every check of B9 has passed at this moment: `sealTo` of
   * verify.ts is the one caller.
   * @throws WAX_SESSION_UNVERIFIED for any other handshake
   */
  static async open(handshake: Handshake): Promise<ClientSession> {
    requireAdmitted(handshake);
    const info = hpkeInfo(transcriptHash(handshake.offerBody, handshake.answerBody));
    const { enc, chainKey } = await encapsulate(handshake.answer.pk, info);
    return new ClientSession(handshake, enc, chainKey);
  }

  /** Turns sealed so far. */
  get turns(): number {
    return this.#chain.turn;
  }

  /** Time of the last use by which the enclave may have forgotten the session, as milliseconds of the wall clock. */
  get usableUntil(): number {
    const { answer, sentAt } = this.#handshake;
    const ttl = this.turns === 0 ? answer.header.offerTtlS : answer.header.sessionTtlS;
    return Math.min(sentAt.now + ttl * 1000, this.#lastUse.now + IDLE_MS);
  }

  /** Null while a turn can be started. */
  get problem(): SessionProblem | null {
    if (this.#ended) return 'ended';
    const { header } = this.#handshake.answer;
    if (this.turns >= header.maxTurns) return 'turns';
    if (this.#expired()) return 'expired';
    return this.#reply === null || this.#reply.contentEnded ? null : 'busy';
  }

  #expired(): boolean {
    const { answer, sentAt, clock } = this.#handshake;
    const now = { now: clock.now(), monotonic: clock.monotonic() };
    // Both clocks must agree that there is time left: one pauses in sleep, the other can be set.
    const past = (since: SentAt, ms: number) =>
      now.monotonic - since.monotonic >= ms || now.now - since.now >= ms;
    const { offerTtlS, sessionTtlS } = answer.header;
    return (
      past(sentAt, sessionTtlS * 1000) ||
      past(this.#lastUse, IDLE_MS) ||
      (this.turns === 0 && past(sentAt, offerTtlS * 1000))
    );
  }

  /**
   * Seals a turn. `body` goes to `path` of the service, and the response to `reply`, of which `close` must be
   * called in every case. A request that is too long throws `WAX_SESSION_REQUEST_SIZE` and uses nothing up.
   */
  startTurn(request: TurnRequest): SealedTurn {
    const problem = this.problem;
    if (problem === 'busy') throw sessionError('WAX_SESSION_TURN', 'the last reply has not ended');
    if (problem !== null) throw sessionError('WAX_SESSION_OVER', problem);
    const { answer, statement, clock } = this.#handshake;
    const { id, maxRequestBytes } = answer.header;
    const json = encodeTurnRequest(request);
    const size = requestBytes(json.length, this.turns);
    if (size > maxRequestBytes) {
      throw sessionError('WAX_SESSION_REQUEST_SIZE', `${size} of at most ${maxRequestBytes} bytes`);
    }
    const turn = this.turns;
    const sealed = sealRequest(this.#chain.advance(), id, this.#enc, json);
    this.#enc = null;
    this.#lastUse = { now: clock.now(), monotonic: clock.monotonic() };
    const steady = request.mode === 'steady';
    const recordBytes = steady ? statement.wire.recordBytes : BLOCK_RECORD_BYTES;
    const reply = new ReplyReader({
      stream: { keys: sealed.reply, id, turn, recordBytes },
      mode: request.mode,
      maxRecords: steady ? statement.wire.maxRecords : BLOCK_MAX_RECORDS,
      // Any of them may list them all; only the one that was asked for may answer.
      models: statement.models.filter(({ id }) => request.op === 'models' || id === request.body.model),
      onClosed: (outcome) => this.#replyClosed(outcome),
    });
    this.#reply = reply;
    const path = `/waxseal/v1/turns/${instancePrefix(id)}`;
    return { number: turn, body: sealed.body, bodySha256: sealed.sha256, path, reply };
  }

  #replyClosed(outcome: Outcome): void {
    const { clock } = this.#handshake;
    this.#lastUse = { now: clock.now(), monotonic: clock.monotonic() };
    if (outcome.session === 'dropped' || this.turns >= this.#handshake.answer.header.maxTurns) this.end();
  }

  /** Erases the chain key; a reply that is being read can still be read to its end. */
  end(): void {
    this.#ended = true;
    this.#chain.erase();
  }
}
