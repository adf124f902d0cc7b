/**
 * What the extension costs: bytes in other people's pages, the start of the sealed box, a verification in each
 * browser with the simulator's evidence, memory while nobody uses it.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright';
import { chromiumPath, extensionId, openChromium } from '../../demo/chromium.ts';
import { allowSite, finishFirstRun } from '../../demo/person.ts';
import { buildExtension } from '../../scripts/build-extension.ts';
import { zipFolder } from '../../scripts/zip-folder.ts';
import { bundleForPage } from '../support/browser-bundle.ts';
import { startChromiumDriver } from '../support/chromium-driver.ts';
import { type Driver, passFirstRun } from '../support/driver.ts';
import { hasFirefox, startFirefox } from '../support/firefox.ts';
import { startFirefoxDriver } from '../support/firefox-driver.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';
import { type StaticSite, startStaticSite } from '../support/static-site.ts';
import { makeExchange } from '../support/verified-exchange.ts';
import { buildMeasured } from './extension/built.ts';
import { injectedInto } from './extension/injected.ts';
import { closeWelcome, idleChromium, idleFirefox } from './extension/memory.ts';
import { packExchange, verifyPacked } from './extension/portable-exchange.ts';
import { type BoxStart, measureBox, startBox } from './extension/start.ts';
import type { BenchRow } from './measure.ts';

const STARTS = 9;
const VERIFICATIONS = 200;
const uuid = '11111111-2222-4333-8444-555555555555';

const chat = `<!doctype html><html><head><title>parley</title></head><body style="margin:0;min-height:100vh">
  <textarea placeholder="Message parley" style="position:fixed;bottom:20px;left:280px;width:600px"></textarea></body></html>`;

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const kb = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
const mb = (value: number) => `${value.toFixed(1)} MB`;
const row = (what: string, ours: string, more: Partial<BenchRow> = {}): BenchRow => ({
  what,
  ours,
  beside: '-',
  ratio: '-',
  goal: '-',
  ...more,
});

async function sizeRows(folder: string, site: StaticSite, scratch: string): Promise<BenchRow[]> {
  const profile = join(scratch, 'bytes');
  const context = await openChromium({ extension: folder, profile, headless: true });
  try {
    const id = await extensionId(context);
    await finishFirstRun(context, id);
    const url = `${site.origin}/`;
    const before = await injectedInto(context, url);
    await allowSite(context, id, site.origin);
    const after = await injectedInto(context, url);
    const store = await zipFolder(resolve(await buildExtension('store', 'chrome', scratch)));
    const shown = ({ scripts, gzipBytes, elements }: typeof before) =>
      `${gzipBytes === 0 ? '0' : kb(gzipBytes)} (${scripts} scripts, ${elements} elements)`;
    return [
      row('injected into a page of a site that was not granted, gzip', shown(before), { goal: '0' }),
      row('injected into a page of a granted site, gzip', shown(after), { goal: '< 15 KB' }),
      row('the whole zip for Chrome', kb(store.length), { goal: '< 600 KB' }),
    ];
  } finally {
    await context.close();
  }
}

async function startRows(name: string, driver: Driver, site: StaticSite): Promise<BenchRow[]> {
  try {
    await passFirstRun(driver);
    const granted = await driver.ask('popup', 'grants/add', { site: site.origin });
    if (!granted.ok) throw new Error(`no grant: ${granted.code}`);
    const starts: BoxStart[] = [];
    for (let round = 0; round < STARTS; round++) starts.push(await startBox(driver, `${site.origin}/`));
    const of = (key: keyof BoxStart) => median(starts.map((start) => start[key]));
    const empty = of('emptyFrameMs');
    return [
      row(`sealed box takes keys, since its frame began, ${name}`, ms(of('writableMs')), {
        beside: `${ms(empty)} (empty frame of the page)`,
        ratio: (of('writableMs') / empty).toFixed(1),
      }),
      row(`sealed box is checked, since its frame began, ${name}`, ms(of('checkedMs'))),
      row(`sealed box takes keys, since the page began, ${name}`, ms(of('sincePageMs'))),
    ];
  } finally {
    await driver.close();
  }
}

async function verifyRows(): Promise<BenchRow[]> {
  const { exchange, surroundings } = await makeExchange();
  const packed = packExchange(exchange, surroundings);
  const script = await bundleForPage(
    new URL('./extension/portable-exchange.ts', import.meta.url),
    'portable',
  );
  const site = await startStaticSite({
    '/': '<!doctype html><script src="/code.js"></script>',
    '/code.js': { body: script, headers: { 'content-type': 'text/javascript' } },
  });
  const body = `return verifyPacked(${JSON.stringify(packed)}, ${VERIFICATIONS})`;
  const node = median(await verifyPacked(packed, VERIFICATIONS));
  const rowOf = (name: string, times: number[]) =>
    row(`a verification with the simulator's evidence, ${name}`, ms(median(times)), {
      beside: `${ms(node)} (Node.js)`,
      ratio: (median(times) / node).toFixed(2),
    });
  const rows: BenchRow[] = [];
  try {
    const browser = await chromium.launch({ executablePath: chromiumPath() ?? '', args: ['--no-sandbox'] });
    const page = await browser.newPage();
    await page.goto(site.origin);
    rows.push(rowOf('Chromium', await page.evaluate(`(async () => { ${body} })()`)));
    await browser.close();
    if (hasFirefox) {
      const firefox = await startFirefox('bench@waxseal', uuid);
      await firefox.open(site.origin);
      rows.push(rowOf('Firefox', (await firefox.run(body)) as number[]));
      await firefox.close();
    }
  } finally {
    site.close();
  }
  return rows;
}

async function memoryRows(chrome: string, firefox: string | null, scratch: string): Promise<BenchRow[]> {
  const { awake, asleep, asleepAfter, emptyPage } = await idleChromium(chrome, scratch);
  const rows = [
    row('idle, background awake, Chromium', mb(awake), {
      beside: `${mb(emptyPage)} (an empty page)`,
      ratio: (awake / emptyPage).toFixed(2),
    }),
    row(`idle for good, Chromium (${asleepAfter} s after the start)`, asleep === 0 ? '0' : mb(asleep)),
  ];
  if (firefox !== null) {
    const manifest = JSON.parse(await readFile(join(firefox, 'manifest.json'), 'utf8'));
    const { without, withOurs } = await idleFirefox(
      firefox,
      manifest.browser_specific_settings.gecko.id,
      uuid,
    );
    rows.push(
      row('idle, added to the process of all extensions, Firefox', mb(withOurs - without), {
        beside: `${mb(without)} (that process without it)`,
        ratio: (withOurs / without).toFixed(2),
      }),
    );
  }
  return rows;
}

export default async function bench(): Promise<BenchRow[]> {
  if (chromiumPath() === undefined) throw new Error('this benchmark needs Chromium');
  const scratch = await mkdtemp(join(tmpdir(), 'waxseal-bench-'));
  const site = await startStaticSite({ '/': chat, '/empty': '<!doctype html><title>empty</title>' });
  let world: SealedWorld | null = null;
  try {
    world = await startSealedWorld();
    const scripts = { composer: measureBox };
    const { domain } = world;
    const chrome = await buildMeasured(scratch, { browser: 'chrome', domain, scripts });
    const firefox = hasFirefox
      ? resolve(await buildMeasured(scratch, { browser: 'firefox', domain, scripts }))
      : null;
    const idleScripts = { welcome: closeWelcome };
    const idle = join(scratch, 'idle');
    return [
      ...(await sizeRows(chrome, site, scratch)),
      ...(await startRows('Chromium', await startChromiumDriver(chrome), site)),
      ...(firefox ? await startRows('Firefox', await startFirefoxDriver(firefox), site) : []),
      ...(await verifyRows()),
      ...(await memoryRows(
        resolve(await buildMeasured(idle, { browser: 'chrome', domain, scripts: idleScripts })),
        firefox && resolve(await buildMeasured(idle, { browser: 'firefox', domain, scripts: idleScripts })),
        scratch,
      )),
    ];
  } finally {
    await world?.close();
    site.close();
    await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
