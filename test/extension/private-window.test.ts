/**
 * Private windows, in both browsers: the chat works there, and nothing of it is kept, nor is a history offered that
 * an ordinary window has. Chromium gives such a window an extension of its own, which begins anew each time.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildExtension } from '../../scripts/build-extension.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { type ExtensionBrowser, hasChromium, startExtensionBrowser } from '../support/extension-browser.ts';
import { type Firefox, hasFirefox, startFirefox } from '../support/firefox.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';

const patient = { timeout: 20_000 };
const passphrase = 'correct horse battery';
const secret = 'a question for nobody else';
const uuid = '11111111-2222-4333-8444-555555555555';

const firstRun = `
  for (const [type, body] of [['settings/seal', { seal: 'AAECAwQFBgcICQoLDA0ODw==' }], ['settings/first-run', {}]])
    await chrome.runtime.sendMessage({ type, body });`;

/** Whether some file below `folder` holds the text in one of the spellings that browsers write. */
async function isOnDisk(folder: string, text: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const bytes = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0));
    if (bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le'))) return true;
  }
  return false;
}

const startWorld = () =>
  startSealedWorld(
    scriptedEngine(async (_job, onText) => {
      onText('A sealed answer.');
      return { finish: 'stop', promptTokens: 1, completionTokens: 3 };
    }),
  );

