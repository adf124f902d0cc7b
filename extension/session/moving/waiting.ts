/** Chats that came to a panel which had one already: kept here, in memory, until the person goes on with them. @module */

import type { Store } from '../../ui/store.ts';
import type { ChatView } from '../../ui/surfaces/chat.ts';
import type { ThreadItem } from '../../ui/surfaces/thread.ts';
import { itemId } from '../conversation.ts';
import type { StoredChat } from '../history/stored-chat.ts';

interface Waiting {
  readonly chat: StoredChat;
  /** Id under which the history has it; null for none. */
  readonly kept: string | null;
}

/** The line that says from which page's box the chat above it came; nothing in a panel. */
export function movedLine({ frame }: Pick<ChatView, 'frame'>): ThreadItem[] {
  return frame === null ? [] : [{ kind: 'moved', id: itemId(), site: frame.site }];
}

/** Host of the page that a chat came from last; null for one that never moved. */
function siteOf({ thread }: StoredChat): string | null {
  return thread.findLast((item) => item.kind === 'moved')?.site ?? null;
}

export class WaitingChats {
  readonly #store: Store<ChatView>;
  #chats: readonly Waiting[] = [];

  constructor(store: Store<ChatView>) {
    this.#store = store;
  }

  add(chat: StoredChat, kept: string | null = null): void {
    this.#set([...this.#chats, { chat, kept }]);
  }

  /** The first one, which no longer waits. */
  take(): Waiting | undefined {
    const [next, ...others] = this.#chats;
    this.#set(others);
    return next;
  }

  /** What the history has is no longer to be seen: it was locked. */
  forgetKept(): void {
    this.#set(this.#chats.filter(({ kept }) => kept === null));
  }

  #set(chats: readonly Waiting[]): void {
    this.#chats = chats;
    this.#store.update({ waiting: chats.map(({ chat }) => ({ site: siteOf(chat) })) });
  }
}
