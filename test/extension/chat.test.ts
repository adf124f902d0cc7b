import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyCommand } from '../../bin/commands/verify.ts';
import { engineError } from '../../enclave-server/engine/errors.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { type ExtensionBrowser, hasChromium, startExtensionBrowser } from '../support/extension-browser.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';
import { type StaticSite, startStaticSite } from '../support/static-site.ts';

const webChat = `<!doctype html><title>parley</title><body style="margin:0;min-height:100vh">
<textarea placeholder="Message parley" style="position:fixed;bottom:20px;left:280px;width:600px"></textarea></body>`;
const patient = { timeout: 20_000 };

describe.skipIf(!hasChromium)('a chat in the built extension', () => {
  const prompts: string[] = [];
  let world: SealedWorld;
  let browser: ExtensionBrowser;
  let site: StaticSite;
  let page: Page;

  beforeAll(async () => {
    const engine = scriptedEngine(async (job, onText) => {
      prompts.push(JSON.stringify(job));
      onText(
        prompts.at(-1)?.includes('in print') ? '**Wax** &amp; paper &hellip; &nosuch;' : 'A sealed answer.',
      );
      if (prompts.at(-1)?.includes('break off')) throw engineError('WAX_ENGINE_FAILED');
      return { finish: 'stop', promptTokens: 1, completionTokens: 3 };
    });
    [world, site] = await Promise.all([startSealedWorld(engine), startStaticSite({ '/': webChat })]);
    browser = await startExtensionBrowser('e2e', (folder) =>
      writeFile(join(folder, 'waxseal-domain.json'), world.domain),
    );
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
    site?.close();
  });
  afterEach(() => page.close());

  const text = (place: Page | Frame) => place.evaluate(() => document.body.innerText);
  const say = async (place: Page | Frame, words: string) => {
    await place.locator('textarea').click();
    await page.keyboard.type(words);
    await page.keyboard.press('Enter');
  };

  it('begins with the choice of a seal, and asks the service nothing before it', async () => {
    page = await browser.context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`chrome-extension://${browser.id}/sidepanel.html`);
    await expect.poll(() => text(page), patient).toContain('Pick a seal');
    expect(asked.filter((url) => url.startsWith(world.service))).toEqual([]);
    await page.goto(`chrome-extension://${browser.id}/welcome.html`);
    const set = await page.evaluate(async () => {
      const { chrome } = globalThis as unknown as {
        chrome: { runtime: { sendMessage(message: unknown): Promise<{ ok: boolean }> } };
      };
      const seal = { type: 'settings/seal', body: { seal: 'AAECAwQFBgcICQoLDA0ODw==' } };
      const { ok } = await chrome.runtime.sendMessage(seal);
      return ok && (await chrome.runtime.sendMessage({ type: 'settings/first-run', body: {} })).ok;
    });
    expect(set).toBe(true);
  });

  it('is checked, sealed and answered in the panel, and no word of it is in what is sent', async () => {
    page = await browser.context.newPage();
    const bodies: string[] = [];
    page.on('request', (request) => bodies.push(request.postDataBuffer()?.toString('latin1') ?? ''));
    await page.goto(`chrome-extension://${browser.id}/sidepanel.html`);
    await expect.poll(() => text(page), patient).toContain('Try it with something harmless');
    await say(page, 'my secret question');
    await expect.poll(() => text(page), patient).toContain('A sealed answer.');
    expect(prompts.at(-1)).toContain('my secret question');
    expect(bodies.some((body) => body.startsWith('WXSQ'))).toBe(true);
    expect(bodies.join()).not.toContain('secret');
    expect((await browser.toolbar(page.url())).badge).toBe('SIM');
  });

  it('draws an answer with character references as Markdown: nothing asks the page’s parser', async () => {
    page = await browser.context.newPage();
    await page.goto(`chrome-extension://${browser.id}/sidepanel.html`);
    await expect.poll(() => text(page), patient).toContain('Try it with something harmless');
    await say(page, 'say it in print');
    await expect.poll(() => text(page), patient).toContain('Wax & paper … &nosuch;');
    expect(await page.locator('.answer-text strong').allInnerTexts()).toEqual(['Wax']);
  });

  it('saves a receipt of the answer, without its text, that the command line checks', async () => {
    page = await browser.context.newPage();
    await page.goto(`chrome-extension://${browser.id}/sidepanel.html`);
    await expect.poll(() => text(page), patient).toContain('Try it with something harmless');
    await say(page, 'a question to be proven');
    await expect.poll(() => text(page), patient).toContain('A sealed answer.');
    const folder = await mkdtemp(join(tmpdir(), 'waxseal-receipt-'));
    try {
      const [receipt, domain] = [join(folder, 'receipt.json'), join(folder, 'domain.json')];
      const download = page.waitForEvent('download');
      await page
        .getByRole('button', { name: 'Save a receipt of this answer, without its text' })
        .click(patient);
      expect((await download).suggestedFilename()).toBe('waxseal-receipt.json');
      await (await download).saveAs(receipt);
      const saved = await readFile(receipt, 'utf8');
      for (const words of ['proven', 'sealed answer']) expect(saved).not.toContain(words);
      await writeFile(domain, world.domain);
      const said: string[] = [];
      const print = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
      const check = (file: string) =>
        verifyCommand.run(['--receipt', file, '--domain', domain, '--allow-simulator', '--json']);
      const good = await check(receipt);
      const { turn, ...rest } = JSON.parse(saved) as { turn: { model: { sha256: string } } };
      const model = { ...turn.model, sha256: '00'.repeat(32) };
      await writeFile(receipt, JSON.stringify({ ...rest, turn: { ...turn, model } }));
      const changed = await check(receipt);
      print.mockRestore();
      expect([good, changed]).toEqual([0, 10]);
      expect(JSON.parse(said[0] ?? '')).toMatchObject({
        verdict: 'pass',
        report: { service: world.service },
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('saves a receipt of an answer that failed in the middle, too', async () => {
    page = await browser.context.newPage();
    await page.goto(`chrome-extension://${browser.id}/sidepanel.html`);
    await expect.poll(() => text(page), patient).toContain('Try it with something harmless');
    await say(page, 'begin, then break off');
    const download = page.waitForEvent('download');
    await page
      .locator('.notice')
      .getByRole('button', { name: 'Save a receipt of this answer, without its text' })
      .click(patient);
    const { turn } = JSON.parse(await readFile(await (await download).path(), 'utf8'));
    expect(turn).toMatchObject({ outcome: 'failed', model: null });
  });

  it('works in the sealed box over a web chat, which learns nothing of it', async () => {
    expect(await browser.ask('grants/add', { site: site.origin })).toMatchObject({ ok: true });
    page = await browser.context.newPage();
    await page.goto(site.origin);
    const frameOf = () => page.frames().find((frame) => frame.url().startsWith('chrome-extension://'));
    await expect.poll(() => frameOf() !== undefined, patient).toBe(true);
    const frame = frameOf() as Frame;
    await expect.poll(() => text(frame), patient).toContain('Simulated');
    await expect.poll(() => frame.locator('textarea').count(), patient).toBe(1);
    await page.evaluate(`window.heard = [];
      for (const type of ['keydown', 'input', 'message', 'paste']) addEventListener(type, (e) => heard.push(type), true)`);
    await say(frame, 'another secret');
    await expect.poll(() => text(frame), patient).toContain('A sealed answer.');
    expect(prompts.at(-1)).toContain('another secret');
    expect(await page.evaluate('window.heard')).toEqual([]);
    expect(await page.evaluate('document.documentElement.outerHTML')).not.toContain('secret');
    expect((await browser.toolbar(page.url())).badge).toBe('SIM');
  });

  it('is nobody any more once its tab has gone to a page that we are not let into', async () => {
    page = await browser.context.newPage();
    await page.goto(site.origin);
    const frameOf = () => page.frames().find((frame) => frame.url().startsWith('chrome-extension://'));
    await expect.poll(() => frameOf() !== undefined, patient).toBe(true);
    await expect.poll(() => text(frameOf() as Frame), patient).toContain('Simulated');
    const known = () =>
      browser.worker.evaluate(async () => {
        const { chrome } = globalThis as unknown as {
          chrome: { storage: { session: { get(): Promise<{ [key: string]: unknown }> } } };
        };
        const { frames, reported } = await chrome.storage.session.get();
        return JSON.stringify([frames, (reported as { tabs: object }).tabs]);
      });
    await expect.poll(known, patient).toContain(site.origin);
    await page.goto('about:blank');
    await expect.poll(known, patient).not.toContain(site.origin);
  });

  it('sends nothing once the release is revoked, and keeps the draft', async () => {
    page = await browser.context.newPage();
    await page.goto(`chrome-extension://${browser.id}/sidepanel.html`);
    await expect.poll(() => text(page), patient).toContain('Try it with something harmless');
    await world.log.revoke(world.release, { notBefore: Math.floor(Date.now() / 1000) * 1000 });
    await world.log.publish({ at: Date.now() });
    await browser.ask('log/sync', { domain: 'Test domain' });
    const before = prompts.length;
    await say(page, 'never to be sent');
    await expect.poll(() => text(page), patient).toContain('Check failed');
    expect(prompts).toHaveLength(before);
    expect(await page.locator('textarea').inputValue()).toBe('never to be sent');
    await expect.poll(async () => (await browser.toolbar(page.url())).badge, patient).toBe('×');
  });
});
