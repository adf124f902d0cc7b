/**
 * Content script of granted sites, registered at run time: shows the sealed box where the page has a message
 * box, or when the person asks for it. It holds no key, reads no settings, and believes nothing the page says.
 * A plain script to WXT: its wrapper for content scripts posts a message with the extension's id to the page.
 */

import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { browser } from '../browser.ts';
import type { Envelope, HostCommand, HostReply, Interference, Request } from '../messaging.ts';
import { findAnchor } from '../page/anchors.ts';
import { type Host, openHost } from '../page/host.ts';
import { hello, type PageRequest, parsePageRequest } from '../page/page-link.ts';
import { createServiceHost } from '../page/service-host.ts';
import type { FrameRole } from '../sender.ts';

type BridgeMessage = 'bridge/hello' | 'bridge/token' | 'bridge/interference';

/** How long to wait for a page that draws its message box late, in milliseconds. */
const anchorPause = 700;

async function ask<Type extends BridgeMessage>(type: Type, body: Request<Type>): Promise<unknown> {
  // The extension may have been updated or removed under this document; then there is nobody to ask.
  const envelope: Envelope | null = await browser.runtime.sendMessage({ type, body }).catch(() => null);
  return envelope?.ok ? envelope.reply : null;
}

async function token(frame: FrameRole): Promise<string | null> {
  const reply = (await ask('bridge/token', { frame })) as { token?: unknown } | null;
  return typeof reply?.token === 'string' ? reply.token : null;
}

/** What the page's origin was granted; null for an origin that was not. */
async function granted(): Promise<{ adapter: boolean } | null> {
  const reply = (await ask('bridge/hello', {})) as { adapter?: unknown } | null;
  return reply && { adapter: reply.adapter === true };
}

// In Chrome a name for this browser session only, which leads to the extension's own origin.
const addressOf = (page: string) => {
  const address = browser.runtime.getURL(page as '/composer.html');
  const own = `chrome-extension://${browser.runtime.id}`;
  return { address, origin: __WAXSEAL_BROWSER__ === 'chrome' ? own : new URL(address).origin };
};

export default defineUnlistedScript({
  main() {
    // The background starts the script in open tabs and the browser in new documents: one is enough.
    const world = globalThis as { waxsealBridge?: true };
    if (world.waxsealBridge) return;
    world.waxsealBridge = true;

    let host: Host | null = null;
    // A sandboxed document has no origin that could be granted anything, whatever the tab's address says.
    const isSandboxed = self.origin === 'null';
    let closedBy: Interference | null = isSandboxed ? 'block' : null;
    let wait: ReturnType<typeof setInterval> | undefined;
    const open = () => {
      clearInterval(wait);
      closedBy = null;
      host ??= openHost({
        ...addressOf('/composer.html'),
        token: () => token('frame'),
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
    const grant = isSandboxed ? Promise.resolve(null) : granted();
    void grant.then((site) => {
      postMessage(hello, location.origin);
      // With the adapter on, it is the page's own box that the person writes in, unless they ask for ours.
      if (site && !site.adapter) openWhenAnchored();
    });

    const service = createServiceHost({ ...addressOf('/service.html'), token: () => token('service') });
    const answer = async (request: PageRequest, port: MessagePort) => {
      const site = await grant;
      if (request === 'status') return port.postMessage(site?.adapter ? 'adapter' : 'none');
      if (site === null) return port.close();
      if (request !== 'open') return service.pass(request, port);
      open().focus();
      port.postMessage('open');
    };
    addEventListener('message', ({ source, origin, data, ports: [port] }: MessageEvent<unknown>) => {
      const request = source === window && origin === location.origin ? parsePageRequest(data) : null;
      if (request && port) void answer(request, port);
    });

    // A document that the browser keeps for the way back keeps no chat: its box is made anew.
    addEventListener('pagehide', ({ persisted }) => {
      clearInterval(wait);
      if (!persisted) return;
      host?.close();
      service.close();
    });
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted || closedBy !== null) return;
      void grant.then((site) => {
        if (site && !site.adapter) openWhenAnchored();
      });
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
