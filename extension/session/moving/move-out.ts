/**
 * The sealed box's side: shows the panel of its window, sealed, how the chat stands, so that the panel has it when
 * the page goes away. Without a panel there is nobody to show it to, and the chat ends with the page.
 * @module
 */
import { type Browser, browser } from '../../browser.ts';
import type { StoredChat } from '../history/stored-chat.ts';
import { type BoxMessage, moveCall, movePort, parsePanelMessage } from './move-port.ts';
import { sealChat } from './sealed-chat.ts';

/** Between two looks at a chat that changes, in milliseconds. */
const pause = 400;

export interface MoveOutOptions {
  readonly windowId: number;
  /** The chat as it stands; null where there is nothing to move. */
  chat(): StoredChat | null;
  /** The panel has the chat now, so that it goes on there. */
  onMoved(): void;
}

export class MoveOut {
  readonly #options: MoveOutOptions;
  #port: Browser.runtime.Port | null = null;
  #key: string | null = null;
  #isWanted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is shown goes out in the order in which it came to be. */
  #queue: Promise<void> = Promise.resolve();

  constructor(options: MoveOutOptions) {
    this.#options = options;
    browser.runtime.onMessage.addListener((message: unknown, sender) => {
      if (message === moveCall && sender.id === browser.runtime.id && this.#key === null) this.#connect();
      return undefined;
    });
    this.#connect();
  }

  #connect(): void {
    this.#port?.disconnect();
    const port = browser.runtime.connect({ name: movePort });
    this.#port = port;
    port.onDisconnect.addListener(() => {
      if (this.#port !== port) return;
      const hadPanel = this.#key !== null;
      this.#port = null;
      this.#key = null;
      // The other end may have been that of a background that went to sleep, and the panel still there.
      if (hadPanel) this.#connect();
    });
    port.onMessage.addListener((value: unknown) => {
      const message = parsePanelMessage(value);
      if (message === null) return;
      if ('took' in message) {
        if (message.took) this.#options.onMoved();
      } else if (message.windowId === this.#options.windowId) {
        this.#key = message.publicKey;
        this.show();
      }
    });
  }

  /** Shows the panel the chat as it stands in a moment: an answer that is arriving changes many times a second. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.show();
    }, pause);
  }

  /** Shows the panel the chat of this moment. */
  show(): void {
    const [key, port] = [this.#key, this.#port];
    if (key === null || port === null) return;
    this.#queue = this.#queue
      .then(async () => {
        const chat = this.#options.chat();
        const now = this.#isWanted && chat !== null;
        const message: BoxMessage = { sealed: chat && (await sealChat(chat, key)), now };
        port.postMessage(message);
        if (now) this.#isWanted = false;
      })
      // The panel closed in between; the chat stays here.
      .catch(() => {});
  }

  /** The person wants to go on in the panel, which may only be opening. */
  moveNow(): void {
    this.#isWanted = true;
    this.show();
  }

  /** The person closed the box: nothing of it is to appear elsewhere. */
  end(): void {
    const port = this.#port;
    const message: BoxMessage = { sealed: null, now: false };
    if (this.#key !== null) port?.postMessage(message);
  }
}
