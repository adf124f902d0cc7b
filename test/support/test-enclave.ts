/**
 * An enclave service behind a `fetch` function: simulated evidence, a real log, real sessions, and replies
 * that a test scripts. No sockets and no timers of its own.
 */
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import { simulatorVerifier } from '../../protocol/attestation/simulator.ts';
import { concatBytes, parseHex, toHex } from '../../protocol/bytes.ts';
import { encodeAnswer } from '../../protocol/session/answer.ts';
import { BatchTree, batchLeaf, reportData } from '../../protocol/session/batch.ts';
import { encodeSessionHeader, type SessionHeader } from '../../protocol/session/header.ts';
import { generateSessionKey } from '../../protocol/session/hpke.ts';
import { parseOffer } from '../../protocol/session/offer.ts';
import { parseSealedRequest } from '../../protocol/session/request.ts';
import { type OpenedTurn, ServerSession, type WaitingSession } from '../../protocol/session/server-turn.ts';
import { transcriptHash } from '../../protocol/session/transcript.ts';
import type { Surroundings } from '../../protocol/verify.ts';
import { LogBuilder, MINUTE, START, testDigest } from './log-builder.ts';
import { FakeClock, sessionHeader, statementBytes, summary } from './session.ts';
import { acceptedState, approvedStatement, SERVICE } from './verified-exchange.ts';

const approvedSummary = summary({ model: 'tiny', modelSha256: testDigest('model') });

/** What the service does with a turn: the pieces of the response body, or another response. */
type Script = (
  turn: OpenedTurn,
  signal: AbortSignal,
) => AsyncIterable<Uint8Array> | Iterable<Uint8Array> | Response;

/** All records of an answer that says `text`. */
export function* answering(turn: OpenedTurn, text = 'Hello'): Generator<Uint8Array> {
  turn.reply.push({ kind: 'text', text });
  turn.reply.finish(approvedSummary);
  for (let record = turn.reply.next(); record !== null; record = turn.reply.next()) yield record;
}

export function response(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Response {
  const pieces = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const step = await pieces.next();
        if (step.done) controller.close();
        else controller.enqueue(concatBytes(step.value));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream);
}

export class TestEnclave {
  readonly clock = new FakeClock();
  readonly log: LogBuilder;
  readonly requests: { url: string; init: RequestInit }[] = [];
  readonly opened: OpenedTurn[] = [];
  readonly #waiting = new Map<string, WaitingSession>();
  readonly #live = new Map<string, ServerSession>();
  headerChanges: Partial<SessionHeader> = {};
  measurement = testDigest('launch', 48);
  /** What answers say of the log; its size unless set. */
  sizeHint: number | null = null;
  script: Script = (turn) => answering(turn);
  /** Answers in place of the service while it is set. */
  intercept: ((path: string) => Response | Promise<Response> | null) | null = null;

  private constructor(log: LogBuilder) {
    this.log = log;
    this.clock.wall = START + 10 * MINUTE;
  }

  static async create(): Promise<TestEnclave> {
    const log = await LogBuilder.create();
    await log.release();
    await log.publish();
    return new TestEnclave(log);
  }

  /** The service forgets every session, as after a restart. */
  restart(): void {
    this.#waiting.clear();
    this.#live.clear();
  }

  count(path: 'sessions' | 'turns'): number {
    return this.requests.filter(({ url }) => url.includes(`/${path}`)).length;
  }

  async surroundings(): Promise<Surroundings> {
    const domain = this.log.domain();
    const state = await acceptedState(this.log, domain, this.clock.now());
    return {
      domain,
      imported: false,
      log: { state, problem: null },
      clock: this.clock,
      verifiers: [simulatorVerifier],
    };
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = String(input);
    this.requests.push({ url, init });
    init.signal?.throwIfAborted();
    const { pathname, origin } = new URL(url);
    if (origin !== SERVICE) throw new TypeError('no such host');
    const other = this.intercept?.(pathname) ?? null;
    if (other !== null) return other;
    const body = init.body as Uint8Array;
    try {
      if (pathname.endsWith('/sessions')) return await this.#answer(body);
      return await this.#turn(body, init.signal as AbortSignal);
    } catch {
      return new Response(new Uint8Array(32), { status: 400 });
    }
  };

  async #answer(offerBody: Uint8Array): Promise<Response> {
    const { nonce } = parseOffer(offerBody);
    const header = sessionHeader(this.headerChanges);
    const headerBytes = encodeSessionHeader(header);
    const { seed, pk } = await generateSessionKey();
    const tree = new BatchTree([batchLeaf({ nonce, headerBytes, pk })]);
    const statement = statementBytes({ ...approvedStatement });
    const simulator = createSimulator({ measurement: parseHex(this.measurement), now: this.clock.now });
    const made = await simulator.report(reportData(tree.root, statement));
    const answerBody = encodeAnswer({
      evidenceType: 0xf1,
      headerBytes,
      pk,
      ...tree.place(0),
      logSizeHint: this.sizeHint ?? this.log.size,
      statement,
      ...made,
      staple: null,
    });
    const transcript = transcriptHash(offerBody, answerBody);
    this.#waiting.set(toHex(header.id), { id: header.id, seed, transcript });
    return new Response(answerBody);
  }

  async #turn(body: Uint8Array, signal: AbortSignal): Promise<Response> {
    const request = parseSealedRequest(concatBytes(body), 1 << 23);
    const id = toHex(request.id);
    const turn = await this.#open(id, request);
    this.opened.push(turn);
    const result = this.script(turn, signal);
    return result instanceof Response ? result : response(result);
  }

  async #open(id: string, request: ReturnType<typeof parseSealedRequest>): Promise<OpenedTurn> {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      const live = this.#live.get(id);
      if (live === undefined) throw new Error('unknown session');
      return live.accept(request);
    }
    this.#waiting.delete(id);
    const limits = { maxTurns: sessionHeader(this.headerChanges).maxTurns, ...approvedStatement.wire };
    const { session, turn } = await ServerSession.open(waiting, request, limits);
    this.#live.set(id, session);
    return turn;
  }
}
