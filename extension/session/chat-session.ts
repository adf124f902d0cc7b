/**
 * A chat's sessions with one enclave service, over their whole life: offered and verified in advance while
 * somebody looks, sealed at the first Send, checked again at every Send, replaced when they end. It knows
 * neither browser nor terminal; both show what it tells.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import { formatReceipt, receiptTurn } from '../../protocol/receipt/receipt.ts';
import type { VerificationReport } from '../../protocol/report.ts';
import type { ClientSession, SealedTurn } from '../../protocol/session/client-session.ts';
import type { TurnRequest } from '../../protocol/session/turn-request.ts';
import { recheck, type Surroundings, sealTo } from '../../protocol/verify.ts';
import type { ChatStatus, StatusChange, TurnEvent, TurnResult, Unusable } from './chat-status.ts';
import { type Service, type ServiceFailure, sendTurn } from './enclave-client.ts';
import { offerAndVerify, type Verification } from './offer-and-verify.ts';
import { routeTo } from './route.ts';

export interface ChatSessionOptions extends Verification {
  onStatus?: (status: ChatStatus) => void;
}

type Held = { report: VerificationReport; session: ClientSession };
type Usable = Held & { isNew: boolean };

export interface SendOptions {
  signal?: AbortSignal;
  onEvent: (event: TurnEvent) => void;
  /** Called once, with what makes the text of the receipt (docs/receipts.md) when somebody wants it. */
  onReceipt?: (make: () => string) => void;
}

function receiptMaker(report: VerificationReport, { number, bodySha256, reply }: SealedTurn): () => string {
  const received = { records: reply.authenticated, sha256: reply.receivedSha256 };
  const turn = receiptTurn({ number, requestSha256: bodySha256 }, received, reply.close());
  return () => formatReceipt(report, turn);
}

/** How long before its end a session or a verdict counts as over, so that a Send does not meet it dying. */
const MARGIN_MS = 20_000;
/** Timers stand still while a computer sleeps; the clock is looked at this often, so that waking up is noticed. */
const LONGEST_NAP_MS = 30_000;
const FIRST_RETRY_MS = 8_000;
const MAX_RETRY_MS = 120_000;

