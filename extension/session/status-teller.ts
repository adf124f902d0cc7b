/** Tells the background where a view stands, for the icon and the popup: once for each change. @module */
import { ask } from '../ask.ts';
import type { ChatView } from '../ui/surfaces/chat.ts';

export class StatusTeller {
  #told = '';

  /** Facts only: no word of a chat goes out with them. */
  tell({ status, report }: ChatView, windowId: number): void {
    const text = JSON.stringify([status.id, status.simulated, report?.checkedAt]);
    if (text === this.#told) return;
    this.#told = text;
    const checkedAt = report === null ? null : Date.parse(report.checkedAt);
    const facts = JSON.parse(JSON.stringify({ status, report }));
    ask('view/status', { ...facts, checkedAt, windowId }).catch(() => {
      // The background sleeps or is being replaced; the next change tells it.
      this.#told = '';
    });
  }
}
