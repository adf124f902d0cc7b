/** Light, dark, or as the browser has it: what pages of the built extension show, and which icon the toolbar gets. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExtensionBrowser, hasChromium, startExtensionBrowser } from '../support/extension-browser.ts';

const patient = { timeout: 20_000 };

describe.skipIf(!hasChromium)('the theme, in the built extension', () => {
  let browser: ExtensionBrowser;
  let page: Page;

  beforeAll(async () => {
    browser = await startExtensionBrowser('e2e');
    // No browser tells which icon a tab has: what is asked of it is written down, and still done.
    await browser.worker.evaluate(() => {
      const scope = globalThis as unknown as {
        icons: string[];
        chrome: { action: { setIcon(details: { path: Record<string, string> }): Promise<void> } };
      };
      scope.icons = [];
      const { action } = scope.chrome;
      const set = action.setIcon.bind(action);
      action.setIcon = async (details) => {
        await set(details);
        scope.icons.push(...Object.values(details.path));
      };
    });
    page = await browser.open('options');
    await page.goto(`${page.url()}#looks`);
    await page.reload();
  }, 120_000);
  afterAll(() => browser?.close());

  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const isDark = async () => {
    const [red = 0, green = 0, blue = 0] = ((await ground()).match(/\d+/g) ?? []).map(Number);
    return red + green + blue < 3 * 128;
  };
  /** The icons that were set last, in both sizes. */
  const icons = async () => {
    const set = await browser.worker.evaluate(() => (globalThis as unknown as { icons: string[] }).icons);
    return set.slice(-2);
  };
  const choose = async (name: string) => {
    await page.getByRole('radio', { name, exact: true }).check();
    await expect.poll(() => page.getByRole('radio', { name, exact: true }).isChecked(), patient).toBe(true);
  };

  it.each([
    ['Light', 'dark', false],
    ['Light', 'light', false],
    ['Dark', 'light', true],
    ['Dark', 'dark', true],
    ['Like the system', 'dark', true],
    ['Like the system', 'light', false],
  ] as const)(
    'that is chosen as %s is shown in a %s browser, at once and after a reload',
    async (name, scheme, dark) => {
      await page.emulateMedia({ colorScheme: scheme });
      await choose(name);
      await expect.poll(isDark, patient).toBe(dark);
      await page.reload();
      await expect.poll(isDark, patient).toBe(dark);
    },
  );

  it('of the browser decides the icon, whatever the pages of Waxseal are shown in', async () => {
    await choose('Light');
    for (const scheme of ['dark', 'light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await expect
        .poll(icons, patient)
        .toEqual([`/icons/off-${scheme}-16.png`, `/icons/off-${scheme}-32.png`]);
      for (const path of await icons()) expect(existsSync(join(browser.folder, path)), path).toBe(true);
    }
  });
});
