/** Every scene of the gallery in a real browser, under the extension's own content security policy. */
import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scenes } from './gallery/scenes.tsx';
import { type Gallery, serveGallery } from './gallery/serve.ts';
import { showScene } from './gallery/show.ts';

const executablePath = process.env.WAXSEAL_CHROMIUM ?? '/usr/bin/chromium';
const here = existsSync(executablePath);
if (!here) console.log(`skipped: no Chromium at ${executablePath}`);

/** One scene for each kind of surface and colour; SLOW=1 looks at all of them, in light and in dark. */
const typical = [
  'chat',
  'simulated',
  'failed',
  'fork',
  'chain',
  'frame-open',
  'popup-sealed',
  'no-answer',
  'chain-relay',
  'welcome-4',
  'options-trust',
  'options-relay',
  'options-demands',
  'drawer',
  'too-long',
  'history-open',
  'practice',
];

describe.skipIf(!here)('the gallery', () => {
  let gallery: Gallery;
  let browser: Browser;
  const contexts = new Map<string, BrowserContext>();
  const complaints: string[] = [];

  beforeAll(async () => {
    gallery = await serveGallery();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    for (const colorScheme of ['light', 'dark'] as const) {
      contexts.set(
        colorScheme,
        await browser.newContext({ colorScheme, timezoneId: 'UTC', reducedMotion: 'reduce' }),
      );
    }
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gallery?.close();
  });

  async function open(name: string, theme = 'light'): Promise<Page> {
    const page = await contexts.get(theme)?.newPage();
    const scene = scenes[name];
    if (page === undefined || scene === undefined) throw new Error(`no scene ${name}`);
    complaints.length = 0;
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      const icon = message.location().url.endsWith('/favicon.ico');
      if (message.type() === 'error' && !icon) complaints.push(message.text());
    });
    await showScene(page, gallery.address, name, scene);
    return page;
  }

  async function violations(page: Page): Promise<string[]> {
    const { violations: found } = await new AxeBuilder({ page })
      .setLegacyMode(true)
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
  }

  const names = process.env.SLOW === '1' ? Object.keys(scenes) : typical;
  const dark =
    process.env.SLOW === '1' ? names : ['chat', 'failed', 'fork', 'no-answer', 'options-demands', 'practice'];
  const looks = [
    ...names.map((name) => [name, 'light'] as const),
    ...dark.map((name) => [name, 'dark'] as const),
  ];
  test.each(looks)(
    '%s, %s: no accessibility violation, no error, nothing against the policy',
    async (name, theme) => {
      const page = await open(name, theme);
      expect(await violations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.close();
    },
    120_000,
  );

  test('the seal is lit only while the keyboard is in the composer', async () => {
    const page = await open('chat-unlit');
    const lit = page.locator('.seal-lit');
    expect(await lit.count()).toBe(0);
    await page.locator('textarea').focus();
    await lit.waitFor();
    await page.getByRole('button', { name: 'New chat' }).focus();
    expect(await lit.count()).toBe(0);
    await page.close();
  });

  test('the seal goes out in the same moment in which the window loses the keyboard', async () => {
    const page = await open('chat');
    await page.locator('.seal-lit').waitFor();
    const left = await page.evaluate(async () => {
      dispatchEvent(new FocusEvent('blur'));
      await new Promise(requestAnimationFrame);
      return document.querySelectorAll('.seal-lit').length;
    });
    expect(left).toBe(0);
    await page.close();
  });

  test('the text field tells nobody what is typed: no spelling service, no suggestions, no translation', async () => {
    const page = await open('chat-unlit');
    const field = page.locator('textarea');
    for (const [name, value] of [
      ['spellcheck', 'false'],
      ['writingsuggestions', 'false'],
      ['autocomplete', 'off'],
      ['translate', 'no'],
    ] as const) {
      expect(await field.getAttribute(name), name).toBe(value);
    }
    await page.close();
  });

  test('a link shows its full address before anything opens, and hides it on Escape', async () => {
    const page = await open('link');
    const address = page.locator('.link-address');
    expect(await address.textContent()).toBe('https://xn--bcher-kva.example/a%20b?q=1');
    const link = page.getByRole('link', { name: 'Open' });
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    await page.keyboard.press('Escape');
    expect(await address.count()).toBe(0);
    await page.close();
  });

  test('the chain opens a link of its own accord only where it broke', async () => {
    const broken = await open('chain-failed');
    expect(await broken.locator('.evidence').count()).toBe(1);
    expect(await broken.locator('.link-holds').count()).toBe(2);
    await broken.close();
  });

  test('a fork fills the surface and leaves no way to write', async () => {
    const page = await open('fork', 'dark');
    expect(await page.locator('textarea').count()).toBe(0);
    const colour = await page.locator('main').evaluate((main) => getComputedStyle(main).backgroundColor);
    expect(colour).toBe('rgb(180, 33, 29)');
    await page.close();
  });

  test('every control is large enough to hit', async () => {
    const page = await open('chat');
    const sizes = await page.locator('button:visible').evaluateAll((buttons) =>
      buttons
        .filter((button) => !button.classList.contains('link'))
        .map((button) => {
          const { width, height } = button.getBoundingClientRect();
          return { name: button.textContent || button.ariaLabel, width, height };
        }),
    );
    expect(sizes.filter(({ width, height }) => Math.min(width, height) < 32)).toEqual([]);
    await page.close();
  });
});
