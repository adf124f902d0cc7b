/**
 * Pictures of scenes for looking at: `PICTURES=/tmp/shots SCENES=chat,fork vitest run …/pictures.test.ts`. With
 * LOOK set, the query is added to the address (`lang=de`, `dir=rtl`, `pseudo`) or the browser is told
 * (`forced`, `zoom`, `narrow`); `store` is the size that stores want.
 */
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright';
import { describe, it } from 'vitest';
import { scenes } from './gallery/scenes.tsx';
import { serveGallery } from './gallery/serve.ts';
import { showScene } from './gallery/show.ts';

const { PICTURES: folder, SCENES: wanted, THEMES: themes = 'light,dark', LOOK: look = '' } = process.env;

describe.runIf(folder !== undefined)('pictures of the gallery', () => {
  it('are taken', async () => {
    mkdirSync(folder ?? '', { recursive: true });
    const gallery = await serveGallery();
    const browser = await chromium.launch({
      executablePath: process.env.WAXSEAL_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
    for (const theme of themes.split(',')) {
      const page = await browser.newPage({
        colorScheme: theme === 'dark' ? 'dark' : 'light',
        timezoneId: 'UTC',
        reducedMotion: 'reduce',
        forcedColors: look === 'forced' ? 'active' : 'none',
        deviceScaleFactor: 1,
      });
      for (const [name, scene] of Object.entries(scenes)) {
        if (wanted !== undefined && !wanted.split(',').includes(name)) continue;
        const size =
          look === 'zoom'
            ? { width: Math.round(scene.width / 2), height: Math.round(scene.height / 2) }
            : look === 'narrow'
              ? { width: 280, height: scene.height }
              : look === 'store'
                ? { width: 1280, height: 800 }
                : scene;
        const query = ['forced', 'zoom', 'narrow', 'store', ''].includes(look) ? '' : `&${look}`;
        await showScene(page, gallery.address, name, { ...scene, ...size }, query);
        await page.screenshot({ path: `${folder}/${name}-${theme}.png` });
      }
      await page.close();
    }
    await browser.close();
    await gallery.close();
  }, 600_000);
});
