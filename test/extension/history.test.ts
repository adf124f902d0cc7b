import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineError } from '../../enclave-server/engine/errors.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { type ExtensionBrowser, hasChromium, startExtensionBrowser } from '../support/extension-browser.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';

const patient = { timeout: 12_000 };
const passphrase = 'correct horse battery';

interface Job {
  messages: { role: string; content: string }[];
  temperature: number;
}

describe.skipIf(!hasChromium)('writing in the built extension', { timeout: 90_000 }, () => {
  const jobs: Job[] = [];
  let world: SealedWorld;
  let browser: ExtensionBrowser;
  let page: Page;

  beforeAll(async () => {
    const engine = scriptedEngine(async (job, onText) => {
      jobs.push(job as unknown as Job);
      const words = job.messages.map(({ content }) => content).join(' ');
      if (words.includes('too much')) throw engineError('WAX_ENGINE_TOO_LONG');
      onText('A sealed answer.');
      return { finish: 'stop', promptTokens: 12, completionTokens: 3 };
    });
    world = await startSealedWorld(engine);
    browser = await startExtensionBrowser('e2e', (folder) =>
      writeFile(join(folder, 'waxseal-domain.json'), world.domain),
    );
    page = await browser.open('welcome');
    page.setDefaultTimeout(patient.timeout);
    await page.evaluate(async () => {
      const { chrome } = globalThis as unknown as {
        chrome: { runtime: { sendMessage(message: unknown): Promise<unknown> } };
      };
      await chrome.runtime.sendMessage({ type: 'settings/seal', body: { seal: 'AAECAwQFBgcICQoLDA0ODw==' } });
      await chrome.runtime.sendMessage({ type: 'settings/first-run', body: {} });
    });
    await page.goto(`chrome-extension://${browser.id}/sidepanel.html`);
    await page.getByText('Try it with something harmless').waitFor(patient);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const text = () => page.evaluate(() => document.body.innerText);
  const composer = () => page.locator('.composer-text');
  const say = async (words: string) => {
    await composer().fill(words);
    await composer().press('Enter');
    await expect.poll(() => page.locator('.took').count(), patient).toBeGreaterThan(0);
  };

  it('sends an attached text file inside the message, and refuses one that is no text', async () => {
    const files = page.locator('.attach input');
    await files.setInputFiles([
      { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('the file says hello') },
      { name: 'scan.pdf', mimeType: 'application/pdf', buffer: Buffer.from([0x25, 0, 1, 2]) },
    ]);
    await expect.poll(text, patient).toContain('scan.pdf was not attached');
    await say('What does it say?');
    expect(jobs.at(-1)?.messages.at(-1)?.content).toBe(
      'File: notes.md\n```\nthe file says hello\n```\n\nWhat does it say?',
    );
    expect(await text()).toContain('12 tokens read, 3 written');
  });

  it('replaces the last message by its edit, with the arrow key alone', async () => {
    await composer().focus();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => composer().inputValue(), patient).toBe('What does it say?');
    await composer().fill('What does it mean?');
    await page.keyboard.press('Enter');
    await expect.poll(() => jobs.at(-1)?.messages.at(-1)?.content, patient).toContain('What does it mean?');
    expect(jobs.at(-1)?.messages).toHaveLength(1);
    await expect.poll(() => page.locator('.took').count(), patient).toBe(1);
    expect(await text()).not.toContain('What does it say?');
  });

  it('gives the model the system prompt and the parameters of the drawer', async () => {
    await page.getByRole('button', { name: 'Model and settings' }).click();
    await page.getByLabel('System prompt').fill('Be brief.');
    await page.getByLabel('Temperature').fill('0,25');
    await page.getByRole('button', { name: 'Close' }).click();
    await say('And now?');
    await expect
      .poll(() => jobs.at(-1)?.messages[0], patient)
      .toEqual({ role: 'system', content: 'Be brief.' });
    expect(jobs.at(-1)?.temperature).toBe(0.25);
  });

  it('says that a chat is too long, cuts nothing, and leaves out the oldest only when told to', async () => {
    await expect.poll(() => page.locator('.took').count(), patient).toBe(2);
    const before = jobs.length;
    await composer().fill('too much');
    await composer().press('Enter');
    await expect.poll(text, patient).toContain('Too long for this model');
    expect(await composer().inputValue()).toBe('too much');
    expect(jobs[before]?.messages.map(({ content }) => content)).toContain('And now?');
    await composer().fill('a little');
    await page.getByRole('button', { name: /Leave out the oldest/ }).click();
    await expect.poll(() => jobs.at(-1)?.messages.at(-1)?.content, patient).toBe('a little');
    expect(jobs.at(-1)?.messages.map(({ content }) => content)).not.toContain('What does it mean?');
    expect(await text()).toContain('You left out everything above.');
  });

  it('keeps chats once a passphrase is set, encrypted, and gives them back to it alone', async () => {
    const options = await browser.open('options');
    await options.getByRole('button', { name: 'History' }).click();
    await options.getByLabel('Passphrase').fill(passphrase);
    await options.getByLabel('Once more').fill(passphrase);
    const started = Date.now();
    await options.getByRole('button', { name: 'Turn history on' }).click();
    await options.getByText('History is on').waitFor(patient);
    console.log(`scrypt in Chromium, N = 2^17, r = 8, p = 1: ${Date.now() - started} ms with all around it`);
    await options.close();

    await page.reload();
    await expect.poll(text, patient).toContain('Try it with something harmless');
    await say('a question to keep');
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'Past chats' }).click();
    await page.getByLabel('Passphrase').fill('not the passphrase');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('does not open your chats').waitFor(patient);
    await page.getByLabel('Passphrase').fill(passphrase);
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByRole('button', { name: /^a question to keep/ }).waitFor(patient);

    await page.reload();
    await expect.poll(text, patient).toContain('Try it with something harmless');
    expect(await text()).not.toContain('a question to keep');
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'Past chats' }).click();
    await page.getByLabel('Passphrase').fill(passphrase);
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByRole('button', { name: /^a question to keep/ }).click(patient);
    await expect.poll(text, patient).toContain('A sealed answer.');
  });

  it('stores no word of it in any database of the profile', async () => {
    const stored = await page.evaluate(async () => {
      const open = (name: string) =>
        new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const all: string[] = [];
      for (const { name } of await indexedDB.databases()) {
        const database = await open(name ?? '');
        for (const table of database.objectStoreNames) {
          const records = await new Promise<unknown[]>((resolve) => {
            const request = database.transaction(table).objectStore(table).getAll();
            request.onsuccess = () => resolve(request.result);
          });
          for (const record of records) {
            all.push(
              record instanceof Uint8Array
                ? new TextDecoder('latin1').decode(record)
                : JSON.stringify(record),
            );
          }
        }
        database.close();
      }
      return { all: all.join('\n'), names: (await indexedDB.databases()).map(({ name }) => name) };
    });
    expect(stored.names).toContain('waxseal-history');
    expect(stored.all).toContain('WXH1');
    for (const word of ['question to keep', 'sealed answer', passphrase])
      expect(stored.all).not.toContain(word);
  });

  it('speaks the language and shows the theme that were chosen, at once and after a reload', async () => {
    const options = await browser.open('options');
    await options.getByRole('button', { name: 'Answers, looks, language' }).click();
    await options.getByLabel('Dark').check();
    await options.getByLabel('Deutsch').check();
    await expect.poll(() => options.title(), patient).toContain('Optionen');
    expect(await options.locator('html').getAttribute('lang')).toBe('de');
    const title = async () => (await browser.toolbar(options.url())).title;
    await expect.poll(title, patient).toContain('Hier nicht in Gebrauch');
    expect(await options.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
      'rgb(15, 20, 18)',
    );
    await page.reload();
    await expect.poll(text, patient).toContain('Simuliert');
    await options.getByLabel('English').check();
    await expect.poll(title, patient).toContain('Not used here');
    await options.close();
  });

  it('shows in About what sha256sum says of the files', async () => {
    const { execFileSync } = await import('node:child_process');
    const said = execFileSync('sh', ['-c', 'xargs sha256sum < files.txt | sha256sum'], {
      cwd: browser.folder,
    });
    const options = await browser.open('options');
    await options.getByRole('button', { name: 'About' }).click();
    const digest = said.toString().slice(0, 64);
    await expect
      .poll(async () => (await options.locator('.about .digest').innerText()).replaceAll(' ', ''), patient)
      .toBe(digest);
    await options.close();
  });

  it('deletes everything when it is told to, and begins as on the first day', async () => {
    const options = await browser.open('options');
    await options.getByRole('button', { name: 'Your data' }).click();
    const button = options.getByRole('button', { name: 'Delete everything' });
    expect(await button.isDisabled()).toBe(true);
    await options.getByLabel('Yes, delete all of it').check();
    await button.click();
    await expect
      .poll(() => browser.ask('settings/get', {}), patient)
      .toMatchObject({ reply: { seal: null } });
    await page.reload();
    await expect.poll(text, patient).toContain('Pick your seal first');
    await options.close();
  });
});
