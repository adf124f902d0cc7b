/**
 * Content script of granted sites, registered at run time: shows the sealed box where the page has a message
 * box, or when the person asks for it. It holds no key, reads no settings, and believes nothing the page says.
 * A plain script to WXT: its wrapper for content scripts posts a message with the extension's id to the page.
 */

import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { browser } from '../browser.ts';
import type { Envelope, HostCommand, HostReply, Interference, MessageType } from '../messaging.ts';
import { findAnchor } from '../page/anchors.ts';
import { type Host, openHost } from '../page/host.ts';

/** How long to wait for a page that draws its message box late, in milliseconds. */
const anchorPause = 700;

async function ask(type: MessageType, body: Record<string, string>): Promise<Envelope | null> {
  // The extension may have been updated or removed under this document; then there is nobody to ask.
  return browser.runtime.sendMessage({ type, body }).catch(() => null);
}

async function token(): Promise<string | null> {
  const envelope = await ask('bridge/token', {});
  const reply = envelope?.ok ? (envelope.reply as { token?: unknown }) : null;
  return typeof reply?.token === 'string' ? reply.token : null;
}

export default defineUnlistedScript({
  main() {
    // The background starts the script in open tabs and the browser in new documents: one is enough.
    const world = globalThis as { waxsealBridge?: true };
    if (world.waxsealBridge) return;
    world.waxsealBridge = true;

    // In Chrome a name for this browser session only, which leads to the extension's own origin.
    const address = browser.runtime.getURL('/composer.html');
    let host: Host | null = null;
    // A sandboxed document has no origin that could be granted anything, whatever the tab's address says.
    const isSandboxed = self.origin === 'null';
    let closedBy: Interference | null = isSandboxed ? 'block' : null;
    let wait: ReturnType<typeof setInterval> | undefined;
    const open = () => {
      clearInterval(wait);
      closedBy = null;
      host ??= openHost({
        address,
        origin:
          __WAXSEAL_BROWSER__ === 'chrome'
            ? `chrome-extension://${browser.runtime.id}`
            : new URL(address).origin,
        token,
        onInterference: (kind) => {
          closedBy = kind;
          void ask('bridge/interference', { kind });
        },
        onClose: () => {
          host = null;
        },
      });
      return host;
    };
    const openWhenAnchored = () => {
      clearInterval(wait);
      wait = setInterval(() => {
        if (document.visibilityState === 'visible' && findAnchor()) open();
      }, anchorPause);
    };
    if (!isSandboxed) openWhenAnchored();

    // A document that the browser keeps for the way back keeps no chat: its box is made anew.
    addEventListener('pagehide', ({ persisted }) => {
      clearInterval(wait);
      if (persisted) host?.close();
    });
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted && !isSandboxed && closedBy === null) openWhenAnchored();
    });

    browser.runtime.onMessage.addListener(
      (command: HostCommand, _sender, reply: (value: HostReply) => void) => {
        if (command.host === 'open' && !isSandboxed) open().focus();
        if (command.host === 'close') {
          clearInterval(wait);
          host?.close();
        }
        reply({ open: host !== null, closedBy });
      },
    );
  },
});
