/**
 * One question at a time: what goes out, what the thread shows of it, and what becomes of the words when
 * nothing went out or nobody could read it.
 * @module
 */
import type { Mode } from '../../protocol/session/sizes.ts';
import type { Store } from '../ui/store.ts';
import type { ChatView } from '../ui/surfaces/chat.ts';
import type { OwnMessage } from '../ui/surfaces/thread.ts';
import type { ChatMessage } from './chat-request.ts';
import type { ChatSession } from './chat-session.ts';
import { chosenModel, settingsOf } from './chat-setup.ts';
import type { Composing } from './composing.ts';
import {
  before,
  beforeAnswer,
  itemId,
  messagesOf,
  type Thread,
  wordsForTokens,
  wordsIn,
} from './conversation.ts';
import { cutThread, planCut } from './shorten.ts';
import { runTurn } from './turn.ts';

export interface AskingOptions {
  readonly store: Store<ChatView>;
  readonly composing: Composing;
  /** The session to ask in; null while there is none or another state forbids it. */
  session(): ChatSession | null;
  /** How the answer is to come. */
  mode(): Mode;
  onSealed(): void;
  /** The turn is over, padding included. */
  onEnd(): void;
  onTrouble(error: unknown): void;
}

export class Asking {
  readonly #options: AskingOptions;
  #turn: AbortController | null = null;
  #sealedBefore = false;
  /** What makes the receipts of the answers of this document, by the answer's id. */
  readonly #receipts = new Map<string, () => string>();

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** The last message went out sealed to a program that is no longer the one there. */
  get sealedBefore(): boolean {
    return this.#sealedBefore;
  }

  send(): void {
    const outgoing = this.#options.composing.outgoing();
    if (outgoing !== null) void this.#ask(outgoing.thread, outgoing.own);
  }

  /** Sends without the oldest messages, as a `too-long` line offered. */
  leaveOutOldest(): void {
    const outgoing = this.#options.composing.outgoing();
    const cut = outgoing && planCut(outgoing.thread, outgoing.own);
    if (outgoing === null || cut === null) return;
    const whole = cutThread(this.#view().thread, cut.at);
    void this.#ask(cutThread(outgoing.thread, cut.at), outgoing.own, whole);
  }

  retry(answerId: string): void {
    const earlier = beforeAnswer(this.#view().thread, answerId);
    if (earlier !== null) void this.#ask(earlier, null);
  }

  /** The text of an answer's receipt; null where there is none, as for an answer out of the history. */
  receipt(answerId: string): string | null {
    return this.#receipts.get(answerId)?.() ?? null;
  }

  stop(): void {
    this.#turn?.abort();
  }

  #view(): ChatView {
    return this.#options.store.current();
  }

  #show(thread: Thread): void {
    this.#options.store.update({ thread });
  }

  /**
   * Sends `thread` with `own` after it; without `own` the thread already ends in the question. `otherwise` is
   * what the thread is if nothing goes out; without it, what it was.
   */
  async #ask(thread: Thread, own: OwnMessage | null, otherwise?: Thread): Promise<void> {
    const { store, composing } = this.#options;
    const session = this.#options.session();
    const { setup, report, thread: shown } = this.#view();
    const model = chosenModel(report, setup);
    if (session === null || this.#turn !== null || model === null) return;
    const turn = new AbortController();
    this.#turn = turn;
    const free = () => {
      if (this.#turn === turn) this.#turn = null;
    };
    const base = thread.filter(({ kind }) => kind !== 'too-long');
    const messages = messagesOf(own === null ? base : [...base, own], setup.system);
    this.#sealedBefore = false;
    this.#show(base);
    store.update({ sending: true });
    try {
      const result = await runTurn({
        session,
        request: { model: model.id, messages, mode: this.#options.mode(), ...settingsOf(setup) },
        holder: { thread: () => this.#view().thread, setThread: (next) => this.#show(next) },
        signal: turn.signal,
        sealed: own === null ? [] : [own],
        onSealed: () => {
          store.update({ sending: false });
          if (own !== null) composing.sent();
          this.#options.onSealed();
        },
        onReceipt: (answerId, make) => {
          // Those of a thread that was left are gone with it.
          const shown = new Set(this.#view().thread.map(({ id }) => id));
          for (const id of this.#receipts.keys()) if (!shown.has(id)) this.#receipts.delete(id);
          this.#receipts.set(answerId, make);
        },
        onContentEnd: free,
      });
      const refusedInside = result.state === 'failed' && result.error === 'too-long';
      // An answer that was asked for again, or a message under edit, stays until the question has gone out.
      if (!result.sent || refusedInside) this.#show(otherwise ?? shown);
      if (refusedInside && own !== null) composing.takeBack(own);
      if (refusedInside || result.state === 'too-long') {
        this.#offerShorter(own, messages, model.contextTokens, refusedInside);
      }
      if (result.sent && result.state === 'refused') this.#takeBack(shown, own);
    } catch (error) {
      this.#options.onTrouble(error);
    } finally {
      free();
      store.update({ sending: false });
      this.#options.onEnd();
    }
  }

  /** Too long for the model: says so, with what could be left out. Nothing is cut unless the person says so. */
  #offerShorter(
    next: OwnMessage | null,
    messages: readonly ChatMessage[],
    contextTokens: number,
    refusedInside: boolean,
  ): void {
    const { thread, editing } = this.#view();
    const earlier = editing === null ? thread : before(thread, editing);
    this.#show([
      ...thread.filter(({ kind }) => kind !== 'too-long'),
      {
        kind: 'too-long',
        id: itemId(),
        words: wordsIn(messages),
        limit: wordsForTokens(contextTokens),
        refusedInside,
        oldest: next === null ? 0 : (planCut(earlier, next)?.messages ?? 0),
      },
    ]);
  }

  /**
   * The question was sealed to a machine that is gone, and what stands in its place was refused: nobody can
   * have read it, so the words go back to where they can be sent again.
   */
  #takeBack(thread: Thread, own: OwnMessage | null): void {
    this.#sealedBefore = true;
    this.#show(thread);
    if (own !== null) this.#options.composing.takeBack(own);
  }
}
