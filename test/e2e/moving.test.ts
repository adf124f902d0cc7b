/**
 * A chat in the sealed box of a page that goes away: with a panel in the same window it goes on there, sealed on the
 * way. The panel is one in a tab here; test/extension/panel.test.ts has Chrome's own.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DrivenWorld, describeInBrowsers, startDrivenWorld } from '../support/driven-world.ts';
import { boxOf, type Driver, passFirstRun, writeInBox } from '../support/driver.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { type StaticSite, startStaticSite } from '../support/static-site.ts';

const patient = { timeout: 20_000 };
const webChat = `<!doctype html><title>parley</title><body style="margin:0;min-height:100vh">
<textarea placeholder="Message parley" style="position:fixed;bottom:20px;left:80px;width:600px"></textarea></body>`;
/** Keeps everything that passes between pages of the extension, as another page of it sees it. */
const listen = `
  const passed = (window.passed = []);
  chrome.runtime.onMessage.addListener((message) => { passed.push(JSON.stringify(message)); });
  chrome.runtime.onConnect.addListener((port) => {
    passed.push(port.name);
    port.onMessage.addListener((message) => { passed.push(JSON.stringify(message)); });
  });`;

describeInBrowsers('a chat whose page goes away', (browser) => {
  const asked: string[][] = [];
  let driven: DrivenWorld;
  let site: StaticSite;
  let elsewhere: StaticSite;
  let driver: Driver;

  beforeAll(async () => {
    const engine = scriptedEngine(async (job, onText) => {
      asked.push(job.messages.map(({ content }) => content));
      onText(`Answer ${asked.length}.`);
      return { finish: 'stop', promptTokens: 1, completionTokens: 3 };
    });
    driven = await startDrivenWorld(browser, engine);
    ({ driver } = driven);
    site = await startStaticSite({ '/': webChat });
    elsewhere = await startStaticSite({ '/': '<!doctype html><title>elsewhere</title>' });
    await passFirstRun(driver);
    await driver.ask('popup', 'grants/add', { site: site.origin });
  });
  afterAll(async () => {
    await driven?.close();
    site?.close();
    elsewhere?.close();
  });

  const inPanel = () => driver.runIn('sidepanel', 'return document.body.innerText');
  const chatInBox = async (words: string) => {
    await driver.open(`${site.origin}/`);
    await expect.poll(async () => (await boxOf(driver))?.writable, patient).toBe(true);
    const answer = `Answer ${asked.length + 1}.`;
    await writeInBox(driver, words);
    await expect.poll(async () => (await boxOf(driver))?.text, patient).toContain(answer);
    await expect
      .poll(() => driver.runInBox(`return document.querySelector('.took') !== null`), patient)
      .toBe(true);
  };
  /** Longer than a box may take to show its panel how the chat stands, and the panel to be sure that it is gone. */
  const settle = () => new Promise((done) => setTimeout(done, 1_500));

  it('ends with the page where no panel is open', async () => {
    await chatInBox('the first question');
    await settle();
    await driver.go(`${elsewhere.origin}/`);
    await settle();
    await driver.closeTab();
    await driver.show('sidepanel');
    await expect.poll(inPanel, patient).toContain('Try it with something harmless');
    expect(await inPanel()).not.toContain('first question');
  });

  it('goes on in the panel of the window, and nobody between them can read it', async () => {
    await driver.runIn('popup', listen);
    await chatInBox('the second question');
    await settle();
    expect(await inPanel()).not.toContain('second question');
    await driver.go(`${elsewhere.origin}/`);
    await expect.poll(inPanel, patient).toContain('the second question');
    expect(await inPanel()).toContain('Answer 2.');
    const passed = String(await driver.runIn('popup', 'return window.passed.join()'));
    expect(passed).toContain('sealed');
    for (const word of ['second question', 'Answer 2']) expect(passed).not.toContain(word);
    await driver.closeTab();
  });

  it('is remembered by the model there, in a session of its own', async () => {
    await driver.show('sidepanel');
    await driver.runIn(
      'sidepanel',
      `const area = document.querySelector('textarea');
       Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(area, 'and now?');
       area.dispatchEvent(new Event('input', { bubbles: true }));
       await new Promise((done) => setTimeout(done, 300));
       document.querySelector('button.send').click();`,
    );
    await expect.poll(() => asked.at(-1), patient).toEqual(['the second question', 'Answer 2.', 'and now?']);
  });

  it('says from where it came', async () => {
    expect(await inPanel()).toContain(`Moved here from ${new URL(site.origin).host}`);
  });

  it('waits while another is in the panel, and neither is lost', async () => {
    await chatInBox('the third question');
    await settle();
    await driver.go(`${elsewhere.origin}/`);
    const waits = `A chat from ${new URL(site.origin).host} waits here.`;
    await expect.poll(inPanel, patient).toContain(waits);
    expect(await inPanel()).toContain('the second question');
    expect(await inPanel()).not.toContain('third question');
    await driver.closeTab();
    const press = (n: number) =>
      driver.runIn('sidepanel', `document.querySelectorAll('.waiting button')[${n}].click()`);
    await press(0);
    await expect.poll(inPanel, patient).toContain('the third question');
    expect(await inPanel()).not.toContain('second question');
    // The one that was there waits in its turn.
    await press(0);
    await expect.poll(inPanel, patient).toContain('the second question');
    expect(await inPanel()).toContain(waits);
    await press(1);
    await expect.poll(inPanel, patient).not.toContain(waits);
    expect(await inPanel()).toContain('the second question');
  });

  it('ends with its tab, and with its box', async () => {
    await driver.show('sidepanel');
    await driver.runIn('sidepanel', `document.querySelector('.header-new').click()`);
    await expect.poll(inPanel, patient).toContain('Try it with something harmless');
    await chatInBox('the fourth question');
    await settle();
    await driver.closeTab();
    await chatInBox('the fifth question');
    await settle();
    await driver.click('button[aria-label="Close"]', 'box');
    await settle();
    expect(await inPanel()).not.toMatch(/fourth|fifth/);
    await driver.closeTab();
  });
});
