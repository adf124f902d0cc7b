/**
 * Holds the frame that verifies and seals for the page's own requests: out of sight, in a closed root. It shows
 * nothing, so that a page gains nothing by covering or moving it; taken out, it is made anew.
 * @module
 */
import { buildCarrier } from './element.ts';
import type { Handover, HostMessage } from './port.ts';

export interface ServiceHostOptions {
  /** Address of service.html, and the origin that it ends up with. */
  readonly address: string;
  readonly origin: string;
  token(): Promise<string | null>;
}

/** Hands ports of the page on to the frame, which is made when the first comes. */
export function createServiceHost({ address, origin, token }: ServiceHostOptions) {
  let element: HTMLElement | null = null;
  let frame: Promise<MessagePort | null> | null = null;
  const start = (): Promise<MessagePort | null> => {
    const carrier = buildCarrier(address);
    element = carrier.element;
    element.removeAttribute('popover');
    element.style.cssText = 'all:initial!important;display:block!important;position:fixed!important';
    element.style.cssText += 'width:0!important;height:0!important;overflow:hidden!important';
    const loaded = new Promise((resolve) => carrier.frame.addEventListener('load', resolve, { once: true }));
    document.documentElement.append(element);
    return loaded.then(async () => {
      const waxsealToken = await token();
      if (waxsealToken === null) return null;
      const { port1, port2 } = new MessageChannel();
      carrier.frame.contentWindow?.postMessage({ waxsealToken } satisfies Handover, origin, [port2]);
      return port1;
    });
  };
  return {
    /** Gives the port of a page's request to the frame; closes it where there can be no frame. */
    async pass(kind: 'fetch' | 'verify', port: MessagePort): Promise<void> {
      if (!element?.isConnected) frame = start();
      const host = await frame;
      if (host) host.postMessage({ kind } satisfies HostMessage, [port]);
      else port.close();
    },
    close(): void {
      element?.remove();
      element = null;
    },
  };
}
