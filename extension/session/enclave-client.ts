/**
 * HTTP to an enclave service (wire-format.md B1, B6, B7): offers, and turns whose replies stream. Whatever is
 * not a 200 is unauthenticated: its body is never read. Used by extension and command line alike.
 * @module
 */
import { concatBytes } from '../../protocol/bytes.ts';
import type { CodedError } from '../../protocol/errors.ts';
import { MAX_ANSWER_BYTES } from '../../protocol/session/answer.ts';
import type { SealedTurn } from '../../protocol/session/client-session.ts';
import type { Outcome, ReplyEvent } from '../../protocol/session/reply-reader.ts';
import type { Mode } from '../../protocol/session/sizes.ts';
import { serviceError } from './service-errors.ts';

/** Why nothing usable came back. `retryAfterS` is what the service asked for, if it did. */
export interface ServiceFailure {
  error: CodedError;
  retryAfterS: number | null;
}

export interface Service {
  /** Origin, without trailing slash. */
  origin: string;
  /**
   * Origin of the relay that requests go through (wire-format.md B11), or null for none. Unless it is said, the
   * trust domain says it.
   */
  relay?: string | null;
  fetch: typeof fetch;
  /** Longest waits in milliseconds; the protocol's unless said. */
  timeouts?: Partial<Timeouts>;
}

interface Timeouts {
  /** From the offer to the end of the answer. */
  offer: number;
  /** From the request to the first record, or to the headers of a block. */
  firstRecord: number;
  /** Between two records of a reply, once it has begun. */
  stall: number;
  /** From the request to the end of the reply, whatever comes in between. */
  whole: number;
}

const TIMEOUTS: Timeouts = { offer: 15_000, firstRecord: 10_000, stall: 30_000, whole: 3_600_000 };
/** Bytes per second that an upload is granted before the wait for the first record begins. */
const SLOWEST_UPLOAD = 32 * 1024;
const MAX_RETRY_AFTER_S = 3_600;

const STATUS_ERRORS = new Map([
  [400, 'WAX_SERVICE_REFUSED'],
  [401, 'WAX_SERVICE_TOKEN'],
  [429, 'WAX_SERVICE_BUSY'],
  [503, 'WAX_SERVICE_UNAVAILABLE'],
] as const);

/** A deadline that can be moved, and the caller's own signal, as one signal. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly signal: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: ReturnType<typeof setTimeout> | undefined;

  constructor(caller: AbortSignal | undefined) {
    this.#caller = caller;
    this.signal = caller ? AbortSignal.any([caller, this.#controller.signal]) : this.#controller.signal;
  }

  within(ms: number | null): void {
    clearTimeout(this.#timer);
    if (ms !== null) this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  /** A deadline that no progress moves. */
  atLast(ms: number): void {
    this.#last = setTimeout(() => this.#controller.abort(), ms);
  }

  /** What an error under this deadline means; rethrows the caller's own abort. */
  failure(cause: unknown): ServiceFailure {
    this.#caller?.throwIfAborted();
    const code = this.#controller.signal.aborted ? 'WAX_SERVICE_TIMEOUT' : 'WAX_SERVICE_UNREACHABLE';
    return { error: serviceError(code, '', { cause }), retryAfterS: null };
  }

  /** Ends the timer and whatever still runs under the signal. */
  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#last);
    this.#controller.abort();
  }
}

function addressOf({ origin, relay }: Service, path: string): string {
  return relay == null ? origin + path : `${relay}/relay/${new URL(origin).host}${path}`;
}

function post(
  service: Service,
  path: string,
  body: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
  token?: string,
) {
  return service.fetch(addressOf(service, path), {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/octet-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    // Nothing of this person's browser goes along, and nothing of the exchange stays in it.
    credentials: 'omit',
    redirect: 'error',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    signal,
  });
}

function retryAfter(response: Response): number | null {
  const text = response.headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text), MAX_RETRY_AFTER_S) : null;
}

function statusFailure(response: Response): ServiceFailure {
  const { status } = response;
  const code = STATUS_ERRORS.get(status as 400) ?? 'WAX_SERVICE_STATUS';
  return { error: serviceError(code, `status ${status}`), retryAfterS: retryAfter(response) };
}

async function readAtMost(response: Response, most: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    // Leaving the loop cancels the body: no more of it is received.
    if (size > most) return null;
    parts.push(part);
  }
  return concatBytes(...parts);
}

export type OfferResult =
  | { ok: true; answerBody: Uint8Array<ArrayBuffer> }
  | ({ ok: false } & ServiceFailure);

/**
 * Sends an offer (64 bytes) and receives the answer, at most 512 KiB within 15 s.
 * @param token access token of the operator, sent with this request only
 * @throws only the reason of `signal`
 */
export async function sendOffer(
  service: Service,
  offerBody: Uint8Array<ArrayBuffer>,
  { token, signal }: { token?: string; signal?: AbortSignal } = {},
): Promise<OfferResult> {
  const deadline = new Deadline(signal);
  deadline.within(service.timeouts?.offer ?? TIMEOUTS.offer);
  try {
    const response = await post(service, '/waxseal/v1/sessions', offerBody, deadline.signal, token);
    if (response.status !== 200) return { ok: false, ...statusFailure(response) };
    const answerBody = await readAtMost(response, MAX_ANSWER_BYTES);
    if (answerBody !== null) return { ok: true, answerBody };
    return { ok: false, error: serviceError('WAX_SERVICE_SIZE'), retryAfterS: null };
  } catch (cause) {
    return { ok: false, ...deadline.failure(cause) };
  } finally {
    deadline.close();
  }
}

/** How a turn ended. `failure` says what happened to the connection, where that is known. */
export interface TurnEnd {
  outcome: Outcome;
  failure: ServiceFailure | null;
}

async function* receive(
  response: Response,
  reply: SealedTurn['reply'],
  onProgress: () => void,
): AsyncGenerator<ReplyEvent, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const before = reply.authenticated;
      yield* reply.push(value);
      if (reply.broken) return;
      // Only whole records that open count: bytes that drip in keep nobody waiting.
      if (reply.authenticated > before) onProgress();
    }
  } finally {
    // Not awaited: a body that stalls would keep a reader who has left.
    void reader.cancel().catch(() => {});
  }
}

/**
 * Sends a sealed turn and yields the content of its reply as it is authenticated; the return value is the
 * outcome after the whole body was read. The reader of the reply is closed in every case, also when the
 * consumer stops early, which cuts the reply off.
 * @throws only the reason of `signal`
 */
export async function* sendTurn(
  service: Service,
  { body, path, reply }: Pick<SealedTurn, 'body' | 'path' | 'reply'>,
  mode: Mode,
  signal?: AbortSignal,
): AsyncGenerator<ReplyEvent, TurnEnd> {
  const { firstRecord, stall, whole } = { ...TIMEOUTS, ...service.timeouts };
  const deadline = new Deadline(signal);
  // fetch does not say when an upload has ended, so a large one is granted its time.
  deadline.within(firstRecord + (1000 * body.length) / SLOWEST_UPLOAD);
  deadline.atLast(whole);
  let failure: ServiceFailure | null = null;
  try {
    const response = await post(service, path, body, deadline.signal);
    if (response.status !== 200) {
      failure = statusFailure(response);
    } else {
      // A block has its headers at acceptance and its records when the result is ready, within a session's time.
      if (mode === 'block') deadline.within(null);
      yield* receive(response, reply, () => deadline.within(stall));
    }
  } catch (cause) {
    failure = deadline.failure(cause);
  } finally {
    deadline.close();
    reply.close();
  }
  return { outcome: reply.close(), failure };
}
