/** Tells the background for how long this view has the keyboard. @module */
import { type Browser, browser } from '../browser.ts';
import { typingPort } from '../messaging.ts';

/** More often than browsers stop an idle background, so that it is awake to put the light out. */
const beat = 15_000;

export interface TypingLight {
  set(typing: boolean): void;
}

/** The light of this view; `windowId` is where it is. */
export function createTypingLight(windowId: () => number | undefined): TypingLight {
  let port: Browser.runtime.Port | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  const off = () => {
    clearInterval(timer);
    port?.disconnect();
    port = null;
  };
  const on = () => {
    const startedAt = performance.now();
    const opened = browser.runtime.connect({ name: typingPort });
    const say = () => opened.postMessage({ windowId: windowId() ?? null });
    port = opened;
    opened.onDisconnect.addListener(() => {
      if (port !== opened) return;
      off();
      // The background went to sleep or was updated under us: light up again. One that ends a port at once
      // has refused it.
      if (performance.now() - startedAt > beat / 10) on();
    });
    say();
    timer = setInterval(say, beat);
  };
  return {
    set(typing) {
      if (typing && port === null) on();
      if (!typing) off();
    },
  };
}
