/**
 * Takes the place of `fetch` for one kind of request: chat completions in OpenAI's form. They are answered by the
 * enclave, through a frame of the extension that the page cannot reach into, or not at all: nothing here falls
 * back to the network.
 * @module
 */
import { askForWord, askHost, isHello } from './page-link.ts';
import { type AdapterRequest, parseServiceMessage } from './service-port.ts';

const suffix = '/chat/completions';
/** How long the content script may take to say whether the adapter is on here, in milliseconds. */
const patience = 20_000;

const { fetch: network, Request: PageRequest, Response: PageResponse } = globalThis;

/** Whether the adapter is on for this very origin; asked once, and again when the content script comes. */
function adapterIsOn(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const look = () => void askForWord('status').then((word) => resolve(word === 'adapter'));
    addEventListener('message', ({ data, source }) => {
      if (source === window && isHello(data)) look();
    });
    look();
    setTimeout(() => reject(new TypeError('Waxseal did not answer, so nothing was sent')), patience);
  });
}

function isChat(input: RequestInfo | URL, init: RequestInit | undefined): boolean {
  const isRequest = input instanceof PageRequest;
  const method = init?.method ?? (isRequest ? input.method : 'GET');
  const url = URL.parse(isRequest ? input.url : String(input), document.baseURI);
  return method.toUpperCase() === 'POST' && url?.pathname.endsWith(suffix) === true;
}

/** Sends the request through the frame, and makes a response of what comes back. */
function sealed(body: string, signal: AbortSignal): Promise<Response> {
  const port = askHost('fetch');
  return new Promise((resolve, reject) => {
    let stream: ReadableStreamDefaultController<Uint8Array> | null = null;
    const fail = (reason: unknown) => {
      port.close();
      stream?.error(reason);
      stream = null;
      reject(reason);
    };
    const abort = () => {
      port.postMessage({ kind: 'abort' } satisfies AdapterRequest);
      fail(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = parseServiceMessage(data);
      if (message?.kind === 'head') {
        const content = new ReadableStream<Uint8Array>({
          start: (controller) => {
            stream = controller;
          },
          cancel: () => {
            port.postMessage({ kind: 'abort' } satisfies AdapterRequest);
            port.close();
          },
        });
        resolve(new PageResponse(content, { status: message.status, headers: { ...message.headers } }));
      }
      if (message?.kind === 'text') stream?.enqueue(new TextEncoder().encode(message.text));
      if (message?.kind === 'end') {
        signal.removeEventListener('abort', abort);
        port.close();
        stream?.close();
      }
      if (message?.kind === 'broken') fail(new TypeError(message.message));
    };
    port.postMessage({ kind: 'request', body } satisfies AdapterRequest);
  });
}

/** Puts the adapter in place of `fetch`. */
export function installAdapter(): void {
  const on = adapterIsOn();
  on.catch(() => {});
  globalThis.fetch = async function fetch(input, init) {
    if (!isChat(input, init) || !(await on)) return network.call(globalThis, input, init);
    const request = new PageRequest(input, init);
    return sealed(await request.text(), request.signal);
  };
}
