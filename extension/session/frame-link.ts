/**
 * The sealed box's side of its life in a web page. Until the content script has handed over a token, and the
 * background has taken it, the frame shows nothing, asks nobody and takes no keys.
 * @module
 */
import { ask } from '../ask.ts';
import { type FrameMessage, type HostMessage, parseHandover, parseHostMessage } from '../page/port.ts';

export interface FrameLink {
  /** Origin of the page around the frame. */
  readonly site: string;
  /** The fetch adapter is on there. */
  readonly adapter: boolean;
  readonly windowId: number;
  tell(message: FrameMessage): void;
  listen(listener: (message: HostMessage, port: MessagePort | undefined) => void): void;
}

/** The origin of the one page around this document, or null where that is not so. */
function pageAround(): string | null {
  const { ancestorOrigins } = location;
  return ancestorOrigins.length === 1 ? (ancestorOrigins[0] ?? null) : null;
}

async function redeem(token: string, port: MessagePort, page: string): Promise<FrameLink | null> {
  const { site, windowId, adapter } = await ask('frame/redeem', { token });
  if (site !== page) return null;
  return {
    site,
    adapter,
    windowId,
    tell: (message) => port.postMessage(message),
    listen(listener) {
      port.onmessage = (event: MessageEvent<unknown>) => {
        const message = parseHostMessage(event.data);
        if (message) listener(message, event.ports[0]);
      };
    },
  };
}

/** Waits for a token that the background accepts. A page that frames this document by itself has none. */
export function awaitLink(): Promise<FrameLink> {
  return new Promise((resolve) => {
    const page = pageAround();
    const onMessage = async (event: MessageEvent<unknown>) => {
      const token = parseHandover(event.data);
      const [port] = event.ports;
      const fromPage = event.source === parent && event.origin === page;
      if (!fromPage || token === null || port === undefined) return;
      // A wrong token proves nothing about the next message.
      const link = await redeem(token, port, page).catch(() => null);
      if (link === null) return;
      removeEventListener('message', onMessage);
      resolve(link);
    };
    if (page !== null) addEventListener('message', onMessage);
  });
}
