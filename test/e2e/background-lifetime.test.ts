/**
 * A chat that outlasts the background. No debugger is attached: one that is keeps the service worker alive, and
 * so hides what this test is about. The pages are driven by scripts put into a copy of the extension, and tell
 * what they see to a server of this test.
 */
import { spawn } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { chromiumArguments, chromiumPath } from '../../demo/chromium.ts';
import { extensionFolder } from '../../scripts/build-extension.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { startSealedWorld } from '../support/sealed-world.ts';
import { startStaticSite } from '../support/static-site.ts';

const seconds = 310;
const isWanted = env.SLOW === '1' && chromiumPath() !== undefined;
if (!isWanted)
  console.log('skipped: a stream of more than five minutes (set SLOW=1, and Chromium is needed)');

/** Passes the first run, which the extension opens by itself when it is installed, and goes on to the panel. */
const driveWelcome = `
  const send = (type, body) => chrome.runtime.sendMessage({ type, body });
  await send('settings/seal', { seal: 'AAECAwQFBgcICQoLDA0ODw==' });
  await send('settings/first-run', {});
  location.href = '/sidepanel.html';`;

/** Asks twice, the second time when the first answer is complete, and tells every five seconds what is there. */
const drivePanel = (reports: string) => `
  const asked = [];
  const ask = async (text) => {
    const area = document.querySelector('textarea');
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(area, text);
    area.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((done) => setTimeout(done, 300));
    document.querySelector('button.send')?.click();
    document.activeElement?.blur();
    asked.push(text);
  };
  setInterval(async () => {
    const ready = document.querySelector('textarea') !== null && document.querySelector('.stop-square') === null;
    const text = document.body.innerText;
    if (ready && asked.length === 0 && text.includes('Simulated')) await ask('first question');
    else if (ready && asked.length === 1 && text.includes('word ${seconds}.')) await ask('second question');
    const workers = await chrome.runtime.getContexts({ contextTypes: ['BACKGROUND'] });
    const body = JSON.stringify({ background: workers.length > 0, asked: asked.length, text: document.body.innerText });
    await fetch('${reports}', { method: 'POST', mode: 'no-cors', body });
  }, 5000);`;

interface Report {
  background: boolean;
  asked: number;
  text: string;
}

describe.skipIf(!isWanted)('a chat without a debugger attached', () => {
  it(`streams for ${seconds} seconds while the background sleeps, and goes on after it`, async () => {
    let question = 0;
    const engine = scriptedEngine(async (_job, onText, signal) => {
      question += 1;
      const words = question === 1 ? seconds : 1;
      for (let word = 1; word <= words && !signal.aborted; word++) {
        onText(question === 1 ? `word ${word}. ` : 'And again.');
        await new Promise((done) => setTimeout(done, 1_000));
      }
      return { finish: 'stop', promptTokens: 1, completionTokens: words };
    });
    const world = await startSealedWorld(engine, { tickMs: 500, maxRecords: 1024 });
    const site = await startStaticSite({});
    const scratch = await mkdtemp(join(tmpdir(), 'waxseal-lifetime-'));
    const extension = join(scratch, 'extension');
    await cp(resolve(extensionFolder('e2e', 'chrome')), extension, { recursive: true });
    await writeFile(join(extension, 'waxseal-domain.json'), world.domain);
    for (const [page, script] of [
      ['welcome', driveWelcome],
      ['sidepanel', drivePanel(site.origin)],
    ] as const) {
      await writeFile(join(extension, `drive-${page}.js`), script);
      await appendFile(
        join(extension, `${page}.html`),
        `<script type="module" src="/drive-${page}.js"></script>`,
      );
    }
    const { key } = JSON.parse(await readFile(join(extension, 'manifest.json'), 'utf8'));
    expect(key).toBeTypeOf('string');
    const flags = ['--headless=new', '--no-sandbox', `--user-data-dir=${join(scratch, 'profile')}`];
    const child = spawn(chromiumPath() ?? '', [...flags, ...chromiumArguments(extension), 'about:blank'], {
      stdio: 'ignore',
    });
    const reports = () => site.received.map((text) => JSON.parse(text) as Report);
    try {
      const patient = { timeout: 420_000, interval: 2_000 };
      await expect.poll(() => reports().at(-1)?.text, patient).toContain('And again.');
      const streaming = reports().filter(({ asked }) => asked === 1);
      // It was gone again and again during the stream, which is what makes this a test.
      expect(streaming.filter(({ background }) => !background).length).toBeGreaterThan(10);
      expect(reports().at(-1)?.text).toContain(`word ${seconds}.`);
      expect(question).toBe(2);
    } finally {
      child.kill('SIGTERM');
      await new Promise((done) => child.once('exit', done));
      await world.close();
      site.close();
      await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  }, 460_000);
});
