import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { FastifyInstance } from 'fastify';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../demo/chromium.ts';
import { buildExplorer } from '../../scripts/build-explorer.ts';
import { releaseFields } from '../support/log-builder.ts';
import { LogWorld, submit } from '../support/log-server.ts';

const executablePath = chromiumPath();
if (!executablePath) process.stderr.write('skipped: no Chromium for the explorer page\n');

describe.skipIf(!executablePath)('the explorer page', { timeout: 120_000 }, () => {
  let world: LogWorld;
  let app: FastifyInstance;
  let browser: Browser;
  let folder: string;
  let url: string;
  let pages: Page[] = [];
  const launchDigest = '9c41e07a'.padEnd(96, '5');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-explorer-'));
    await buildExplorer(folder);
    world = await LogWorld.create();
    app = await world.start({ explorer: folder });
    const { builder } = world;
    const real = { 'sev-snp': [{ shape: '4 vCPU', registers: { launchDigest } }] };
    const first = await submit(
      app,
      await builder.entry('release', releaseFields(builder.now, { product: 'old-one' })),
    );
    const { index, statementSha256 } = first.json();
    await submit(
      app,
      await builder.entry(
        'release',
        releaseFields(builder.now, { product: 'fernhill', version: 37, measurements: real }),
      ),
    );
    await submit(
      app,
      await builder.entry('release', releaseFields(builder.now, { product: 'drafts', version: 12 })),
    );
    await submit(
      app,
      await builder.entry('status', { action: 'revoke', index, statementSha256, reason: 'test' }),
    );
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    browser = await chromium.launch({ executablePath: executablePath ?? '' });
  });
  afterEach(async () => {
    for (const page of pages) await page.context().close();
    pages = [];
  });
  afterAll(async () => {
    await browser?.close();
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(
    path: string,
    options: BrowserContextOptions = {},
    prepare?: (page: Page) => Promise<unknown>,
  ) {
    const page = await (await browser.newContext(options)).newPage();
    pages.push(page);
    await prepare?.(page);
    await page.goto(url + path);
    if (options.javaScriptEnabled !== false)
      await page.waitForSelector('.verdict:not(.verdict-checking, .verdict-unchecked)');
    return page;
  }

  const verdict = (page: Page) => page.locator('#verdict').innerText();

  it('says that it checked everything, and shows what is approved', async () => {
    const page = await open('/');
    expect(await verdict(page)).toContain('Checked in your browser just now.');
    expect(await verdict(page)).toContain('all 5 entries');
    expect(await verdict(page)).toContain('3 of 3 witnesses');
    const rows = await page.locator('.approved tbody tr').allInnerTexts();
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('drafts');
    expect(rows[1]).toContain('fernhill 37');
    expect(rows[1]).toContain('9c41e07a');
    expect(rows[1]).toContain('publisher-0, publisher-1');
  });

  it('names what was taken back, when, by whom and why, apart from what is approved', async () => {
    const page = await open('/');
    expect(await page.locator('.taken-back li').allInnerTexts()).toEqual([
      expect.stringMatching(/^old-one 1\s+Revoked on .* by publisher-0: test$/),
    ]);
    expect(await page.locator('.approved').innerText()).not.toContain('old-one');
  });

  it('says "simulated, not private" of what only the simulator can be, and never gives it the filled seal', async () => {
    const page = await open('/');
    const [simulated, real] = await page.locator('.approved tbody tr').all();
    expect(await simulated?.innerText()).toContain('simulated, not private');
    expect(await simulated?.locator('.tone-sim').count()).toBeGreaterThan(0);
    expect(await simulated?.locator('.tone-seal').count()).toBe(0);
    expect(await real?.locator('.tone-seal').count()).toBe(1);
  });

  it('shows an entry with its signers and a proof that can be checked again', async () => {
    const page = await open('/');
    await page.getByRole('link', { name: 'fernhill 37', exact: true }).click();
    expect(page.url()).toBe(`${url}/entry/2`);
    expect(await page.locator('h1').innerText()).toBe('Release 37 of fernhill was approved');
    expect(await page.locator('.entry').innerText()).toContain('9c41e07a 55555555');
    expect(await page.locator('.entry-left .witness').allInnerTexts()).toEqual([
      expect.stringMatching(/^publisher-0\s+signed$/),
      expect.stringMatching(/^publisher-1\s+signed$/),
      expect.stringMatching(/^publisher-2\s+has not signed$/),
    ]);
    await page.getByRole('button', { name: 'Check again' }).click();
    expect(await page.locator('.pill').innerText()).toMatch(/^verified in \d+ ms$/);
    await page.goBack();
    expect(await page.locator('h1').innerText()).toBe('What is approved right now');
  });

  it('gives the signed original and the proof out of what it checked', async () => {
    const page = await open('/entry/2');
    const saved = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name }).click(),
      ]);
      const chunks = await (await download.createReadStream()).toArray();
      return Buffer.concat(chunks);
    };
    const { entry } = (await app.inject('/api/v1/entries/2')).json();
    expect((await saved('Signed original')).toString('base64')).toBe(entry);
    expect((await saved('Proof')).toString()).toBe((await app.inject('/api/v1/entries/2/proof')).body);
  });

  it('says of a revoked release that it is not live', async () => {
    const page = await open('/entry/1');
    expect(await page.locator('.lead').innerText()).toContain('It is no longer live: revoked on');
  });

  it('searches by fingerprint and by name without telling the server', async () => {
    const page = await open('/search');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const input = page.getByRole('searchbox');
    await input.fill('9c41e07a');
    expect(await page.locator('.results').innerText()).toContain('Looks like a fingerprint. 1 entry.');
    expect(await page.locator('mark').innerText()).toBe('9c41e07a');
    await input.fill('drafts 12');
    expect(await page.locator('.hit').allInnerTexts()).toEqual([
      expect.stringContaining('Release 12 of drafts'),
    ]);
    await input.fill('nothing-like-it');
    expect(await page.locator('.results').innerText()).toContain('0 entries.');
    // The browser may look for the page's icon whenever the address changes.
    expect(asked.filter((address) => !address.endsWith('/brand.svg'))).toEqual([]);
  });

  const alarms: [string, string, (page: Page) => Promise<unknown>][] = [
    [
      'an entry was changed',
      'WAX_EXPLORER_ROOT',
      (page) =>
        page.route('**/tile/entries/**', async (route) => {
          const response = await route.fetch();
          const body = await response.body();
          body[body.length - 20] = (body[body.length - 20] ?? 0) ^ 1;
          await route.fulfill({ response, body });
        }),
    ],
    [
      'witnesses are missing',
      'WAX_EXPLORER_QUORUM',
      (page) =>
        page.route('**/checkpoint', async (route) => {
          const response = await route.fetch();
          const lines = (await response.text()).split('\n').filter((line) => !/^— witness-[01]/.test(line));
          await route.fulfill({ response, body: lines.join('\n') });
        }),
    ],
    [
      'the size was changed under the signature',
      'WAX_LOG_SIGNATURE',
      (page) =>
        page.route('**/checkpoint', async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: (await response.text()).replace('\n5\n', '\n4\n') });
        }),
    ],
    [
      'the log does not answer',
      'WAX_EXPLORER_UNREACHABLE',
      (page) => page.route('**/checkpoint', (route) => route.abort()),
    ],
  ];
  it.each(alarms)('shows nothing but the reason when %s', async (_, code, prepare) => {
    const page = await open('/', {}, prepare);
    expect(await verdict(page)).toContain('Not verified.');
    expect(await verdict(page)).toContain(code);
    expect(await page.locator('main').innerText()).toBe('');
  });

  it('says that the witnesses have been silent for too long', async () => {
    const page = await open('/', {}, (fresh) => fresh.clock.install({ time: Date.now() + 30 * 3_600_000 }));
    expect(await verdict(page)).toContain('Checked, and too old to rely on.');
  });

  describe('without JavaScript', () => {
    const still = { javaScriptEnabled: false };

    it('says that nothing was checked in the browser, and gives what the server says no green seal', async () => {
      const page = await open('/', still);
      expect(await verdict(page)).toContain('Not checked in your browser.');
      const colour = (selector: string) =>
        page.locator(selector).evaluate((element) => getComputedStyle(element).color);
      expect(await colour('.approved .tone-seal')).toBe(await colour('.approved thead th >> nth=0'));
      expect(await page.locator('#verdict').evaluate((line) => getComputedStyle(line).backgroundColor)).toBe(
        'rgb(251, 241, 221)',
      );
    });

    it('tells what is approved, since when, by whom, and what was taken back', async () => {
      const page = await open('/', still);
      const rows = await page.locator('.approved tbody tr').allInnerTexts();
      expect(rows).toHaveLength(2);
      expect(rows[1]).toMatch(
        /^\s*fernhill 37\s+tiny\s+\d+ \w+ \d{4}\s+\d+ \w+ \d{4}\s+2 of 3\s+publisher-0, publisher-1/,
      );
      expect(await page.locator('.taken-back').innerText()).toContain('by publisher-0: test');
      expect(await page.locator('.growth-chart.wide svg').isVisible()).toBe(true);
      expect(await page.locator('.growth-chart.narrow svg').isVisible()).toBe(false);
    });

    it('leads to an entry, its signed original and its proof', async () => {
      const page = await open('/', still);
      await page.getByRole('link', { name: 'fernhill 37', exact: true }).click();
      expect(await page.locator('h1').innerText()).toBe('Release 37 of fernhill was approved');
      expect(await page.locator('.pill').innerText()).toBe('not checked here');
      expect(await page.getByRole('button', { name: 'Check again' }).count()).toBe(0);
      const { entry } = (await app.inject('/api/v1/entries/2')).json();
      const saved = async (name: string) => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('link', { name }).click(),
        ]);
        return Buffer.concat(await (await download.createReadStream()).toArray());
      };
      expect((await saved('Signed original')).toString('base64')).toBe(entry);
      expect((await saved('Proof')).toString()).toBe((await app.inject('/api/v1/entries/2/proof')).body);
    });

    it('searches with a form, by the keyboard alone', async () => {
      const page = await open('/', still);
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').innerText()).toBe('Skip to the content');
      for (let presses = 0; presses < 3; presses++) await page.keyboard.press('Tab');
      await page.keyboard.type('9c41e07a');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${url}/search?q=9c41e07a`);
      expect(await page.locator('.results').innerText()).toContain('Looks like a fingerprint. 1 entry.');
      expect(await page.locator('.results').innerText()).toContain('ran on the log’s server');
      expect(await page.getByRole('searchbox').inputValue()).toBe('9c41e07a');
    });
  });

  it('finds the same on the server and in the browser', async () => {
    const queries = ['9c41e07a', 'drafts 12', 'publisher-0', 'revoked', 'fern', '37', '3', 'tiny', 'example'];
    const still = await open('/', { javaScriptEnabled: false });
    const page = await open('/search');
    for (const query of queries) {
      await still.goto(`${url}/search?q=${encodeURIComponent(query)}`);
      await page.getByRole('searchbox').fill(query);
      const found = await page.locator('.hit').allInnerTexts();
      expect(await still.locator('.hit').allInnerTexts(), query).toEqual(found);
    }
    await page.getByRole('searchbox').fill('fern');
    expect(await page.locator('.hit').count()).toBe(1);
    await page.getByRole('searchbox').fill('3');
    expect(await page.locator('.hit').count()).toBe(0);
  });

  it('shows in the browser what the server wrote, word for word', async () => {
    for (const path of ['/', '/entries', '/entry/4', '/entry/0']) {
      const words = async (options: BrowserContextOptions) =>
        (await (await open(path, options)).locator('main').innerText())
          .replaceAll(/just now|\d+ minutes? ago/g, '…')
          // Only what was checked says so.
          .replaceAll(/verified in \d+ ms|not checked here|Check again|root .+/g, '')
          .replaceAll(/\s+/g, ' ');
      expect(await words({ javaScriptEnabled: false }), path).toBe(await words({}));
    }
  });

  it('runs under a policy that allows no inline code, and asks nobody else', async () => {
    const { headers, body } = await app.inject('/entry/3');
    expect(headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers['content-security-policy']).toContain("trusted-types 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(body).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style="/);
    const problems: string[] = [];
    const hosts = new Set<string>();
    await open('/entry/2', {}, async (page) => {
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    });
    expect(problems).toEqual([]);
    expect([...hosts]).toEqual([url]);
  });

  it.each([
    ['with', true],
    ['without', false],
  ] as const)(
    'passes the accessibility checks %s JavaScript, in light and dark',
    { timeout: 300_000 },
    async (_, scripts) => {
      const page = await (await browser.newContext()).newPage();
      pages.push(page);
      // Axe is a script: only the page's own is kept away, which leaves what there is without any.
      if (!scripts) await page.route('**/explorer.js', (route) => route.abort());
      const violations = async (axe: AxeBuilder) =>
        (await axe.analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      for (const [path, width] of [
        ['/', 1200],
        ['/entry/2', 1200],
        ['/search?q=fernhill', 390],
        ['/entries', 390],
      ] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme: 'light' });
        await page.goto(url + path);
        await page.waitForSelector(scripts ? '.verdict-passed' : '.verdict-unchecked');
        expect(await violations(new AxeBuilder({ page }))).toEqual([]);
        // Only colours differ in the dark.
        await page.emulateMedia({ colorScheme: 'dark' });
        expect(await violations(new AxeBuilder({ page }).withRules('color-contrast'))).toEqual([]);
      }
    },
  );

  it('fits a screen of 320 pixels', async () => {
    const page = await open('/', { viewport: { width: 320, height: 640 } });
    for (const path of ['/', '/entry/2', '/search?q=9c41e07a', '/entries']) {
      await page.goto(url + path);
      await page.waitForSelector('.verdict-passed');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    }
  });
});
