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
import { boxOf, type Driver } from '../support/driver.ts';
import { type StaticSite, startStaticSite } from '../support/static-site.ts';

const answer = 'A sealed answer.';
const patient = { timeout: 20_000 };
const webChat = `<!doctype html><title>parley</title><body style="margin:0;min-height:100vh">
<textarea placeholder="Message parley" style="position:fixed;bottom:20px;left:80px;width:600px"></textarea></body>`;

const countPointers = `window.pointers = 0;
  for (const type of ['pointerdown', 'mousedown', 'touchstart']) addEventListener(type, () => window.pointers++, true);`;

/** What has the keyboard: its name, and whether it shows that it has it. */
const focused = `
  const element = document.activeElement;
  const name = element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).innerText ?? '';
  return { name: name.replace(/\\s+/g, ' ').trim(), tag: element.localName, shown: element.matches(':focus-visible') };`;

interface Focused {
  readonly name: string;
  readonly tag: string;
  readonly shown: boolean;
}

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

  type Run = Driver['run'];
  /** Presses Tab until the keyboard is on the control of that name; everything on the way must show that it has it. */
  const tabTo = async (wanted: RegExp, run: Run = driver?.run, key: '\t' | '⇤' = '\t'): Promise<string> => {
    const passed: string[] = [];
    for (let presses = 0; presses < 60; presses++) {
      await driver.press(key);
      const { name: found, tag, shown } = (await run(focused)) as Focused;
      if (tag === 'body' || tag === 'html') continue;
      expect(shown, found).toBe(true);
      // What scrolls takes the keyboard too, and its name would be all that is in it.
      if (/^(?:a|button|input|textarea)$/.test(tag) && wanted.test(found)) return found;
      passed.push(found);
    }
    throw new Error(`the keyboard does not come to ${wanted}, but to ${passed.join(' | ')}`);
  };
  const pressOn = async (wanted: RegExp, run?: Run) => {
    await tabTo(wanted, run);
    await driver.press('\n');
  };

  it('goes through the first run and the practice page', async () => {
    await begin('welcome');
    await pressOn(/^Next$/);
    await expect.poll(text, patient).toContain('2 of 4');
    await tabTo(/ on a /);
    await driver.press(' →');
    const own = ((await driver.run(focused)) as Focused).name;
    expect(own).toMatch(/ on an? /);
    await pressOn(/^This one/);
    await expect.poll(text, patient).toContain('3 of 4');
    await pressOn(/^Next$/);
    await expect.poll(text, patient).toContain('4 of 4');
    await pressOn(new RegExp(`^Box .: ${own}$`));
    await pressOn(/^Try it on a practice page/);
    await tabTo(/^Message/);
    await driver.press('hello\n');
    await expect
      .poll(() => driver.run(`return document.querySelector('.answer-tools') !== null`), patient)
      .toBe(true);
    await tabTo(/^Let it$/, driver.run, '⇤');
    await driver.press('\n');
    await expect.poll(text, patient).toContain('This page got in the way');
    expect(await driver.run(focused)).toMatchObject({ name: 'Open the box again', shown: true });
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
    await tabTo(/^Message/);
    await driver.press('is it so?\n');
    await expect.poll(text, patient).toContain(answer);
    await expect
      .poll(() => driver.run(`return document.querySelector('.took') !== null`), patient)
      .toBe(true);
    await tabTo(/See what was checked$/, driver.run, '⇤');
    await driver.press('\n');
    await expect.poll(text, patient).toContain('What was checked');
    expect(await driver.run(focused)).toMatchObject({ name: 'Back' });
    const links = Number(await driver.run(`return document.querySelectorAll('.link-button').length`));
    expect(links).toBe(7);
    for (let link = 0; link < links; link++) {
      await pressOn(/, simulated|, passed/i);
      const open = `return document.activeElement.ariaExpanded + ' ' + (document.querySelector('.evidence')?.innerText.length > 10)`;
      expect(await driver.run(open)).toBe('true true');
      // Shut again, so that the next one is the next to come.
      await driver.press('\n');
    }
    await tabTo(/^Export report/);
    await pressOn(/^Check again/);
    await tabTo(/^Back/, driver.run, '⇤');
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
    await driver.press('is it so?\n');
    await expect.poll(async () => (await boxOf(driver))?.text, patient).toContain(answer);
    await driver.runInBox(countPointers);
    await tabTo(/^Open the side panel|^Fold|^Close/, driver.runInBox, '⇤');
    await tabTo(/^Message/, driver.runInBox);
    expect(await driver.runInBox('return window.pointers')).toBe(0);
    await end();
  });
});
