import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  answering,
  type DrivenWorld,
  describeInBrowsers,
  startDrivenWorld,
} from '../support/driven-world.ts';
import { boxOf, type Driver, passFirstRun, writeInBox } from '../support/driver.ts';
import { type StaticSite, startStaticSite } from '../support/static-site.ts';
import { type HostilePage, hostilePages, type Outcome } from './support/hostile-pages.ts';

const secret = 'my quiet question';
const answer = 'A quiet answer.';

/** Everything that a page can listen to, set up before anything else runs. */
const spy = `
  const heard = window.heard = [];
  for (const type of ['keydown', 'keypress', 'keyup', 'input', 'beforeinput', 'paste', 'message'])
    addEventListener(type, (event) => heard.push([type, event.key ?? event.data ?? '']), true);
  addEventListener('securitypolicyviolation', (event) => heard.push(['violation', event.blockedURI, event.sourceFile]), true);
  if (window.ReportingObserver) new ReportingObserver((reports) => { for (const { body } of reports) heard.push(JSON.stringify(body)); }, { buffered: true }).observe();`;

const chat = `<form onsubmit="return false" style="position:fixed;bottom:20px;left:80px;width:640px">
  <textarea id="message" placeholder="Message parley" style="width:560px;height:40px"></textarea><button>Send</button></form>`;

function htmlOf({ first = '', body = chat, attack = '' }: HostilePage, ownAddress: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"><title>parley</title><script>{ ${spy}
    ${first}
    document.currentScript.remove();
    window.attack = () => {
      const box = [...document.documentElement.children].find((element) => element.localName.includes('-'));
      ${attack.replaceAll('ownAddress', JSON.stringify(ownAddress))}
    }; }</script></head><body style="margin:0;min-height:100vh">${body}</body></html>`;
}

/** All that the page can look at afterwards, as text. */
const look = `
  const texts = [document.documentElement.outerHTML, document.body.innerText, JSON.stringify(window.heard)];
  for (const element of document.querySelectorAll('*')) texts.push(element.shadowRoot?.innerHTML ?? '');
  texts.push(JSON.stringify(performance.getEntries()), String(window.length), String(getSelection()));
  return texts.join();`;

describeInBrowsers('hostile pages', (browser) => {
  const patient = { timeout: 25_000, interval: 200 };
  let driven: DrivenWorld;
  let site: StaticSite;
  let elsewhere: StaticSite;
  let driver: Driver;

  beforeAll(async () => {
    driven = await startDrivenWorld(browser, answering(answer));
    ({ driver } = driven);
    site = await startStaticSite(
      Object.fromEntries(
        hostilePages.map((page) => [
          `/${page.id}`,
          { body: htmlOf(page, driver.address('composer')), headers: page.headers ?? {} },
        ]),
      ),
    );
    elsewhere = await startStaticSite({
      '/': `<!doctype html><body><iframe src="${site.origin}/framed" style="width:900px;height:600px"></iframe>`,
    });
    await passFirstRun(driver);
    expect(await driver.ask('popup', 'grants/add', { site: site.origin })).toMatchObject({ ok: true });
  });
  afterAll(async () => {
    await driven?.close();
    site?.close();
    elsewhere?.close();
  });
  afterEach(() => driver.closeTab());

  const isWritable = async () => (await boxOf(driver))?.writable ?? false;
  const chatWorks = async () => {
    await expect.poll(isWritable, patient).toBe(true);
    await writeInBox(driver, secret);
    await expect.poll(async () => (await boxOf(driver))?.text, patient).toContain(answer);
  };
  const learntNothing = async () => {
    const seen = String(await driver.run(look));
    for (const word of [secret, answer, 'quiet']) expect(seen).not.toContain(word);
    // Not even single letters: a key that the page hears would be one.
    expect(seen).not.toMatch(/\["(?:keydown|keypress|keyup|input|beforeinput)"/);
    return seen;
  };

  it.each(hostilePages)('$id: $does', async (page) => {
    const { id, asked, attack, whileTyping, framed, returned, size } = page;
    const outcome: Outcome = typeof page.outcome === 'string' ? page.outcome : page.outcome[browser];
    await driver.open(framed ? `${elsewhere.origin}/` : `${site.origin}/${id}`);
    if (size) await driver.resize(...size);
    if (asked) await driver.askForBox();
    if (outcome === 'none' || outcome === 'panel') {
      await pause(3_000);
      expect(await boxOf(driver)).toBeNull();
      const tab = await driver.tab();
      expect(tab).toMatchObject({ boxOpen: false, state: outcome === 'panel' ? 'page' : null });
      return;
    }
    if (attack) {
      await expect.poll(isWritable, patient).toBe(true);
      if (whileTyping) {
        await driver.click('textarea', 'box');
        await driver.press('qui');
      }
      await driver.run('window.attack()');
      if (outcome === 'works') await pause(1_500);
    }
    if (returned) {
      await chatWorks();
      await driver.go(`${elsewhere.origin}/`);
      await driver.back();
      await expect.poll(isWritable, patient).toBe(true);
      expect((await boxOf(driver))?.text).not.toContain(answer);
    }
    if (outcome === 'works') {
      await chatWorks();
      const seen = await learntNothing();
      if (id !== 'own-frame') expect(seen).not.toContain(driver.ownName);
      expect((await driver.tab()).boxOpen).toBe(true);
    } else {
      const state = outcome === 'covered' ? 'page-covered' : 'page';
      await expect.poll(async () => (await driver.tab()).state, patient).toBe(state);
      await expect.poll(isWritable, patient).toBe(false);
      await learntNothing();
    }
    if (size) await driver.resize(1000, 700);
  });
});
