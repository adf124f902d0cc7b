/**
 * One turn as the thread shows it: the draft goes when it is sealed and not before, the answer grows as it is
 * authenticated, and how it ended is said.
 * @module
 */
import type { AnswerMessage, ThreadItem } from '../ui/controller.ts';
import type { ChatMessage } from './chat-request.ts';
import { chatRequest } from './chat-request.ts';
import type { ChatSession } from './chat-session.ts';
import type { TurnEvent, TurnResult } from './chat-status.ts';
import { itemId, reasonOf, type Thread, withAnswer, wordsForTokens, wordsIn } from './conversation.ts';

/** Where a turn reads and writes the thread. */
interface ThreadHolder {
  thread(): Thread;
  setThread(thread: Thread): void;
}

export interface TurnOptions {
  readonly session: ChatSession;
  readonly model: string;
  /** What the model can take, in tokens. */
  readonly contextTokens: number;
  readonly messages: readonly ChatMessage[];
  readonly holder: ThreadHolder;
  readonly signal: AbortSignal;
  /** Items that are added once the request is sealed: the person's message, unless it is there already. */
  readonly sealed: readonly ThreadItem[];
  /** The request is sealed: the draft may go. */
  onSealed(): void;
  /** The content has ended: the next turn may be sent. */
  onContentEnd(): void;
}

/** How an answer ended that did not come whole. */
function endingOf(result: TurnResult, stopped: boolean): Partial<AnswerMessage> {
  if (result.state === 'complete') return { outcome: 'complete' };
  if (result.state === 'failed') return { outcome: 'engine-error', reason: reasonOf(result.error) };
  return { outcome: stopped || result.state === 'stopped' ? 'stopped' : 'incomplete' };
}

/** Sends a turn and keeps the thread in step with it. Resolves after the padding of the reply. */
export async function runTurn(options: TurnOptions): Promise<TurnResult> {
  const { session, model, messages, holder, signal } = options;
  const id = itemId();
  const add = (...items: ThreadItem[]) => holder.setThread([...holder.thread(), ...items]);
  const change = (make: (answer: AnswerMessage) => Partial<AnswerMessage>) =>
    holder.setThread(withAnswer(holder.thread(), id, make));

  const onEvent = (event: TurnEvent) => {
    switch (event.kind) {
      case 'session':
        // The first session of a thread needs no line: the head of the view says it.
        if (holder.thread().length > 0) {
          const checkedAt = Date.parse(event.report.checkedAt);
          add({ kind: 'session', id: itemId(), checkedAt, restarted: event.restarted });
        }
        return;
      case 'sealed':
        add(...options.sealed, { kind: 'answer', id, text: '', outcome: 'streaming' });
        options.onSealed();
        return;
      case 'text':
        change(({ text }) => ({ text: text + event.text }));
        return;
      case 'end':
        change(() => ({ outcome: 'complete' }));
        options.onContentEnd();
        return;
      case 'error':
        change(() => ({ outcome: 'engine-error', reason: reasonOf(event.error) }));
        options.onContentEnd();
    }
  };
  const result = await session.send(chatRequest({ model, messages }), { signal, onEvent });
  if (result.state === 'too-long') {
    const limit = wordsForTokens(options.contextTokens);
    add({ kind: 'too-long', id: itemId(), words: wordsIn(messages), limit });
  }
  // What was told by an event stays; only an answer that still streams has had no end.
  change(({ outcome }) => (outcome === 'streaming' ? endingOf(result, signal.aborted) : {}));
  return result;
}
