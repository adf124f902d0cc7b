/**
 * `npm run demo`: the whole path once, in a real browser: checked, sealed, answered; then one refusal.
 * Ends with 0 only if all of it came true.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { argv, env, exit } from 'node:process';
import type { Frame, Page } from 'playwright';
import { reportLines } from '../bin/report-text.ts';
import { startAlteredEnclave } from './altered-enclave.ts';
import { buildForDemo } from './build.ts';
import { extensionId, hasDisplay, openChromium } from './chromium.ts';
import { allowSite, exportReport, finishFirstRun, sealedBox, write } from './person.ts';
import { type Stack, startStack } from './stack.ts';

const prompt = 'explain attestation';
const second = 'Is this chat really private?';
const outcomes: { name: string; good: boolean }[] = [];

const say = (line = '') => console.log(line);
const section = (title: string) => say(`\n${title}\n${'─'.repeat(title.length)}`);

/** Notes whether something that the demo claims is true. */
function expect(name: string, good: boolean): void {
  outcomes.push({ name, good });
  say(`${good ? '✓' : '✗'} ${name}`);
}

/** Both the plain prompt and the ways in which a program would spell it. */
function contains(bytes: Buffer, text: string): boolean {
  const plain = Buffer.from(text);
  return [plain, Buffer.from(plain.toString('base64').slice(0, -4)), Buffer.from(text, 'utf16le')].some(
    (spelling) => bytes.includes(spelling),
  );
}

/** The first sealed request that passed, as anyone on the way saw it. */
function showNetwork(stack: Stack): void {
  const sent = stack.tap.sent();
  const at = sent.indexOf('WXSQ');
  const sealed = sent.subarray(Math.max(at, 0), at + 64);
  say(
    `${sent.length} bytes to the enclave, ${stack.tap.received().length} bytes back. A sealed request begins:`,
  );
  for (let line = 0; line < 64; line += 16) {
    const bytes = sealed.subarray(line, line + 16);
    const text = bytes.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.');
    say(`  ${bytes.toString('hex').replaceAll(/(..)/g, '$1 ')} ${text}`);
  }
}

async function showPassing(page: Page, box: Frame, stack: Stack, shots: string): Promise<void> {
  section('One prompt, sealed');
  await write(page, box, prompt);
  say(`Typed into the sealed box on ${page.url()}: “${prompt}”`);
  await box.locator('.answer .answer-tools').waitFor({ timeout: 60_000 });
  const answer = (await box.locator('.answer-text').first().innerText()).trim();
  await page.screenshot({ path: join(shots, 'sealed.png') });
  const report = await exportReport(page, box);
  section('What was checked before it was sealed');
  for (const line of reportLines(report)) say(line);
  section('The answer');
  say(answer);
  section('What the network saw');
  showNetwork(stack);
  const network = Buffer.concat([
    stack.tap.sent(),
    stack.tap.received(),
    Buffer.from(stack.webChat.received.join('\n')),
  ]);
  const pageText = await page.evaluate(() => document.documentElement.outerHTML);
  say();
  expect('every check passed', report.verdict === 'pass');
  expect('the model answered', answer.length > 20);
  expect(
    'the network saw neither prompt nor answer',
    !contains(network, prompt) && !contains(network, answer.slice(0, 40)),
  );
  expect(
    'the web chat’s own page and server saw neither',
    !contains(Buffer.from(pageText), prompt) && stack.webChat.received.length === 0,
  );
  await box.getByRole('button', { name: 'Back' }).first().click();
}

async function showRefusal(
  page: Page,
  box: Frame,
  stack: Stack,
  folder: string,
  shots: string,
): Promise<void> {
  section('The same server with one byte changed');
  const altered = join(folder, 'altered-server');
  await mkdir(altered);
  await stack.replaceEnclave(() => startAlteredEnclave(altered, join(folder, 'enclave.json')));
  const before = stack.tap.sent().length;
  await box.getByRole('textbox').click();
  await page.keyboard.type(second);
  await page.keyboard.press('Enter');
  await box.locator('.failed').waitFor({ timeout: 60_000 });
  await page.screenshot({ path: join(shots, 'refused.png') });
  const words = (await box.locator('.failed-card').innerText()).replaceAll(/\s+/g, ' ').trim();
  const draft = await box.locator('textarea').inputValue();
  const code = (await box.locator('.failed .mono').last().innerText()).trim();
  say(words);
  say(`[${code}]`);
  say();
  const sent = stack.tap.sent().subarray(before);
  expect('the changed server was refused for its measurement', code === 'WAX_RELEASE_UNKNOWN');
  expect('no new prompt left the browser in any form', !contains(sent, second));
  expect('the message is back in the box', draft === second);
}

async function main(): Promise<boolean> {
  const startedAt = performance.now();
  const headless = argv.includes('--headless') || !hasDisplay();
  const folder = await mkdtemp(join(tmpdir(), 'waxseal-demo-'));
  const shots = resolve('.waxseal', 'demo');
  await mkdir(shots, { recursive: true });
  say('Waxseal demo. Everything runs on this computer. The enclave is simulated: nothing here is private.');
  section('Starting');
  say('Building     enclave server and extension');
  const built = await buildForDemo('e2e');
  const stack = await startStack(folder, say);
  try {
    const extension = join(folder, 'extension');
    await cp(built, extension, { recursive: true });
    await cp(stack.domainFile, join(extension, 'waxseal-domain.json'));
    const context = await openChromium({
      extension,
      profile: join(folder, 'profile'),
      headless,
      colorScheme: env.WAXSEAL_DEMO_SCHEME === 'dark' ? 'dark' : 'light',
    });
    try {
      say(
        `Chromium     ${headless ? 'without a window (no display here)' : 'in a window'}, with the extension`,
      );
      const id = await extensionId(context);
      await finishFirstRun(context, id);
      await allowSite(context, id, stack.webChat.url);
      const page = await context.newPage();
      await page.goto(stack.webChat.url);
      const box = await sealedBox(page, id);
      await showPassing(page, box, stack, shots);
      await showRefusal(page, box, stack, folder, shots);
    } finally {
      await context.close();
    }
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
  await writeFile(join(shots, 'outcome.json'), JSON.stringify(outcomes, null, 2));
  section('Result');
  const good = outcomes.length === 7 && outcomes.every((outcome) => outcome.good);
  say(good ? 'All of it is true.' : 'Something above is not true.');
  say(`Screenshots: ${join(shots, 'sealed.png')}, ${join(shots, 'refused.png')}`);
  say(`Took ${Math.round((performance.now() - startedAt) / 1000)} s.`);
  return good;
}

exit((await main()) ? 0 : 1);
