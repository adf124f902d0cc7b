/**
 * The real side panel and the real popup of Chrome, which no page and no tab stands in for: what the popup knows of
 * the panel, and which panel it opens at the chain.
 */
import { writeFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptedEngine } from '../support/enclave.ts';
import { type ExtensionBrowser, hasChromium, startExtensionBrowser } from '../support/extension-browser.ts';
import { attachRaw, type RawPage } from '../support/raw-page.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';
import { startStaticSite } from '../support/static-site.ts';

const patient = { timeout: 20_000 };

describe.skipIf(!hasChromium)('the side panel and the popup of Chrome', () => {
  let world: SealedWorld;
  let browser: ExtensionBrowser;
  let options: Page;
  let first: RawPage;
  let second: RawPage;
  let windows: readonly number[] = [];

  const address = (page: string) => `chrome-extension://${browser.id}/${page}.html`;
  const text = (page: RawPage) => page.evaluate('document.body.innerText');
  const press = (page: RawPage, name: string) =>
    page.evaluate(
      `[...document.querySelectorAll('button')].find(({ innerText }) => innerText.includes('${name}')).click()`,
    );
  /** Opens the panel of a window as a click in one of the extension's pages does. */
  const openPanel = async (windowId: number | undefined) => {
    await options.evaluate((id) => {
      const { chrome } = globalThis as unknown as {
        chrome: { sidePanel: { open(where: { windowId: number | undefined }): Promise<void> } };
      };
      const button = document.createElement('button');
      button.id = 'open-panel';
      button.style.cssText = 'position: fixed; inset: 0; z-index: 9';
      button.onclick = () => {
        button.remove();
        void chrome.sidePanel.open({ windowId: id });
      };
      document.body.append(button);
    }, windowId);
    await options.locator('#open-panel').click();
    return attachRaw(browser.context, address('sidepanel'));
  };
  const openPopup = async (windowId: number | undefined) => {
    await browser.worker.evaluate(async (id) => {
      const { chrome } = globalThis as unknown as {
        chrome: {
          windows: { update(id: number | undefined, what: object): Promise<unknown> };
          action: { openPopup(where: { windowId: number | undefined }): Promise<void> };
        };
      };
      await chrome.windows.update(id, { focused: true });
      await chrome.action.openPopup({ windowId: id });
    }, windowId);
    return attachRaw(browser.context, address('popup'));
  };

  beforeAll(async () => {
    const engine = scriptedEngine(async (job, onText) => {
      onText(`You said: ${String(job.messages.at(-1)?.content)}.`);
      return { finish: 'stop', promptTokens: 1, completionTokens: 3 };
    });
    world = await startSealedWorld(engine);
    browser = await startExtensionBrowser('e2e', (folder) =>
      writeFile(`${folder}/waxseal-domain.json`, world.domain),
    );
    const welcome = await browser.open('welcome');
    await welcome.evaluate(`(async () => {
      await chrome.runtime.sendMessage({ type: 'settings/seal', body: { seal: 'AAECAwQFBgcICQoLDA0ODw==' } });
      await chrome.runtime.sendMessage({ type: 'settings/first-run', body: {} });
    })()`);
    options = await browser.open('options');
    windows = (await options.evaluate(`(async () => {
      const { id } = await chrome.windows.getCurrent();
      await chrome.windows.create({ url: 'about:blank' });
      return [id, ...(await chrome.windows.getAll()).map((one) => one.id).filter((one) => one !== id)];
    })()`)) as number[];
    await options.bringToFront();
    first = await openPanel(windows[0]);
    second = await openPanel(windows[1]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('chat, each panel for its own window', async () => {
    for (const [panel, words] of [
      [first, 'the first window'],
      [second, 'the second window'],
    ] as const) {
      await expect.poll(() => text(panel), patient).toContain('Try it with something harmless');
      await panel.evaluate(`document.querySelector('textarea').focus()`);
      await panel.type(words);
      await expect.poll(() => text(panel), patient).toContain(`You said: ${words}.`);
    }
    expect(await text(first)).not.toContain('the second window');
  });

  it('agree: the popup says of the window what its panel says', async () => {
    const popup = await openPopup(windows[1]);
    await expect.poll(() => text(popup), patient).toContain('Simulated, not private');
    expect(await text(popup)).toContain('See the checks');
  });

  it('open the chain at the chat of that window, and leave the other panel alone', async () => {
    const popup = await openPopup(windows[1]).catch(() => null);
    if (popup === null) throw new Error('no popup');
    await expect.poll(() => text(popup), patient).toContain('See the checks');
    await press(popup, 'See the checks');
    await expect.poll(() => text(second), patient).toContain('Each link vouches for the next');
    expect(await text(first)).toContain('You said: the first window.');
    expect(await text(first)).not.toContain('Each link vouches for the next');
    await second.evaluate(`document.querySelector('.chain-head button').click()`);
    await expect.poll(() => text(second), patient).toContain('You said: the second window.');
  });

  it('take up the chat of a page’s box when it is moved there, and the box is empty then', async () => {
    const site = await startStaticSite({
      '/': '<!doctype html><body><textarea placeholder="Message parley" style="position:fixed;bottom:20px;width:600px"></textarea>',
    });
    expect(await browser.ask('grants/add', { site: site.origin })).toMatchObject({ ok: true });
    for (const panel of [first, second]) {
      await panel.evaluate(`document.querySelector('.header-new').click()`);
      await expect.poll(() => text(panel), patient).toContain('Try it with something harmless');
    }
    const opened = browser.context.waitForEvent('page');
    await options.evaluate(`chrome.tabs.create({ windowId: ${windows[0]}, url: '${site.origin}' })`);
    const page = await opened;
    const frame = () => page.frames().find((one) => one.url().endsWith('/composer.html'));
    await expect.poll(() => frame()?.locator('textarea').count(), patient).toBe(1);
    await frame()?.locator('textarea').fill('begun in the box');
    // While the check runs, Enter would send nothing.
    await frame()?.locator('button.send:enabled').waitFor(patient);
    await frame()?.locator('textarea').press('Enter');
    await expect.poll(() => frame()?.locator('.took').count(), patient).toBe(1);
    await frame()?.getByRole('button', { name: 'Open the side panel' }).click();
    await expect.poll(() => text(first), patient).toContain('You said: begun in the box.');
    expect(await text(second)).not.toContain('begun in the box');
    await expect.poll(() => frame()?.locator('body').innerText(), patient).not.toContain('begun in the box');
    await page.close();
    site.close();
  });

  it('part again: a panel that was closed is no longer spoken for', async () => {
    // The page is gone before it could answer.
    void second.evaluate('window.close()');
    const panels = () =>
      browser.worker.evaluate(
        `chrome.runtime.getContexts({ contextTypes: ['SIDE_PANEL'] }).then(({ length }) => length)`,
      );
    await expect.poll(panels, patient).toBe(1);
    const popup = await openPopup(windows[1]);
    await expect.poll(() => text(popup), patient).toContain('Not used here');
  });
});
