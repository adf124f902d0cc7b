import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildExtension } from '../../scripts/build-extension.ts';
import { type Firefox, hasFirefox, startFirefox } from '../support/firefox.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';

const uuid = '11111111-2222-4333-8444-555555555555';
const page = (name: string) => `moz-extension://${uuid}/${name}.html`;

describe.skipIf(!hasFirefox)('the extension in Firefox', () => {
  let scratch: string;
  let world: SealedWorld;
  let firefox: Firefox;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'waxseal-firefox-build-'));
    world = await startSealedWorld();
    const folder = resolve(await buildExtension('development', 'firefox', scratch));
    await writeFile(join(folder, 'waxseal-domain.json'), world.domain);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    firefox = await startFirefox(manifest.browser_specific_settings.gecko.id, uuid);
    await firefox.install(folder);
  }, 120_000);
  afterAll(async () => {
    await firefox?.close();
    await world?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const text = () => firefox.run('return document.body.innerText');

  it('shows the popup', async () => {
    await firefox.open(page('popup'));
    await expect.poll(text, { timeout: 10_000 }).toMatch(/\w/);
    expect(await firefox.run('return document.title')).toBe('Waxseal');
  });

  it('opens the real sidebar', async () => {
    const opened = await firefox.run(
      `const { SidebarController } = Services.wm.getMostRecentWindow('navigator:browser');
       const id = [...SidebarController.sidebars.keys()].find((key) => key.includes('72ffaafc'));
       await SidebarController.show(id);
       return SidebarController.isOpen && SidebarController.currentID === id;`,
      'chrome',
    );
    expect(opened).toBe(true);
  });

  it('asks for a seal first, then checks the service and chats', async () => {
    await firefox.open(page('sidepanel'));
    await expect.poll(text, { timeout: 10_000 }).toContain('Pick a seal');
    await firefox.open(page('welcome'));
    const set = await firefox.run(`
      const send = (type, body) => browser.runtime.sendMessage({ type, body });
      const seal = await send('settings/seal', { seal: 'AAECAwQFBgcICQoLDA0ODw==' });
      return [seal.ok, (await send('settings/first-run', {})).ok];`);
    expect(set).toEqual([true, true]);
    await firefox.open(page('sidepanel'));
    await expect.poll(text, { timeout: 20_000 }).toContain('Try it with something harmless');
    await firefox.type('textarea', 'Hello from Firefox');
    await expect.poll(text, { timeout: 20_000 }).toMatch(/Hello from Firefox\s+Hello\./);
  });
});
