/** The options page of the built extension, with real logs behind it: what a log once showed, and what may be added. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEvidence, verifyEvidence } from '../../transparency-log/audit/evidence.ts';
import { type LabLog, startLabLog } from '../e2e/support/lab-log.ts';
import { type ExtensionBrowser, hasChromium, startExtensionBrowser } from '../support/extension-browser.ts';

const patient = { timeout: 20_000 };
const BUILT_IN = 'Test domain';

describe.skipIf(!hasChromium)('who is trusted, in the built extension', { timeout: 120_000 }, () => {
  let log: LabLog;
  let other: LabLog;
  let browser: ExtensionBrowser;
  let page: Page;

  beforeAll(async () => {
    log = await startLabLog(600_000);
    await log.builder.release();
    await log.builder.publish({ at: Date.now() });

    other = await startLabLog(600_000, { seed: 'other', origin: 'other.example/log' });
    await other.builder.publish({ at: Date.now() });
    browser = await startExtensionBrowser('e2e', (folder) =>
      writeFile(join(folder, 'waxseal-domain.json'), JSON.stringify(log.builder.domainFile())),
    );
    page = await browser.open('options');
    page.setDefaultTimeout(patient.timeout);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await log?.close();
    await other?.close();
  });

  const sync = () => browser.ask('log/sync', { domain: BUILT_IN });
  const card = () => page.locator('.refused', { hasText: 'showed fewer entries than before' });

  describe('what a log once showed', () => {
    beforeAll(async () => {
      expect(await sync()).toMatchObject({ ok: true, reply: { problem: null } });
      const whole = log.builder.checkpoint;
      log.builder.checkpoint = await log.builder.sealCheckpoint({ size: 1, at: Date.now() });
      expect(await sync()).toMatchObject({ reply: { problem: { kind: 'rollback' } } });
      log.builder.checkpoint = whole;
      expect(await sync()).toMatchObject({ reply: { problem: null } });
    });

    it('is still on a card after the log looks well again', async () => {
      await page.reload();
      await card().waitFor();
      expect(await card().count()).toBe(1);
      expect(await card().innerText()).toContain('log.example/waxseal');
    });

    it('is saved as a file that a third party can check on its own', async () => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        card().getByRole('button', { name: 'Save the evidence' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe('waxseal-fork-evidence.json');
      const evidence = parseEvidence(await readFile(await download.path(), 'utf8'));
      expect(evidence.kind).toBe('rollback');
      expect(await verifyEvidence(evidence)).toContain('1');
      // Saving is not dismissing.
      expect(await card().count()).toBe(1);
    });

    it('goes when a person dismisses it, and only then', async () => {
      expect(await sync()).toMatchObject({ reply: { problem: null } });
      await page.reload();
      await card().getByRole('button', { name: 'Dismiss' }).click();
      await expect.poll(() => card().count(), patient).toBe(0);
      await page.reload();
      await page.locator('.domain', { hasText: BUILT_IN }).waitFor();
      expect(await card().count()).toBe(0);
    });
  });

  describe('a file with another trust domain', () => {
    const name = 'Rowan <b>Foundation</b>';
    const enclaves = [{ service: 'https://rowan.example', name: 'Rowan', product: 'rowan', machines: false }];
    const offer = (text: string) =>
      page
        .locator('.import-file input')
        .setInputFiles({ name: 'rowan.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    const fileOf = (lab: LabLog, changes: object = {}) =>
      JSON.stringify({ ...lab.builder.domainFile({ enclaves }), name, ...changes });
    const dialog = () => page.locator('.import-dialog');
    const imported = () => page.locator('.domain', { hasText: 'imported' });

    it('is added only after a person has said who made it, and never by the button that comes first', async () => {
      await offer(fileOf(other));
      await dialog()
        .getByRole('heading', { name: `Add “${name}”?` })
        .waitFor();
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H2');
      expect(await dialog().locator('b').count()).toBe(0);
      const add = dialog().getByRole('button', { name: `Add ${name}`, exact: true });
      expect(await add.isDisabled()).toBe(true);
      await dialog().getByRole('button', { name: 'Don’t add' }).click();
      await dialog().waitFor({ state: 'detached' });
      await page.reload();
      await page.locator('.domain', { hasText: BUILT_IN }).waitFor();
      expect(await imported().count()).toBe(0);
    });

    it('says line by line what it would allow, who approves by its own log, and shows its text', async () => {
      await offer(fileOf(other));
      await expect.poll(() => dialog().innerText(), patient).toContain('Needs 2 of 3 publishers.');
      expect(await dialog().locator('.diff-line').count()).toBeGreaterThan(3);
      const show = dialog().locator('.import-show');
      expect(await show.getAttribute('aria-expanded')).toBe('false');
      await show.click();
      expect(await dialog().locator('.import-file-text').innerText()).toContain('"https://rowan.example"');
      expect(await show.getAttribute('aria-expanded')).toBe('true');
    });

    it('stays beside the built-in one once added, marked as imported, until it is removed', async () => {
      await dialog().getByRole('checkbox').check();
      await dialog()
        .getByRole('button', { name: `Add ${name}`, exact: true })
        .click();
      await imported().waitFor();
      await page.reload();
      await imported().waitFor();
      expect(await imported().innerText()).toContain(`Always shown as “Sealed by ${name}”`);
      expect(await page.locator('.domain').count()).toBe(2);
      await imported().locator('summary').click();
      await imported().getByRole('button', { name: 'Remove' }).click();
      await expect.poll(() => imported().count(), patient).toBe(0);
    });

    it.each<[string, () => string, string]>([
      ['speaks for the log that is built in', () => fileOf(log), 'WAX_EXT_DOMAIN_EXISTS'],
      [
        'speaks for a service that is built in',
        () => fileOf(other, { enclaves: log.builder.domainFile().enclaves }),
        'WAX_EXT_DOMAIN_EXISTS',
      ],
      ['has the name of the built-in one', () => fileOf(other, { name: BUILT_IN }), 'WAX_EXT_DOMAIN_EXISTS'],
    ])('is refused if it %s, even when confirmed', async (_, text, code) => {
      await page.reload();
      await offer(text());
      await dialog().getByRole('checkbox').check();
      await dialog().getByRole('button', { name: /^Add / }).click();
      const alert = page.getByRole('alert');
      await expect.poll(() => alert.innerText(), patient).toContain(code);
      expect(await imported().count()).toBe(0);
    });

    it.each<[string, () => string, string]>([
      ['is no JSON', () => 'hello', 'WAX_POLICY_FORM'],
      ['names a key twice', () => fileOf(other).replace('{', '{"name":"x",'), 'WAX_POLICY_FORM'],
      ['has a quorum that need not intersect', () => fileOf(other, { quorum: 1 }), 'WAX_POLICY_QUORUM'],
    ])('is refused before any question if it %s', async (_, text, code) => {
      await page.reload();
      await offer(text());
      const alert = page.getByRole('alert');
      await expect.poll(() => alert.innerText(), patient).toContain(code);
      expect(await dialog().count()).toBe(0);
    });

    it('is refused in the language of the reader: why, where in the file, and what to do', async () => {
      const speak = async (language: string | null) => {
        const reply = await page.evaluate(
          (body) => {
            const { chrome } = globalThis as unknown as {
              chrome: { runtime: { sendMessage(message: unknown): Promise<unknown> } };
            };
            return chrome.runtime.sendMessage({ type: 'settings/preferences', body });
          },
          { theme: 'system', language, mode: 'steady' },
        );
        expect(reply).toMatchObject({ ok: true });
        await page.reload();
        const lang = () => page.locator('html').getAttribute('lang');
        await expect.poll(lang, patient).toMatch(new RegExp(`^${language ?? 'en'}`));
      };
      await speak('de');
      await offer(fileOf(other, { policyEntry: 7 }));
      const alert = page.getByRole('alert');
      await expect.poll(() => alert.innerText(), patient).toContain('WAX_POLICY_FORM WAX_JSON_SHAPE');
      const text = await alert.innerText();
      expect(text).toContain('Die Datei ist keine Vertrauensdomäne, die diese Version lesen kann.');
      expect(text).toContain('Stelle in der Datei: policyEntry');
      expect(text).toContain('Lassen Sie sich die Datei noch einmal geben');
      await speak(null);
    });
  });
});
