/**
 * One turn as the thread shows it: the draft goes when it is sealed and not before, the answer grows as it is
 * authenticated, and how it ended is said.
 * @module
 */
import type { Summary } from '../../protocol/session/events.ts';
import type { AnswerFigures, AnswerMessage, ThreadItem } from '../ui/surfaces/thread.ts';
import { type ChatOptions, chatRequest } from './chat-request.ts';
import type { ChatSession } from './chat-session.ts';
import type { TurnEvent, TurnResult } from './chat-status.ts';
import { itemId, type Thread, withAnswer } from './conversation.ts';

/** Where a turn reads and writes the thread. */
interface ThreadHolder {
  thread(): Thread;
  setThread(thread: Thread): void;
}

export interface TurnOptions {
  readonly session: ChatSession;
  readonly request: ChatOptions;
  readonly holder: ThreadHolder;
  readonly signal: AbortSignal;
  /** Items that are added once the request is sealed: the person's message, unless it is there already. */
  readonly sealed: readonly ThreadItem[];
  /** The request is sealed: the draft may go. */
  onSealed(): void;
  /** What makes the receipt of the answer, once somebody has proven to have read the request. */
  onReceipt(answerId: string, make: () => string): void;
  /** The content has ended: the next turn may be sent. */
  onContentEnd(): void;
}

/** How an answer ended that did not come whole. */
function endingOf(result: TurnResult, stopped: boolean): Partial<AnswerMessage> {
  if (result.state === 'complete') return { outcome: 'complete' };
  if (result.state === 'failed') return { outcome: 'engine-error', reason: result.error };
  return { outcome: stopped || result.state === 'stopped' ? 'stopped' : 'incomplete' };
}

function figuresOf({ usage, finish_reason }: Summary, tookMs: number): AnswerFigures {
  return {
    promptTokens: usage.prompt_tokens,
    answerTokens: usage.completion_tokens,
    // A clock that was set back in the meantime says nothing of how long it took.
    tookMs: Math.max(0, tookMs),
    atLimit: finish_reason === 'length',
  };
}

/** Sends a turn and keeps the thread in step with it. Resolves after the padding of the reply. */
export async function runTurn(options: TurnOptions): Promise<TurnResult> {
  const { session, holder, signal } = options;
  const id = itemId();
  let askedAt = 0;
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
        askedAt = Date.now();
        add(...options.sealed, { kind: 'answer', id, text: '', outcome: 'streaming', askedAt });
        options.onSealed();
        return;
      case 'text':
        change(({ text }) => ({ text: text + event.text }));
        return;
      case 'end':
        change(() => ({ outcome: 'complete', figures: figuresOf(event.summary, Date.now() - askedAt) }));
        options.onContentEnd();
        return;
      case 'error':
        change(() => ({ outcome: 'engine-error', reason: event.error }));
        options.onContentEnd();
    }
  };
  const result = await session.send(chatRequest(options.request), {
    signal,
    onEvent,
    onReceipt: (make) => {
      options.onReceipt(id, make);
      change(() => ({ receipt: true }));
    },
  });
  // What was told by an event stays, unless what came after its end took that standing away (B8).
  change(({ outcome }) =>
    outcome === 'streaming' || result.state === 'cut-off' ? endingOf(result, signal.aborted) : {},
  );
  return result;
}
