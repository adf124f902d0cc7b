/** What history.test.ts sees in Chromium, in Firefox: files, edit, drawer, too long, history, comparison. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineError } from '../../enclave-server/engine/errors.ts';
import { buildExtension } from '../../scripts/build-extension.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { type Firefox, hasFirefox, startFirefox } from '../support/firefox.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';

const uuid = '11111111-2222-4333-8444-555555555555';
const page = (name: string) => `moz-extension://${uuid}/${name}.html`;
const patient = { timeout: 20_000 };
const passphrase = 'correct horse battery';
const arrowUp = '\uE013';

interface Job {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly temperature: number;
}

describe.skipIf(!hasFirefox)('writing in Firefox', { timeout: 90_000 }, () => {
  const jobs: Job[] = [];
  let scratch: string;
  let world: SealedWorld;
  let firefox: Firefox;

  const text = () => firefox.run('return document.body.innerText');
  const there = (words: string) => expect.poll(text, patient).toContain(words);
  const typeOnce = async (selector: string, words: string) => {
    const { value } = await firefox.send('WebDriver:FindElement', {
      using: selector.startsWith('(') ? 'xpath' : 'css selector',
      value: selector,
    });
    const [id] = Object.values(value as Record<string, string>);
    await firefox.send('WebDriver:ElementSendKeys', { id, text: words });
  };
  /** Types into a field with real keys, as soon as it is there and takes them. */
  const fill = (selector: string, words: string) =>
    expect
      .poll(
        () =>
          typeOnce(selector, words).then(
            () => 'typed',
            (error: Error) => error.message,
          ),
        patient,
      )
      .toBe('typed');
  /** Presses the button whose name begins so, as soon as there is one. */
  const press = (name: string) =>
    expect
      .poll(
        () =>
          firefox.run(`
            const found = [...document.querySelectorAll('button')].find((one) => (one.ariaLabel ?? one.innerText).startsWith(${JSON.stringify(name)}) && !one.disabled);
            found?.click();
            return found !== undefined;`),
        patient,
      )
      .toBe(true);
  const took = () => firefox.run(`return document.querySelectorAll('.took').length`);
  const say = async (words: string) => {
    const before = Number(await took());
    await firefox.type('.composer-text', words);
    await expect.poll(took, patient).toBe(before + 1);
  };

  beforeAll(async () => {
    const engine = scriptedEngine(async (job, onText) => {
      jobs.push(job as unknown as Job);
      if (job.messages.some(({ content }) => content.includes('too much')))
        throw engineError('WAX_ENGINE_TOO_LONG');
      const print = job.messages.at(-1)?.content.includes('in print');
      onText(print ? '**Wax** &amp; paper &hellip; &nosuch;' : 'A sealed answer.');
      return { finish: 'stop', promptTokens: 12, completionTokens: 3 };
    });
    world = await startSealedWorld(engine);
    scratch = await mkdtemp(join(tmpdir(), 'waxseal-firefox-chat-'));
    const folder = resolve(await buildExtension('development', 'firefox', scratch));
    await writeFile(join(folder, 'waxseal-domain.json'), world.domain);
    await writeFile(join(scratch, 'notes.md'), 'the file says hello');
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    firefox = await startFirefox(manifest.browser_specific_settings.gecko.id, uuid);
    await firefox.install(folder);
    await firefox.open(page('welcome'));
    await firefox.run(`
      await browser.runtime.sendMessage({ type: 'settings/seal', body: { seal: 'AAECAwQFBgcICQoLDA0ODw==' } });
      await browser.runtime.sendMessage({ type: 'settings/first-run', body: {} });`);
    await firefox.open(page('sidepanel'));
  }, 120_000);
  afterAll(async () => {
    await firefox?.close();
    await world?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  it('sends an attached text file inside the message', async () => {
    await there('Try it with something harmless');
    await fill('.attach input', join(scratch, 'notes.md'));
    await there('notes.md');
    await say('What does it say?');
    expect(jobs.at(-1)?.messages.at(-1)?.content).toContain('the file says hello');
  });

  it('replaces the last message by its edit, with the arrow key alone', async () => {
    await fill('.composer-text', arrowUp);
    await there('Sending this replaces your last message');
    await firefox.type('.composer-text', ' Please.');
    await expect
      .poll(() => jobs.at(-1)?.messages.at(-1)?.content, patient)
      .toContain('What does it say? Please.');
    expect(jobs.at(-1)?.messages).toHaveLength(1);
    await expect.poll(took, patient).toBe(1);
  });

  it('gives the model the system prompt and the parameters of the drawer', async () => {
    await press('Model and settings');
    await fill('.field-system textarea', 'Be brief.');
    await fill('.field-temperature input', '0.25');
    await press('Close');
    await say('And now?');
    expect(jobs.at(-1)?.messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
    expect(jobs.at(-1)?.temperature).toBe(0.25);
  });

  it('says that a chat is too long, cuts nothing, and leaves out the oldest only when told to', async () => {
    await firefox.type('.composer-text', 'too much');
    await there('Too long for this model');
    expect(jobs.at(-1)?.messages.map(({ content }) => content)).toContain('And now?');
    await firefox.run(`document.querySelector('.composer-text').select()`);
    await fill('.composer-text', 'a little');
    const before = Number(await took());
    await press('Leave out the oldest');
    await expect.poll(() => jobs.at(-1)?.messages.at(-1)?.content, patient).toBe('a little');
    await there('You left out everything above.');
    await expect.poll(took, patient).toBe(before + 1);
  });

  it('draws an answer with character references as Markdown: nothing asks the page’s parser', async () => {
    await say('say it in print');
    await there('Wax & paper … &nosuch;');
    const strong = `return [...document.querySelectorAll('.answer-text strong')].map((one) => one.innerText)`;
    expect(await firefox.run(strong)).toEqual(['Wax']);
  });

  it('compares with the last check', async () => {
    await firefox.open(page('sidepanel'));
    await there('Try it with something harmless');
    await press('Simulated');
    await there('The same release 1 as at the last check');
  });

  it('keeps chats once a passphrase is set, and gives them back to it alone', async () => {
    await firefox.open(page('options'));
    await press('History');
    await fill('input[type=password]', passphrase);
    await fill('(//input[@type="password"])[2]', passphrase);
    await press('Turn history on');
    await there('History is on');
    await firefox.open(page('sidepanel'));
    await there('Try it with something harmless');
    await say('a question to keep');
    const unlock = async (words: string) => {
      await fill('input[type=password]', words);
      await press('Unlock');
    };
    await press('More');
    await press('Past chats');
    await unlock('not the passphrase');
    await there('does not open your chats');
    await unlock(passphrase);
    await there('Lock now');
    await firefox.open(page('sidepanel'));
    await there('Try it with something harmless');
    expect(await text()).not.toContain('a question to keep');
    await press('More');
    await press('Past chats');
    await unlock(passphrase);
    await press('a question to keep');
    await there('A sealed answer.');
  });
});