describe.skipIf(!hasChromium)('a private window in Chromium', () => {
  let world: SealedWorld;
  let browser: ExtensionBrowser;
  let hidden: Page;

  const text = (page: Page) => page.evaluate(() => document.body.innerText);
  /** Opens a page of the extension in the private window. */
  const go = (page: string) => hidden.goto(`chrome-extension://${browser.id}/${page}.html`);

  beforeAll(async () => {
    world = await startWorld();
    browser = await startExtensionBrowser('e2e', (folder) =>
      writeFile(join(folder, 'waxseal-domain.json'), world.domain),
    );
    // What a person does in the list of extensions; it starts the extension anew.
    const settings = await browser.context.newPage();
    await settings.goto('chrome://extensions/');
    await settings.evaluate(`(async () => {
      await chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true });
      await chrome.developerPrivate.updateExtensionConfiguration({ extensionId: '${browser.id}', incognitoAccess: true });
    })()`);
    const ordinary = await browser.context.newPage();
    const visit = (page: string) =>
      ordinary.goto(`chrome-extension://${browser.id}/${page}.html`).catch(() => null);
    while ((await visit('welcome')) === null) await pause(100);
    await ordinary.evaluate(`(async () => { ${firstRun} })()`);
    await visit('options');
    await ordinary.getByRole('button', { name: 'History' }).click();
    await ordinary.getByLabel('Passphrase').fill(passphrase);
    await ordinary.getByLabel('Once more').fill(passphrase);
    await ordinary.getByRole('button', { name: 'Turn history on' }).click();
    await ordinary.getByText('History is on').waitFor(patient);
    const opened = browser.context.waitForEvent('page');
    await ordinary.evaluate(
      `chrome.windows.create({ incognito: true, url: chrome.runtime.getURL('welcome.html') })`,
    );
    hidden = await opened;
    await hidden.waitForLoadState();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it('is one, and knows nothing of the other: not the seal, not the settings', async () => {
    expect(await hidden.evaluate('chrome.extension.inIncognitoContext')).toBe(true);
    await go('sidepanel');
    await expect.poll(() => text(hidden), patient).toContain('Pick your seal first');
  });

  it('chats, sealed as anywhere', async () => {
    await go('welcome');
    await hidden.evaluate(`(async () => { ${firstRun} })()`);
    await go('sidepanel');
    await expect.poll(() => text(hidden), patient).toContain('Try it with something harmless');
    await hidden.locator('textarea').fill(secret);
    await hidden.locator('textarea').press('Enter');
    await expect.poll(() => text(hidden), patient).toContain('A sealed answer.');
    await expect.poll(() => hidden.locator('.took').count(), patient).toBe(1);
  });

  it('offers no history, and opens no place to keep one', async () => {
    await hidden.getByRole('button', { name: 'More' }).click();
    expect(await hidden.getByRole('button', { name: 'Options' }).count()).toBe(1);
    expect(await hidden.getByRole('button', { name: 'Past chats' }).count()).toBe(0);
    await go('options');
    await hidden.getByRole('button', { name: 'History' }).click();
    await hidden.getByText('Private windows keep no history').waitFor(patient);
    expect(await hidden.getByLabel('Passphrase').count()).toBe(0);
    const names = await hidden.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    expect(names).not.toContain('waxseal-history');
  });

  it('leaves nothing behind: not in the history of ordinary windows, not on disk', async () => {
    await hidden.close();
    const ordinary = await browser.open('sidepanel');
    await ordinary.getByRole('button', { name: 'More' }).click();
    await ordinary.getByRole('button', { name: 'Past chats' }).click();
    await ordinary.getByLabel('Passphrase').fill(passphrase);
    await ordinary.getByLabel('Passphrase').press('Enter');
    await ordinary.getByText('No chat is kept yet').waitFor(patient);
    await browser.context.close();
    const profile = join(dirname(browser.folder), 'profile');
    expect(await isOnDisk(profile, secret)).toBe(false);
    // What ordinary windows keep would have been found.
    expect(await isOnDisk(profile, 'waxseal-history')).toBe(true);
  });
});

describe.skipIf(!hasFirefox)('a private window in Firefox', () => {
  let world: SealedWorld;
  let scratch: string;
  let firefox: Firefox;

  const page = (name: string) => `moz-extension://${uuid}/${name}.html`;
  const text = () => firefox.run('return document.body.innerText');
  let ordinary: unknown;
  const press = (name: string) =>
    firefox.run(`
      const wanted = [...document.querySelectorAll('button')].find(({ innerText, ariaLabel }) => (ariaLabel ?? innerText).includes('${name}'));
      wanted?.click();
      return wanted !== undefined;`);

  beforeAll(async () => {
    world = await startWorld();
    scratch = await mkdtemp(join(tmpdir(), 'waxseal-private-'));
    const folder = resolve(await buildExtension('development', 'firefox', scratch));
    await writeFile(join(folder, 'waxseal-domain.json'), world.domain);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    firefox = await startFirefox(manifest.browser_specific_settings.gecko.id, uuid);
    await firefox.install(folder, { inPrivateWindows: true });
    await firefox.open(page('welcome'));
    await firefox.run(firstRun);
    ordinary = (await firefox.send('WebDriver:GetWindowHandle')).value;
  });
  afterAll(async () => {
    await firefox?.close();
    await world?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  it('chats, sealed as anywhere', async () => {
    const kind = { type: 'window', private: true, focus: true };
    const { handle } = await firefox.send('WebDriver:NewWindow', kind);
    await firefox.send('WebDriver:SwitchToWindow', { handle, focus: true });
    await firefox.open(page('sidepanel'));
    expect(await firefox.run('return browser.extension.inIncognitoContext')).toBe(true);
    await expect.poll(text, patient).toContain('Try it with something harmless');
    await firefox.type('textarea', secret);
    await expect.poll(text, patient).toContain('A sealed answer.');
  });

  it('offers no history', async () => {
    await press('More');
    await expect.poll(text, patient).toContain('Options');
    expect(await text()).not.toContain('Past chats');
    await firefox.open(page('options'));
    await press('History');
    await expect.poll(text, patient).toContain('Private windows keep no history');
  });

  it('leaves nothing on disk', async () => {
    await firefox.send('WebDriver:SwitchToWindow', { handle: ordinary, focus: true });
    expect(await firefox.run('return browser.extension.inIncognitoContext')).toBe(false);
    await firefox.open(page('sidepanel'));
    await expect.poll(text, patient).toContain('Try it with something harmless');
    await press('More');
    // Ordinary windows have it, so that what was missing there is no accident.
    await expect.poll(text, patient).toContain('Past chats');
    expect(await isOnDisk(firefox.profile, secret)).toBe(false);
    expect(await isOnDisk(firefox.profile, uuid)).toBe(true);
  });
});
