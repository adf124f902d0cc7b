/**
 * How our scripts in the page's own world reach the content script: a port that each posts to the window. The
 * page can do so as well, and then it speaks for itself; what it asks is what a page may ask. What a port brings
 * is checked by its form, on both ends.
 * @module
 */

/** Asked of the content script, with the port that the answers come through. */
export type PageRequest = 'open' | 'verify' | 'fetch' | 'status';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object';

/** The content script says that it is there; our scripts in the page answer by asking. */
export const hello = { waxseal: 'here' } as const;

/** Whether a message says that the content script is there. */
export function isHello(value: unknown): boolean {
  return isRecord(value) && value.waxseal === hello.waxseal;
}

const requests: readonly PageRequest[] = ['open', 'verify', 'fetch', 'status'];

/** The request in a message of the page's window, or null. */
export function parsePageRequest(value: unknown): PageRequest | null {
  return isRecord(value) ? (requests.find((one) => one === value.waxsealAsk) ?? null) : null;
}

/** Asks; the answer, and all that follows, comes through the returned port. */
export function askHost(request: PageRequest): MessagePort {
  const { port1, port2 } = new MessageChannel();
  postMessage({ waxsealAsk: request }, location.origin, [port2]);
  return port1;
}

/** Asks for one word and waits for it. */
export function askForWord(request: PageRequest): Promise<string> {
  return new Promise((resolve) => {
    const port = askHost(request);
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      port.close();
      resolve(typeof data === 'string' ? data : '');
    };
  });
}
