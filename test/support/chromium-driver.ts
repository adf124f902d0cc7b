/** Drives the extension in Chromium, by Playwright. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright';
import { extensionId, openChromium } from '../../demo/chromium.ts';
import { type Driver, type Envelope, namedKeys, type TabState, tabQuery } from './driver.ts';

/** Starts Chromium with the unpacked extension in `folder`. */
export async function startChromiumDriver(folder: string): Promise<Driver> {
  const profile = await mkdtemp(join(tmpdir(), 'waxseal-chromium-'));
  const context = await openChromium({
    extension: folder,
    profile,
    headless: true,
    viewport: { width: 1000, height: 700 },
    // Playwright switches off what people have: pages kept for the way back.
    withoutArgs: ['--disable-back-forward-cache'],
  });
  const written: string[] = [];
  context.on('request', (request) => {
    if (request.method() !== 'GET') written.push(request.url());
  });
  const id = await extensionId(context);
  const address = (page: string) => `chrome-extension://${id}/${page}.html`;
  const own = new Map<string, Page>();
  const ownPage = async (name: string): Promise<Page> => {
    const known = own.get(name);
    if (known) return known;
    const page = await context.newPage();
    await page.goto(address(name));
    own.set(name, page);
    return page;
  };
  const popup = await ownPage('popup');
  let page: Page = popup;
  let url = '';
  const wrapped = (body: string) => `(async () => { ${body} })()`;
  // In Chrome the frame goes by a name that changes with every browser session.
  const box = (): Frame | undefined =>
    page.frames().find((frame) => frame.url().endsWith('/composer.html') && frame !== page.mainFrame());
  const tab = async () =>
    (await popup.evaluate(wrapped(tabQuery(url)))) as (TabState & { id: number }) | null;
  return {
    browser: 'chromium',
    ownName: id,
    address,
    async ask(name, type, body) {
      const message = JSON.stringify({ type, body });
      return (await (await ownPage(name)).evaluate(`chrome.runtime.sendMessage(${message})`)) as Envelope;
    },
    show: async (name) => (await ownPage(name)).bringToFront(),
    runIn: async (name, body) => (await ownPage(name)).evaluate(wrapped(body)),
    async open(wanted) {
      url = wanted;
      page = await context.newPage();
      await page.goto(wanted, { waitUntil: 'domcontentloaded' });
    },
    async go(wanted) {
      await page.goto(wanted);
    },
    async back() {
      await page.goBack({ waitUntil: 'commit' });
    },
    resize: (width, height) => page.setViewportSize({ width, height }),
    run: (body) => page.evaluate(wrapped(body)),
    runInBox: async (body) => (await box()?.evaluate(wrapped(body))) ?? null,
    async click(selector, where) {
      await (where === 'box' ? box() : page)?.locator(selector).click({ timeout: 10_000 });
    },
    async press(keys) {
      for (const key of keys) await page.keyboard.press(namedKeys[key]?.[0] ?? key);
    },
    tab: async () => (await tab()) ?? { granted: false, boxOpen: false, state: null },
    async askForBox() {
      const message = JSON.stringify({ type: 'tab/write', body: { tabId: (await tab())?.id } });
      await popup.evaluate(`chrome.runtime.sendMessage(${message})`);
    },
    closeTab: () => page.close(),
    async beforePages(script) {
      await context.addInitScript(script);
    },
    setOffline: (offline) => context.setOffline(offline),
    written: async () => [...written],
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
