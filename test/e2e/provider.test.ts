/** The example page of docs/provider-api.md, in both browsers: found only where it is allowed, and told one word. */
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startWebChat, type WebChat } from '../../demo/web-chat/server.ts';
import {
  answering,
  type DrivenWorld,
  describeInBrowsers,
  startDrivenWorld,
} from '../support/driven-world.ts';
import { boxOf, type Driver, passFirstRun, typeAndSend } from '../support/driver.ts';
import type { SealedWorld } from '../support/sealed-world.ts';

const patient = { timeout: 20_000 };
const answer = 'A quiet answer.';
it('the example in docs/provider-api.md is the page that the demo serves', async () => {
  const text = await readFile(new URL('../../docs/provider-api.md', import.meta.url), 'utf8');
  const [, path = '', code] = /<!-- (\S+) -->\n```js\n(.*?)```/s.exec(text) ?? [];
  expect(code).toBe(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8'));
});

describeInBrowsers('a page that asks for Waxseal', (browser) => {
  let driven: DrivenWorld;
  let world: SealedWorld;
  let webChat: WebChat;
  let driver: Driver;

  beforeAll(async () => {
    driven = await startDrivenWorld(browser, answering(answer));
    ({ driver, world } = driven);
    webChat = await startWebChat();
    await passFirstRun(driver);
  });
  afterAll(async () => {
    await driven?.close();
    await webChat?.close();
  });
  afterEach(() => driver.closeTab());

  const state = () => driver.run(`return document.querySelector('#state').textContent`);

  it('finds nothing on a site that was not granted, however it asks', async () => {
    await driver.open(`${webChat.url}/opt-in`);
    const found = await driver.run(`
      let found = 0;
      addEventListener('waxseal:announce', () => { found += 1; });
      const names = Object.getOwnPropertyNames(window).filter((name) => /wax/i.test(name));
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { found += 1; };
      postMessage({ waxsealAsk: 'verify' }, location.origin, [port2]);
      for (let tries = 0; tries < 5; tries++) {
        dispatchEvent(new Event('waxseal:request'));
        await new Promise((done) => setTimeout(done, 200));
      }
      return [found, names];`);
    expect(found).toEqual([0, []]);
    expect(await state()).toContain('not here');
  });

  it('is told one word where it was granted, and nothing of the service', async () => {
    expect(await driver.ask('popup', 'grants/add', { site: webChat.url })).toMatchObject({ ok: true });
    await driver.open(`${webChat.url}/opt-in`);
    await expect.poll(state, patient).toContain('It says of your service: simulated.');
    const all = await driver.run('return document.documentElement.outerHTML');
    expect(all).not.toContain(new URL(world.service).port);
    expect(all).not.toContain('Fernhill');
  });

  it('opens the sealed box on a click, and hears nothing of what is typed there', async () => {
    await driver.open(`${webChat.url}/opt-in`);
    await expect.poll(state, patient).toContain('It says of your service: simulated.');
    await driver.run(`window.heard = [];
      for (const type of ['keydown', 'input', 'message']) addEventListener(type, ({ key, data }) => heard.push(String(key ?? data)), true)`);
    expect((await driver.tab()).boxOpen).toBe(false);
    await driver.click('#sealed', 'page');
    await expect.poll(async () => (await boxOf(driver))?.lit, patient).toBe(true);
    await typeAndSend(driver, driver.runInBox, 'quiet');
    await expect.poll(async () => (await boxOf(driver))?.text, patient).toContain(answer);
    expect(await driver.run('return heard.filter((one) => /^[a-z]$|quiet|answer/.test(one))')).toEqual([]);
    expect(webChat.received).toEqual([]);
  });

  it('is told which state keeps it from being sealed', async () => {
    await world.log.revoke(world.release, { notBefore: Math.floor(Date.now() / 1000) * 1000 });
    await world.log.publish({ at: Date.now() });
    await driver.ask('popup', 'log/sync', { domain: 'Test domain' });
    await driver.open(`${webChat.url}/opt-in`);
    await expect.poll(state, patient).toContain('It says of your service: failed.');
  });
});
