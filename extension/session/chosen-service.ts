/** The service that a chat is with, its session, and what is known of both. @module */
import { ChatSession } from './chat-session.ts';
import { clock, createLook } from './look.ts';
import type { Choice, HeldLog } from './trust.ts';
import type { Known } from './view-status.ts';

export interface ChosenServiceOptions {
  /** Something of it has changed. */
  onChange(): void;
  /** A part of our own failed; the session only learns that it cannot go on. */
  onTrouble(error: unknown): void;
}

export class ChosenService {
  readonly #options: ChosenServiceOptions;
  #choice: Choice | null = null;
  #session: ChatSession | null = null;
  #log: HeldLog | null = null;

  constructor(options: ChosenServiceOptions) {
    this.#options = options;
  }

  get choice(): Choice | null {
    return this.#choice;
  }

  get session(): ChatSession | null {
    return this.#session;
  }

  choose(choice: Choice | null): void {
    this.#choice = choice;
  }

  /** Begins a session with the chosen service, in place of the one before. */
  begin(): void {
    this.end();
    if (this.#choice === null) return;
    const { onChange, onTrouble } = this.#options;
    const { service } = this.#choice.enclave;
    const look = createLook({
      service,
      onLog: (log) => {
        this.#log = log;
        onChange();
      },
    });
    this.#session = new ChatSession({
      service: { origin: service, fetch: (...request) => fetch(...request) },
      clock,
      look: (wanted) =>
        look(wanted).catch((error: unknown) => {
          onTrouble(error);
          throw error;
        }),
      onStatus: onChange,
    });
  }

  end(): void {
    this.#session?.close();
    this.#session = null;
  }

  /** Everything that a state follows from; null before there is a session. */
  known(view: Pick<Known, 'asked' | 'sealedBefore'>): Known | null {
    if (this.#choice === null || this.#session === null) return null;
    const { status: chat } = this.#session;
    return { choice: this.#choice, chat, log: this.#log, now: Date.now(), ...view };
  }
}