export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #closed = new AbortController();
  #status: ChatStatus = { phase: 'idle', report: null };
  /** A passed report that has not been sealed to. */
  #spare: VerificationReport | null = null;
  #live: Held | null = null;
  #checking: Promise<Unusable | null> | null = null;
  /** The service by the way that the trust domain of the last look names. */
  #route: Service;
  #visible = false;
  #retryMs = FIRST_RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The service said that it did not know a session which by our count it should have. */
  #restarted = false;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#route = options.service;
  }

  get status(): ChatStatus {
    return this.#status;
  }

  /** While visible, a verified session is kept at hand. Hidden, nothing is sent unless somebody sends. */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    clearTimeout(this.#timer);
    if (visible && !this.#closed.signal.aborted) this.#prepare();
  }

  /**
   * Verifies anew, from the log on. A live session goes on.
   * @throws whatever `look` throws
   */
  async check(): Promise<ChatStatus> {
    this.#spare = null;
    await this.#verify();
    return this.#status;
  }

  /** Ends everything and erases the keys. */
  close(): void {
    this.#closed.abort();
    clearTimeout(this.#timer);
    this.#live?.session.end();
    this.#live = null;
    this.#spare = null;
  }

  /**
   * Seals and sends one turn. Resolves when the reply has been read to its end, padding included; the next
   * turn may be sent as soon as `onEvent` was told `end` or `error`. If no record of the reply was authenticated
   * the turn is sent once more to a new session, and never otherwise. `onReceipt` gets what makes the receipt
   * once a record was.
   * @throws whatever `look` throws
   */
  async send(request: TurnRequest, { signal, onEvent, onReceipt }: SendOptions): Promise<TurnResult> {
    const stop = AbortSignal.any([this.#closed.signal, ...(signal ? [signal] : [])]);
    let sent = false;
    let sealed: SealedTurn | null = null;
    let report: VerificationReport | null = null;
    try {
      for (let attempt = 0; ; attempt++) {
        stop.throwIfAborted();
        const usable = await this.#usable(stop);
        if ('state' in usable) return { ...usable, sent };
        if (usable.isNew) {
          onEvent({ kind: 'session', report: usable.report, restarted: this.#restarted });
          this.#restarted = false;
        }
        report = usable.report;
        sealed = this.#seal(usable.session, request);
        if (sealed === null) return { sent, state: 'too-long' };
        sent = true;
        if (attempt === 0) onEvent({ kind: 'sealed' });
        const { outcome, failure } = await this.#exchange(sealed, request, stop, onEvent);
        if (outcome.state !== 'cut-off' || sealed.reply.authenticated > 0) return { sent: true, ...outcome };
        this.#restarted = failure?.error.code === 'WAX_SERVICE_REFUSED';
        // It is from the same machine, and as old.
        this.#spare = null;
        if (attempt > 0) {
          return failure === null
            ? { sent: true, ...outcome }
            : { sent: true, state: 'unreachable', failure };
        }
      }
    } catch (error) {
      if (!stop.aborted) throw error;
      const outcome = sealed?.reply.close();
      // Stopped in the padding: the answer itself is all there.
      return outcome && outcome.state !== 'cut-off' ? { sent: true, ...outcome } : { sent, state: 'stopped' };
    } finally {
      if (sealed !== null && report !== null && sealed.reply.authenticated > 0) {
        onReceipt?.(receiptMaker(report, sealed));
      }
      // After a refusal the same question at once would have the same answer.
      if (this.#visible && !this.#closed.signal.aborted && this.#status.phase === 'ready') this.#prepare();
    }
  }

  #seal(session: ClientSession, request: TurnRequest): SealedTurn | null {
    try {
      return session.startTurn(request);
    } catch (error) {
      if (error instanceof CodedError && error.code === 'WAX_SESSION_REQUEST_SIZE') return null;
      throw error;
    }
  }

  async #exchange(
    sealed: SealedTurn,
    request: TurnRequest,
    signal: AbortSignal,
    onEvent: (event: TurnEvent) => void,
  ) {
    const reply = sendTurn(this.#route, sealed, request.mode, signal);
    for (;;) {
      const step = await reply.next();
      if (step.done) return step.value;
      onEvent(step.value);
    }
  }

  /** A session to send to, every check passed at this moment; or why there is none. */
  async #usable(signal: AbortSignal): Promise<Usable | Unusable> {
    if (this.#spare !== null && this.#isOver(this.#spare)) this.#spare = null;
    const atHand = (await this.#liveNow(signal)) ?? (await this.#openSpare(signal));
    if (atHand !== null && 'session' in atHand) return atHand;
    // What was at hand no longer passes. That may be its age, or that something else runs there by now, so the
    // service is asked anew: a new verdict is the only one that counts.
    for (;;) {
      const problem = await this.#verify(signal);
      if (problem !== null) return problem;
      const opened = await this.#openSpare(signal);
      if (opened !== null) return 'session' in opened ? opened : this.#refuse(opened);
    }
  }

  /** Opens what was verified in advance; the report if it fails by now, null if there is none. */
  async #openSpare(signal: AbortSignal): Promise<Usable | VerificationReport | null> {
    const spare = this.#spare;
    this.#spare = null;
    const sealed = spare && (await this.#again((now) => sealTo(spare, now), signal));
    if (sealed === null) return null;
    const { report, session } = sealed;
    if (session === null) return report;
    this.#live = { report, session };
    this.#set({ phase: 'ready', report });
    return { report, session, isNew: true };
  }

  async #liveNow(signal: AbortSignal): Promise<Usable | null> {
    const live = this.#live;
    if (live === null) return null;
    const { problem } = live.session;
    const report =
      problem === null || problem === 'busy'
        ? await this.#again((now) => recheck(live.report, now), signal)
        : null;
    if (report?.verdict === 'pass') {
      this.#live = { report, session: live.session };
      return { report, session: live.session, isNew: false };
    }
    live.session.end();
    this.#live = null;
    return null;
  }

  /** Looks again at a report as of now; null when the trust domain that it was made under is no longer in use. */
  async #again<Result>(
    judge: (now: Surroundings) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result | null> {
    try {
      const now = await this.#options.look({ leastSize: 0, signal });
      this.#route = routeTo(this.#options.service, now.domain);
      return await judge(now);
    } catch (error) {
      if (error instanceof CodedError && error.code === 'WAX_VERIFY_DOMAIN') return null;
      throw error;
    }
  }

  #refuse(report: VerificationReport): Unusable {
    this.#set({ phase: 'refused', report });
    return { sent: false, state: 'refused', report };
  }

  #isOver(report: VerificationReport): boolean {
    return Date.parse(report.expiresAt ?? '') - MARGIN_MS <= this.#options.clock.now();
  }

  /** Keeps a session at hand for the next Send, and plans when to look after it again. */
  #prepare(): void {
    clearTimeout(this.#timer);
    const live = this.#live?.session;
    const end =
      live && (live.problem === null || live.problem === 'busy')
        ? live.usableUntil
        : Date.parse(this.#spare?.expiresAt ?? '');
    const left = end - MARGIN_MS - this.#options.clock.now();
    if (left > 0) this.#plan(Math.min(left, LONGEST_NAP_MS));
    else if (this.#checking === null) void this.#verify().catch(() => {});
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#visible && !this.#closed.signal.aborted) this.#timer = setTimeout(() => this.#prepare(), ms);
  }

  /** Makes a spare, joining a verification that is under way. Null when there is one. */
  async #verify(signal?: AbortSignal): Promise<Unusable | null> {
    this.#checking ??= this.#verifyOnce()
      .catch((error) => {
        // Not for the service or the log, which have their own outcomes: our own side could not go on.
        this.#set({ phase: 'idle' });
        throw error;
      })
      .finally(() => {
        this.#checking = null;
      });
    const result = await this.#checking;
    signal?.throwIfAborted();
    return result;
  }

  async #verifyOnce(): Promise<Unusable | null> {
    const verdict = await offerAndVerify(this.#options, this.#closed.signal, (step) =>
      this.#set({ phase: 'checking', step }),
    );
    if ('error' in verdict) return this.#unreachable(verdict);
    this.#retryMs = FIRST_RETRY_MS;
    if (verdict.verdict === 'fail') return this.#refuse(verdict);
    this.#spare = verdict;
    this.#set({ phase: 'ready', report: verdict });
    const left = Date.parse(verdict.expiresAt ?? '') - MARGIN_MS - this.#options.clock.now();
    this.#plan(Math.min(Math.max(FIRST_RETRY_MS, left), LONGEST_NAP_MS));
    return null;
  }

  #unreachable(failure: ServiceFailure): Unusable {
    const wait = Math.max(this.#retryMs, 1000 * (failure.retryAfterS ?? 0));
    this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
    // Another token, or another version of Waxseal, is not found by asking again.
    const again = this.#visible && !['WAX_SERVICE_TOKEN', 'WAX_SERVICE_REFUSED'].includes(failure.error.code);
    this.#set({ phase: 'unreachable', failure, retryAt: again ? this.#options.clock.now() + wait : null });
    if (again) this.#plan(wait);
    return { sent: false, state: 'unreachable', failure };
  }

  #set(change: StatusChange): void {
    this.#status = { report: this.#status.report, ...change };
    this.#options.onStatus?.(this.#status);
  }
}
