/** Pages that Playwright does not take up, such as Chrome's side panel and the toolbar popup, by the browser's own protocol. */
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserContext } from 'playwright';

export interface RawPage {
  /** Value of an expression in the page; a promise is waited for. It runs as if a person had just clicked. */
  evaluate(expression: string): Promise<unknown>;
  /** Types text wherever the keyboard is in that page, and then presses Enter. */
  type(text: string): Promise<void>;
}

interface Reply {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: unknown };
}

/** Waits for a page at that address that nobody drives yet, and attaches to it. */
export async function attachRaw(context: BrowserContext, url: string): Promise<RawPage> {
  const browser = context.browser();
  if (browser === null) throw new Error('this browser has no protocol of its own');
  const session = await browser.newBrowserCDPSession();
  for (let tries = 0; tries < 200; tries++) {
    const { targetInfos } = await session.send('Target.getTargets');
    const found = targetInfos.find(
      (target) => target.type === 'page' && target.url.split('#')[0] === url && !target.attached,
    );
    if (found === undefined) {
      await pause(100);
      continue;
    }
    const { targetId } = found;
    const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
    let last = 0;
    const waiting = new Map<number, (reply: Reply) => void>();
    session.on('Target.receivedMessageFromTarget', (event) => {
      if (event.sessionId !== sessionId) return;
      const reply = JSON.parse(event.message) as Reply;
      if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
    });
    const send = (method: string, params: object): Promise<Reply> => {
      last += 1;
      const id = last;
      const answer = new Promise<Reply>((done) => waiting.set(id, done));
      const message = JSON.stringify({ id, method, params });
      return session.send('Target.sendMessageToTarget', { sessionId, message }).then(() => answer);
    };
    return {
      async evaluate(expression) {
        const how = { awaitPromise: true, returnByValue: true, userGesture: true };
        const { result } = await send('Runtime.evaluate', { expression, ...how });
        if (result?.exceptionDetails) throw new Error(JSON.stringify(result.exceptionDetails));
        return result?.result?.value;
      },
      async type(text) {
        await send('Input.insertText', { text });
        const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' };
        await send('Input.dispatchKeyEvent', { type: 'keyDown', ...enter });
        await send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter });
      },
    };
  }
  throw new Error(`no page at ${url}`);
}
