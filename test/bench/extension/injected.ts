/** What a page gets of the extension: every script that runs in its process and came with the extension. */
import { gzipSync } from 'node:zlib';
import type { BrowserContext } from 'playwright';

export interface Injected {
  readonly scripts: number;
  /** All of them, compressed one by one. */
  readonly gzipBytes: number;
  /** Elements that the page's own web server did not send. */
  readonly elements: number;
}

/** Opens a page and asks its debugger which scripts came from an extension, in whatever world they run. */
export async function injectedInto(context: BrowserContext, url: string): Promise<Injected> {
  const page = await context.newPage();
  const debug = await context.newCDPSession(page);
  const ids: string[] = [];
  debug.on('Debugger.scriptParsed', ({ scriptId, url: from }) => {
    if (from.startsWith('chrome-extension://')) ids.push(scriptId);
  });
  await debug.send('Debugger.enable');
  await page.goto(url);
  // Longer than the content script waits before it looks for a message box.
  await page.waitForTimeout(3_000);
  const sources = await Promise.all(
    ids.map((scriptId) => debug.send('Debugger.getScriptSource', { scriptId })),
  );
  const elements = await page.evaluate(() => document.documentElement.childElementCount - 2);
  await page.close();
  const gzipBytes = sources.reduce((sum, { scriptSource }) => sum + gzipSync(scriptSource).length, 0);
  return { scripts: ids.length, gzipBytes, elements };
}
