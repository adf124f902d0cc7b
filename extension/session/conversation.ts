/** The thread of a chat: what was said, and how each answer ended. Kept in memory only. @module */
import type { AnswerMessage, OwnMessage, ThreadItem } from '../ui/surfaces/thread.ts';
import { withFiles } from './attachments.ts';
import type { ChatMessage } from './chat-request.ts';

export type Thread = readonly ThreadItem[];

let count = 0;
/** A name for an item, unique in this document. */
export function itemId(): string {
  count += 1;
  return `item-${count}`;
}

/** What the model is told: the system prompt, then the thread from the last cut on. Empty answers say nothing. */
export function messagesOf(thread: Thread, system = ''): ChatMessage[] {
  const from = thread.findLastIndex(({ kind }) => kind === 'cut') + 1;
  const said = thread.slice(from).flatMap((item): ChatMessage[] => {
    if (item.kind === 'own') return [{ role: 'user', content: withFiles(item) }];
    return item.kind === 'answer' && item.text !== '' ? [{ role: 'assistant', content: item.text }] : [];
  });
  return system.trim() === '' ? said : [{ role: 'system', content: system }, ...said];
}

/** The newest message of the person's own; null where there is none. */
export function lastOwn(thread: Thread): OwnMessage | null {
  return thread.findLast((item) => item.kind === 'own') ?? null;
}

/** The thread up to one of its items, which is left out. */
export function before(thread: Thread, id: string): Thread {
  const at = thread.findIndex((item) => item.id === id);
  return at < 0 ? thread : thread.slice(0, at);
}

/** The thread with one answer changed. */
export function withAnswer(
  thread: Thread,
  id: string,
  change: (answer: AnswerMessage) => Partial<AnswerMessage>,
): Thread {
  return thread.map((item) =>
    item.kind === 'answer' && item.id === id ? { ...item, ...change(item) } : item,
  );
}

/** The thread up to the question that an answer belongs to; null where the answer is not there. */
export function beforeAnswer(thread: Thread, id: string): Thread | null {
  const at = thread.findIndex((item) => item.kind === 'answer' && item.id === id);
  return at < 0 ? null : thread.slice(0, at);
}

const countWords = (text: string) => text.split(/\s+/).filter(Boolean).length;
const rounded = (count: number) => (count < 100 ? count : Math.round(count / 100) * 100);

/** Words in a conversation, rounded. */
export function wordsIn(messages: readonly ChatMessage[]): number {
  return rounded(messages.reduce((sum, { content }) => sum + countWords(content), 0));
}

/** About as many words as fit in so many tokens, rounded. */
export function wordsForTokens(tokens: number): number {
  return rounded(Math.floor(tokens * 0.75));
}
