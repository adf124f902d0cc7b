/** Chromium with the built extension in it, for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page, Worker } from 'playwright';
import { chromiumPath, openChromium } from '../../demo/chromium.ts';
import { type BuildMode, buildExtension } from '../../scripts/build-extension.ts';

/** Whether this machine has the browser; tests that need it skip themselves otherwise, and say so. */
export const hasChromium = chromiumPath() !== undefined;
if (!hasChromium)
  console.log('No Chromium found: tests in a real browser are skipped (set WAXSEAL_CHROMIUM).');

export interface ExtensionBrowser {
  readonly context: BrowserContext;
  readonly worker: Worker;
  readonly id: string;
  /** Folder of the unpacked extension. */
  readonly folder: string;
  /** A page of the extension, in a tab. */
  open(page: string): Promise<Page>;
  /** Sends a message as the popup does. */
  ask(type: string, body: unknown): Promise<{ ok: boolean; reply?: unknown; code?: string }>;
  /** Icon words, badge and title of the tab that shows `url`. */
  toolbar(url: string): Promise<{ title: string; badge: string }>;
  close(): Promise<void>;
}

/** Builds the extension in `mode` and starts a browser with it; `prepare` may add files to the folder. */
export async function startExtensionBrowser(
  mode: BuildMode,
  prepare: (folder: string) => Promise<void> = async () => {},
): Promise<ExtensionBrowser> {
  const scratch = await mkdtemp(join(tmpdir(), 'waxseal-browser-'));
  const folder = await buildExtension(mode, 'chrome', scratch);
  await prepare(folder);
  const context = await openChromium({
    extension: folder,
    profile: join(scratch, 'profile'),
    headless: true,
    viewport: { width: 1200, height: 800 },
  });
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const id = new URL(worker.url()).host;
  const open = async (page: string) => {
    const opened = await context.newPage();
    await opened.goto(`chrome-extension://${id}/${page}.html`);
    return opened;
  };
  const popup = await open('popup');
  return {
    context,
    worker,
    id,
    folder,
    open,
    ask: (type, body) =>
      popup.evaluate(
        (message) => {
          const { chrome } = globalThis as unknown as {
            chrome: { runtime: { sendMessage(m: unknown): Promise<never> } };
          };
          return chrome.runtime.sendMessage(message);
        },
        { type, body },
      ),
    toolbar: (url) =>
      worker.evaluate(async (wanted) => {
        const { chrome } = globalThis as unknown as {
          chrome: {
            tabs: { query(q: object): Promise<{ id: number; url?: string }[]> };
            action: { getTitle(t: object): Promise<string>; getBadgeText(t: object): Promise<string> };
          };
        };
        const tabId = (await chrome.tabs.query({})).find((tab) => tab.url === wanted)?.id;
        if (tabId === undefined) return { title: 'no such tab', badge: '' };
        const [title, badge] = [
          await chrome.action.getTitle({ tabId }),
          await chrome.action.getBadgeText({ tabId }),
        ];
        return { title, badge };
      }, url),
    async close() {
      await context.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
