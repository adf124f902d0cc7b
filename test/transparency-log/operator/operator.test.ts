import { AxeBuilder } from '@axe-core/playwright';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { type Browser, chromium } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../../demo/chromium.ts';
import { buildLogServers } from '../../../transparency-log/app.ts';
import { span } from '../../../transparency-log/operator/figures.ts';
import { html } from '../../../transparency-log/operator/html.ts';
import { buildWitnessServers } from '../../../transparency-log/witness/app.ts';
import { logOfKey } from '../../../transparency-log/witness/log-list.ts';
import { LogWorld, submit } from '../../support/log-server.ts';

const executablePath = chromiumPath();
if (!executablePath) process.stderr.write('skipped: no Chromium for the operator pages\n');

/** What a page says, without its markup. */
const textOf = (body: string) => body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('the markup of an operator page', () => {
  it('takes every value for text', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const { text } = html`<p title="${value}">${[value]}</p>`;
        expect(text.replace(/^<p title="[^"<>]*">[^<>]*<\/p>$/s, '')).toBe('');
      }),
      { seed: 4, numRuns: 500, examples: [['<script>'], ['"onload="'], ["'&amp;"]] },
    );
  });

  it('says how long ago something was in the largest unit that fits', () => {
    expect([999, 1000, 61_000, 7_200_000, 86_400_000 * 3].map(span)).toEqual([
      '0 seconds',
      '1 second',
      '1 minute',
      '2 hours',
      '3 days',
    ]);
  });
});

describe('the operator page of a log', () => {
  let world: LogWorld;
  let app: FastifyInstance;
  let operator: FastifyInstance;
  beforeEach(async () => {
    world = await LogWorld.create();
    ({ app, operator } = await buildLogServers(await world.options({ folder: world.folder })));
  });
  afterEach(async () => {
    await app.close();
    await world.close();
  });
  const page = async () =>
    textOf((await operator.inject({ url: '/', headers: { host: 'localhost:1' } })).body);

  it('says that all is well, with size, quorum, disk, and what each witness answered', async () => {
    await submit(app, await world.release(1));
    const text = await page();
    expect(text).toContain('Well. 2 of 3 witnesses signed the newest checkpoint');
    expect(text).toContain('The log takes entries, and its witnesses sign them');
    expect(text).toContain('Published size 2 Sequenced and not witnessed yet 0 Budget used 0.0 % of 100,000');
    expect(text).toMatch(/Disk free \d+\.\d GiB of \d+\.\d GiB/);
    for (const { url, key } of world.endpoints) expect(text).toContain(`${key.name} ${url} just now signed`);
    expect(text).toContain('Refused since the start Nothing.');
  });

  it('says which witness does not answer, and counts what was refused, by code', async () => {
    await world.stopWitness(1);
    await submit(app, await world.release(1));
    for (let time = 0; time < 3; time++) await submit(app, Buffer.from('{}'));
    const text = await page();
    expect(text).toContain('WAX_WITNESS_UNREACHABLE');
    expect(text).toContain('WAX_STATEMENT_ENVELOPE 3 just now');
    expect(text).toContain('Well.');
  });

  it('says that it waits when there is no quorum, and for what', async () => {
    await world.stopWitness(0);
    await world.stopWitness(1);
    const waiting = submit(app, await world.release(1));
    await expect.poll(page, { timeout: 10_000 }).toContain('Waiting. WAX_LOGSERVER_NO_QUORUM');
    expect(await page()).toContain('Sequenced and not witnessed yet 1');
    await world.startWitness(0);
    await waiting;
    expect(await page()).toContain('Well.');
  });

  it('is shown under the names of this machine only, and has no scripts', async () => {
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.', 'localhost:80:80']) {
      expect((await operator.inject({ url: '/', headers: { host } })).statusCode, host).toBe(403);
    }
    const { headers, body } = await operator.inject({ url: '/', headers: { host: '127.0.0.1:4091' } });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'self';/);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(body).not.toMatch(/<script|style="|\son\w+=/);
    // Not part of what everybody can ask for.
    expect((await app.inject('/operator')).statusCode).toBe(404);
  });

  it.skipIf(!executablePath)(
    'is readable in both themes and fits a narrow screen',
    { timeout: 120_000 },
    async () => {
      await submit(app, Buffer.from('{}'));
      const url = await operator.listen({ host: '127.0.0.1', port: 0 });
      const browser: Browser = await chromium.launch({ executablePath: executablePath ?? '' });
      try {
        for (const colorScheme of ['light', 'dark'] as const) {
          const context = await browser.newContext({ colorScheme, viewport: { width: 320, height: 700 } });
          const shown = await context.newPage();
          await shown.goto(url);
          const { violations } = await new AxeBuilder({ page: shown }).disableRules('meta-refresh').analyze();
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
          expect(await shown.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
          expect(await shown.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
            colorScheme === 'light' ? 'rgb(250, 251, 250)' : 'rgb(15, 20, 18)',
          );
        }
      } finally {
        await browser.close();
      }
    },
  );
});

describe('the operator page of a witness', () => {
  it('shows what it has signed for each log, and what it refused', async () => {
    const world = await LogWorld.create();
    const [signer] = world.builder.witnesses;
    if (!signer) throw new Error('no witness');
    const logs = [logOfKey(world.builder.signer.verifierKey.text)];
    const { app, operator } = buildWitnessServers({ signer, logs, database: `${world.folder}/page.db` });
    const page = async () => textOf((await operator.inject({ url: '/', headers: { host: '[::1]' } })).body);
    expect(await page()).toContain(`${world.builder.origin} none yet never not limited`);
    const add = (body: string) => app.inject({ method: 'POST', url: '/add-checkpoint', body });
    const checkpoint = await world.builder.sealCheckpoint({ by: [] });
    expect((await add(`old 0\n\n${checkpoint}`)).statusCode).toBe(200);
    expect((await add(`old 7\n\n${checkpoint}`)).statusCode).toBe(400);
    const text = await page();
    expect(text).toContain('The witness watches one log');
    expect(text).toMatch(new RegExp(`${world.builder.origin} 1 \\S+ just now not limited`));
    expect(text).toContain('WAX_WITNESS_OLD_SIZE 1 just now');
    await app.close();
    await world.close();
  });
});
