/**
 * Pictures of the explorer for looking at: `EXPLORER_PICTURES=docs/images/gallery vitest run …/explorer-pictures.test.ts`
 */
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright';
import { describe, it } from 'vitest';
import { chromiumPath } from '../../demo/chromium.ts';
import { ExplorerWorld } from '../support/explorer-world.ts';

const { EXPLORER_PICTURES: folder } = process.env;
const sizes = { wide: { width: 1200, height: 980 }, narrow: { width: 390, height: 800 } };
const pages: [name: string, path: (world: ExplorerWorld) => string][] = [
  ['log-home', () => '/'],
  ['log-entry', ({ newest }) => `/entry/${newest}`],
  ['log-search', () => '/search?q=9c41e07a'],
  ['log-entries', () => '/entries'],
];

describe.runIf(folder !== undefined)('pictures of the explorer', () => {
  it('are taken', { timeout: 600_000 }, async () => {
    mkdirSync(folder ?? '', { recursive: true });
    const world = await ExplorerWorld.start();
    const browser = await chromium.launch({ executablePath: chromiumPath() ?? '' });
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [width, viewport] of Object.entries(sizes)) {
        const page = await browser.newPage({ colorScheme, viewport, reducedMotion: 'reduce' });
        for (const [name, path] of pages) {
          await page.goto(world.url + path(world));
          await page.waitForSelector('.verdict-passed');
          await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
        }
        await page.close();
        const still = await browser.newPage({ colorScheme, viewport, javaScriptEnabled: false });
        await still.goto(world.url);
        await still.screenshot({ path: `${folder}/log-no-script-${width}-${colorScheme}.png` });
        await still.close();
      }
    }
    await browser.close();
    await world.close();
  });
});
