/**
 * The whole way with the keyboard alone, in both browsers: first run, practice, a sealed answer, and every link of
 * the chain. Each page counts what a pointer does to it, and the count must stay zero.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  answering,
  type DrivenWorld,
  describeInBrowsers,
  startDrivenWorld,
} from '../support/driven-world.ts';
import { boxOf, type Driver, typeAndSend } from '../support/driver.ts';
import { countPointers, focusedIn, tabTo } from '../support/keyboard.ts';
import { type StaticSite, startStaticSite } from '../support/static-site.ts';

const answer = 'A sealed answer.';
const patient = { timeout: 20_000 };
const webChat = `<!doctype html><title>parley</title><body style="margin:0;min-height:100vh">
<textarea placeholder="Message parley" style="position:fixed;bottom:20px;left:80px;width:600px"></textarea></body>`;

describeInBrowsers('by keyboard alone', (browser) => {
  let driven: DrivenWorld;
  let site: StaticSite;
  let driver: Driver;

  beforeAll(async () => {
    driven = await startDrivenWorld(browser, answering(answer));
    ({ driver } = driven);
    site = await startStaticSite({ '/': webChat });
  });
  afterAll(async () => {
    await driven?.close();
    site?.close();
  });

  const text = () => driver.run('return document.body.innerText');
  const begin = async (page: string) => {
    await driver.open(driver.address(page));
    await driver.run(countPointers);
  };
  const end = async () => {
    expect(await driver.run('return window.pointers')).toBe(0);
    await driver.closeTab();
  };

  const pressOn = async (wanted: RegExp) => {
    await tabTo(driver, wanted);
    await driver.press('\n');
  };

  it('goes through the first run and the practice page', async () => {
    await begin('welcome');
    await pressOn(/^Next$/);
    await expect.poll(text, patient).toContain('2 of 4');
    await tabTo(driver, / on an? /);
    await driver.press(' →');
    const own = (await focusedIn(driver.run)).name;
    expect(own).toMatch(/ on an? /);
    await pressOn(/^This one/);
    await expect.poll(text, patient).toContain('3 of 4');
    await pressOn(/^Next$/);
    await expect.poll(text, patient).toContain('4 of 4');
    await pressOn(new RegExp(`^Box .: ${own}$`));
    await pressOn(/^Try it on a practice page/);
    await tabTo(driver, /^Message/);
    await typeAndSend(driver, driver.run, 'hello');
    await expect
      .poll(() => driver.run(`return document.querySelector('.answer-tools') !== null`), patient)
      .toBe(true);
    await tabTo(driver, /^Let it$/, { key: '⇤' });
    await driver.press('\n');
    await expect.poll(text, patient).toContain('This page got in the way');
    expect(await focusedIn(driver.run)).toMatchObject({ name: 'Open the box again', shown: true });
    await driver.press('\n');
    await pressOn(/^Enough/);
    await end();
    expect(await driver.ask('options', 'settings/get', {})).toMatchObject({ reply: { firstRunDone: true } });
  });

  it('comes to a sealed answer in the panel, and through every link of its chain', async () => {
    await begin('sidepanel');
    // As narrow as the panel is; a wide one shows one link's evidence at all times.
    await driver.resize(480, 900);
    await expect.poll(text, patient).toContain('Try it with something harmless');
    await tabTo(driver, /^Message/);
    await typeAndSend(driver, driver.run, 'is it so?');
    await expect.poll(text, patient).toContain(answer);
    await expect
      .poll(() => driver.run(`return document.querySelector('.took') !== null`), patient)
      .toBe(true);
    await tabTo(driver, /See what was checked$/, { key: '⇤' });
    await driver.press('\n');
    await expect.poll(text, patient).toContain('What was checked');
    expect(await focusedIn(driver.run)).toMatchObject({ name: 'Back' });
    const links = Number(await driver.run(`return document.querySelectorAll('.link-button').length`));
    expect(links).toBe(7);
    for (let link = 0; link < links; link++) {
      await pressOn(/, simulated|, passed/i);
      const open = `return document.activeElement.ariaExpanded + ' ' + (document.querySelector('.evidence')?.innerText.length > 10)`;
      expect(await driver.run(open)).toBe('true true');
      // Shut again, so that the next one is the next to come.
      await driver.press('\n');
    }
    await tabTo(driver, /^Export report/);
    await pressOn(/^Check again/);
    await tabTo(driver, /^Back/, { key: '⇤' });
    await driver.press('\n');
    await expect.poll(text, patient).toContain(answer);
    await end();
  });

  it('is led into the sealed box of a page, and out of it again', async () => {
    expect(await driver.ask('popup', 'grants/add', { site: site.origin })).toMatchObject({ ok: true });
    await driver.open(`${site.origin}/`);
    await driver.run(countPointers);
    await expect.poll(async () => (await boxOf(driver))?.writable, patient).toBe(true);
    await driver.askForBox();
    await expect.poll(async () => (await boxOf(driver))?.lit, patient).toBe(true);
    await typeAndSend(driver, driver.runInBox, 'is it so?');
    await expect.poll(async () => (await boxOf(driver))?.text, patient).toContain(answer);
    await driver.runInBox(countPointers);
    await tabTo(driver, /^Open the side panel|^Fold|^Close/, { run: driver.runInBox, key: '⇤' });
    await tabTo(driver, /^Message/, { run: driver.runInBox });
    expect(await driver.runInBox('return window.pointers')).toBe(0);
    await end();
  });
});
