/**
 * What pictures would show, asked of the pictures themselves: which colours a state fills, that nothing is cut
 * off or hidden in narrow, enlarged, mirrored and longer copies, that no text is outside the message files.
 */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as fixture from './gallery/fixtures.ts';
import { scenes } from './gallery/scenes.tsx';
import { type Gallery, serveGallery } from './gallery/serve.ts';
import { showScene } from './gallery/show.ts';

const executablePath = process.env.WAXSEAL_CHROMIUM ?? '/usr/bin/chromium';
const here = existsSync(executablePath);
if (!here) console.log(`skipped: no Chromium at ${executablePath}`);
const slow = process.env.SLOW === '1';

describe.skipIf(!here)('the looks', { timeout: 240_000 }, () => {
  let gallery: Gallery;
  let browser: Browser;
  beforeAll(async () => {
    gallery = await serveGallery();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gallery?.close();
  });

  const newPage = (options: BrowserContextOptions = {}) =>
    browser.newPage({ timezoneId: 'UTC', reducedMotion: 'reduce', ...options });
  const show = async (page: Page, name: string, query = '', size?: { width: number; height: number }) => {
    const scene = scenes[name];
    if (scene === undefined) throw new Error(`no scene ${name}`);
    // Scenes press buttons by their English names; in other words these two open what is to be seen.
    const press = query === '' ? (scene.press ?? []) : [];
    await showScene(page, gallery.address, name, { ...scene, ...size, press }, query);
    if (query !== '' && name === 'drawer') await page.locator('.setup').click();
    if (query === '' || !name.startsWith('chain')) return;
    const failed = page.locator('.actions .button').nth(1);
    await (name === 'chain-failed' ? failed : page.locator('button.verdict')).click();
    await unfoldLink(page, 1);
  };

  const links = '.link-button, .wide-button';
  /** Opens one link of the chain, and all that is folded in it. */
  async function unfoldLink(page: Page, at: number) {
    const link = page.locator(links).nth(at);
    const isOpen = (await link.getAttribute('aria-expanded')) ?? (await link.getAttribute('aria-pressed'));
    if (isOpen !== 'true') await link.click();
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) if (one instanceof HTMLDetailsElement) one.open = true;
    });
  }

  /** Shares of a picture that are exactly of the tokens' colours. */
  async function shares(page: Page, tokens: readonly string[]): Promise<Record<string, number>> {
    const picture = (await page.screenshot()).toString('base64');
    return page.evaluate(
      async ({ picture, tokens }) => {
        const image = new Image();
        image.src = `data:image/png;base64,${picture}`;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext('2d');
        context?.drawImage(image, 0, 0);
        const { data } = context?.getImageData(0, 0, image.width, image.height) ?? { data: [] };
        const pixels = new Map<number, number>();
        for (let at = 0; at < data.length; at += 4) {
          const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
          pixels.set(colour, (pixels.get(colour) ?? 0) + 1);
        }
        const probe = document.createElement('i');
        document.body.append(probe);
        const found = tokens.map((token) => {
          probe.style.color = `var(--${token})`;
          const [r = 0, g = 0, b = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number);
          return [token, (pixels.get((r << 16) | (g << 8) | b) ?? 0) / (data.length / 4)];
        });
        probe.remove();
        return Object.fromEntries(found);
      },
      { picture, tokens },
    );
  }

  /** What the dark theme is looked at by, outside of a slow run: one scene for each colour that means something. */
  const inDark = ['chat', 'failed', 'fork', 'clock', 'simulated'];
  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    /** Scene, tokens that fill at least that much of it, tokens that are nowhere in it. */
    const main: readonly [scene: string, fills: { [token: string]: number }, nowhere: readonly string[]][] = [
      ['chat', { paper: 0.4, seal: 0.0005 }, ['alarm', 'alarm-tint', 'alarm-solid', 'warn', 'sim']],
      ['checking', { paper: 0.6 }, ['alarm', 'alarm-solid', 'warn', 'sim']],
      ['failed', { 'alarm-tint': 0.1, alarm: 0.001 }, ['alarm-solid', 'warn', 'sim']],
      ['fork', { 'alarm-solid': 0.7 }, ['paper', 'seal', 'warn', 'sim']],
      ['cannot-reach', { paper: 0.5 }, ['alarm', 'alarm-tint', 'alarm-solid', 'warn', 'sim']],
      ['no-answer', { paper: 0.5 }, ['alarm', 'alarm-tint', 'alarm-solid', 'warn', 'sim']],
      ['clock', { warn: 0.001 }, ['alarm', 'alarm-tint', 'alarm-solid', 'sim']],
      ['update', { warn: 0.001 }, ['alarm', 'alarm-tint', 'alarm-solid', 'sim']],
      ['papers', { warn: 0.001 }, ['alarm', 'alarm-tint', 'alarm-solid', 'sim']],
      ['simulated', { sim: 0.001, 'sim-tint': 0.02 }, ['alarm', 'alarm-solid', 'warn']],
      ['frame-open', { flap: 0.04, surface: 0.1 }, ['alarm', 'alarm-solid', 'warn', 'sim']],
      ['popup-sealed', { seal: 0.003 }, ['alarm', 'alarm-solid', 'warn', 'sim']],
      ['popup-fork', { 'alarm-solid': 0.5 }, ['seal', 'warn', 'sim']],
      ['chain', { seal: 0.001 }, ['alarm', 'alarm-solid', 'warn', 'sim']],
      ['options-trust', { warn: 0.0001 }, ['alarm', 'alarm-solid']],
    ];
    let page: Page;
    beforeAll(async () => {
      page = await newPage({ colorScheme });
    });
    afterAll(() => page?.close());
    const looked = colorScheme === 'light' || slow ? main : main.filter(([name]) => inDark.includes(name));
    test.each(looked)('%s shows the colours of its state and no other', async (name, fills, nowhere) => {
      await show(page, name);
      const found = await shares(page, [...Object.keys(fills), ...nowhere]);
      for (const [token, least] of Object.entries(fills)) expect(found[token], token).toBeGreaterThan(least);
      for (const token of nowhere) expect(found[token], token).toBeLessThan(0.00003);
    });
  });

  const narrow = Object.entries(scenes).filter(([, { width }]) => width <= 380 && width > 320);
  const chosen = slow
    ? Object.keys(scenes)
    : [
        'chat',
        'failed',
        'drawer',
        'too-long',
        'attached',
        'popup-sealed',
        'welcome-4',
        'options-trust',
        'options-refused',
        'options-demands',
        'options-relay',
        'no-answer',
        'chain',
        'chain-failed',
      ];
  /** Ways to look at a scene in which something could be cut off. */
  const hard: readonly [way: string, query: string, halves: boolean][] = [
    ['with copy that is 40 % longer', '&pseudo', false],
    ['in Hebrew, from right to left', '&lang=he', false],
    ['in German', '&lang=de', false],
    ['enlarged to 200 %', '', true],
  ];

  /** Names of what is wider than its place, or outside of the page. */
  const cutOff = (page: Page) =>
    page.evaluate(() => {
      const root = document.scrollingElement ?? document.documentElement;
      const wide = root.scrollWidth > root.clientWidth + 1 ? [`page: ${root.scrollWidth}`] : [];
      const controls = [
        ...document.querySelectorAll<HTMLElement>('button, a, label, input, textarea, h1, h2'),
      ];
      const found = controls.flatMap((control) => {
        const { left, right, width } = control.getBoundingClientRect();
        const hidden = control.closest('.visually-hidden, pre') !== null || width <= 1;
        const outside = left < -1 || right > innerWidth + 1;
        const clipped =
          getComputedStyle(control).overflow !== 'visible' && control.scrollWidth > control.clientWidth + 1;
        return !hidden && (outside || clipped) ? [`${control.className}: ${control.textContent}`] : [];
      });
      return [...wide, ...found];
    });

  test.each(hard)('%s nothing is cut off', async (_way, query, halves) => {
    const page = await newPage();
    for (const name of chosen) {
      const { width = 0, height = 0 } = scenes[name] ?? {};
      // 200 % of 380 pixels would be a panel of 190: browsers make none narrower than 280, and popups fit.
      const least = Math.min(width, width <= 320 ? 320 : 280);
      const size = halves ? { width: Math.max(least, width / 2), height: height / 2 } : { width, height };
      await show(page, name, query, size);
      expect(await cutOff(page), name).toEqual([]);
    }
    await page.close();
  });

  test('in the narrowest panel nothing is cut off', async () => {
    const page = await newPage();
    for (const [name, { height }] of slow ? narrow : narrow.slice(0, 12)) {
      await show(page, name, '', { width: 280, height });
      expect(await cutOff(page), name).toEqual([]);
    }
    await page.close();
  });

  /** Texts of the data that is shown: neither the names of its fields nor what only the report's English says. */
  function valuesOf(data: unknown): string[] {
    if (typeof data === 'string') return [data];
    if (typeof data !== 'object' || data === null) return [];
    return Object.entries(data).flatMap(([key, value]) =>
      key === 'checks' || key === 'sentence' ? [] : valuesOf(value),
    );
  }

  /** Every text and label of a page but what a person or a model wrote, and names out of standards and files. */
  const allSaid = (page: Page) =>
    page.evaluate(() => {
      const texts: string[] = [];
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const given = walk.currentNode.parentElement?.closest(
          '.own p, .answer-text, .chip-name, textarea, pre, bdi.mono',
        );
        if (!given) texts.push(walk.currentNode.textContent ?? '');
      }
      for (const element of document.querySelectorAll('*')) {
        for (const attribute of ['aria-label', 'placeholder', 'title', 'alt']) {
          texts.push(element.getAttribute(attribute) ?? '');
        }
      }
      return texts;
    });

  test('every word comes from the message files or from the data', async () => {
    const words = (text: string) =>
      text
        .replace(/([a-z\d])([A-Z])/g, '$1 $2')
        .toLowerCase()
        .match(/\p{L}{3,}/gu) ?? [];
    /** Names that no language translates, and what `Intl` says. */
    const intl =
      'jan feb mar apr may jun jul aug sept sep oct nov dec minute minutes hour hours day days ago';
    const more =
      'second seconds secs sec byte bytes month months year years and top waxseal english deutsch עברית';
    const known = new Set([
      ...words(
        `${intl} ${more} xargs sha256sum files txt json utf localhost yyyy python typescript text launchDigest`,
      ),
      ...valuesOf(fixture).flatMap(words),
    ]);
    const page = await newPage();
    const foreign: string[] = [];
    for (const name of slow ? Object.keys(scenes) : chosen) {
      await show(page, name, '&pseudo');
      const said = await allSaid(page);
      const count = await page.locator(links).count();
      for (let at = 0; at < count; at++) {
        await unfoldLink(page, at);
        said.push(...(await allSaid(page)));
      }
      for (const text of said) {
        let left = text.replaceAll(/WAX_[A-Z_]+/g, ' ');
        // A message may stand within another.
        while (/⟦[^⟦⟧]*⟧/.test(left)) left = left.replaceAll(/⟦[^⟦⟧]*⟧/g, ' ');
        for (const word of words(left)) if (!known.has(word)) foreign.push(`${name}: ${word} in "${text}"`);
      }
    }
    expect(foreign).toEqual([]);
    await page.close();
  });

  test('without motion nothing moves, and with it the seal still does not', async () => {
    const moving = (page: Page) =>
      page.evaluate(() =>
        document.getAnimations().map((animation) => {
          const target = animation.effect instanceof KeyframeEffect ? animation.effect.target : null;
          return target?.getAttribute('class') ?? '';
        }),
      );
    const still = await newPage();
    await show(still, 'streaming');
    expect(await moving(still)).toEqual([]);
    await still.close();
    const lively = await newPage({ reducedMotion: 'no-preference' });
    await show(lively, 'checking');
    const names = await moving(lively);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.includes('seal'))).toEqual([]);
    await lively.close();
  });

  test('in forced colours every icon keeps its outline and the seal its wax', async () => {
    const page = await newPage({ forcedColors: 'active' });
    await show(page, 'chat');
    expect(await page.locator('.seal-lit').count()).toBe(1);
    const adjust = await page
      .locator('.seal-mark')
      .evaluate((mark) => getComputedStyle(mark).forcedColorAdjust);
    expect(adjust).toBe('none');
    await show(page, 'failed');
    const [icon, text] = await page.evaluate(() => {
      const of = (selector: string) =>
        getComputedStyle(document.querySelector(selector) ?? document.body).color;
      return [of('.header .state-icon'), of('body')];
    });
    expect(icon).toBe(text);
    await page.close();
  });

  test('everything in a chat can be reached and used with the keyboard, and shows that it has it', async () => {
    const page = await newPage();
    await show(page, 'chat-unlit');
    const reached: string[] = [];
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const now = await page.evaluate(() => {
        const element = document.activeElement;
        if (!(element instanceof HTMLElement) || element === document.body) return null;
        const ringed = element.closest('.attach') ?? element.closest('.composer') ?? element;
        const own = getComputedStyle(element).outlineStyle !== 'none';
        const around = getComputedStyle(ringed).outlineStyle !== 'none';
        const name = element.getAttribute('aria-label') ?? element.textContent ?? '';
        return { name: name || element.className || element.tagName, seen: own || around };
      });
      if (now === null) break;
      expect(now.seen, now.name).toBe(true);
      reached.push(now.name);
    }
    const all = await page.evaluate(
      () =>
        [...document.querySelectorAll<HTMLElement>('button, a[href], input, textarea, summary')].filter(
          (element) => !(element as HTMLButtonElement).disabled && element.getClientRects().length > 0,
        ).length,
    );
    expect(new Set(reached).size).toBeGreaterThan(6);
    expect(reached.length).toBeGreaterThanOrEqual(all);
    await page.getByRole('button', { name: 'More' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.menu-list').count()).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.menu-list').count()).toBe(0);
    await page.getByRole('button', { name: 'Model and settings' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('dialog[open]').count()).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog[open]').count()).toBe(0);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await expect.poll(focused).toBe('Model and settings');
    await page.close();
  });
});
