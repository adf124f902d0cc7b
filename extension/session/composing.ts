/**
 * What the person is writing: the draft, the files with it, and the earlier message that it will replace. The
 * words are never lost: what was begun before an edit comes back after it, and what was refused stays.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import type { Store } from '../ui/store.ts';
import type { ChatView, FileRefusal } from '../ui/surfaces/chat.ts';
import type { OwnMessage } from '../ui/surfaces/thread.ts';
import { readAttachment } from './attachments.ts';
import { before, itemId, lastOwn, type Thread } from './conversation.ts';

type Written = Pick<ChatView, 'draft' | 'attachments'>;
const nothing: Written = { draft: '', attachments: [] };

const reasons: { readonly [code: string]: FileRefusal['reason'] } = {
  WAX_CHAT_FILE_SIZE: 'too-large',
  WAX_CHAT_FILE_COUNT: 'too-many',
  WAX_CHAT_FILE_TEXT: 'not-text',
};

/** A message to send, and the thread that it continues. */
export interface Outgoing {
  readonly thread: Thread;
  readonly own: OwnMessage;
}

export class Composing {
  readonly #store: Store<ChatView>;
  /** What was being written when an edit began. */
  #aside: Written = nothing;

  constructor(store: Store<ChatView>) {
    this.#store = store;
  }

  /** Attaches files one after the other; the first refusal ends it and is shown. */
  async attach(files: readonly File[]): Promise<void> {
    this.#store.update({ fileRefusal: null });
    for (const file of files) {
      try {
        const read = await readAttachment(file, this.#store.current().attachments, itemId());
        this.#store.update({ attachments: [...this.#store.current().attachments, read] });
      } catch (error) {
        // A file that went away while it was read is refused like one that is no text.
        const code = error instanceof CodedError ? error.code : 'WAX_CHAT_FILE_TEXT';
        const reason = reasons[code] ?? 'not-text';
        this.#store.update({ fileRefusal: { name: file.name.slice(0, 80), reason, code } });
        return;
      }
    }
  }

  detach(id: string): void {
    const attachments = this.#store.current().attachments.filter((file) => file.id !== id);
    this.#store.update({ attachments, fileRefusal: null });
  }

  editLast(): void {
    const { thread, draft, attachments, editing } = this.#store.current();
    const own = lastOwn(thread);
    if (own === null || editing !== null) return;
    this.#aside = { draft, attachments };
    this.#store.update({ draft: own.text, attachments: own.files ?? [], editing: own.id, fileRefusal: null });
  }

  cancelEdit(): void {
    if (this.#store.current().editing === null) return;
    this.#store.update({ ...this.#aside, editing: null, fileRefusal: null });
    this.#aside = nothing;
  }

  /** What would be sent now; null where there is nothing. */
  outgoing(): Outgoing | null {
    const { thread, draft, attachments, editing } = this.#store.current();
    if (draft.trim() === '' && attachments.length === 0) return null;
    const files = attachments.length === 0 ? {} : { files: attachments };
    const own: OwnMessage = { kind: 'own', id: itemId(), text: draft, ...files };
    return { thread: editing === null ? thread : before(thread, editing), own };
  }

  /** The message is sealed: what was set aside for an edit comes back, else the composer is empty. */
  sent(): void {
    this.#store.update({ ...this.#aside, editing: null, fileRefusal: null });
    this.#aside = nothing;
  }

  /** A message that nobody could read goes back to where it can be sent again, unless something stands there. */
  takeBack({ text, files = [] }: OwnMessage): void {
    const { draft, attachments } = this.#store.current();
    if (draft === '' && attachments.length === 0) this.#store.update({ draft: text, attachments: files });
  }

  /** Nothing is being edited in another chat. The draft itself stays: words are only ever deleted by hand. */
  begin(): void {
    this.cancelEdit();
    this.#store.update({ fileRefusal: null });
  }
}
