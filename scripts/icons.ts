/**
 * Draws the toolbar icons into extension/public/icons: eight states, three sets of colours, four sizes.
 * Needs a Chromium; the results are committed. `node scripts/icons.ts [path of chromium]`
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { wavySealPath } from '../extension/ui/icons/wavy-seal.ts';

const folder = fileURLToPath(new URL('../extension/public/icons/', import.meta.url));
const sizes = [16, 32, 48, 128];

interface Palette {
  readonly neutral: string;
  readonly seal: string;
  readonly warn: string;
  readonly alarm: string;
  readonly sim: string;
  readonly onSeal: string;
  readonly onWarn: string;
  readonly onAlarm: string;
}

const white = { onSeal: '#fff', onWarn: '#fff', onAlarm: '#fff' };
/** `any` is for a toolbar of unknown theme: every fill has luminance 0.155. */
const palettes: Record<string, Palette> = {
  light: { neutral: '#56615B', seal: '#0E6650', warn: '#8A5200', alarm: '#B3211D', sim: '#6238AE', ...white },
  any: { neutral: '#676F6B', seal: '#197D5E', warn: '#986204', alarm: '#CC3330', sim: '#7C58C9', ...white },
  dark: {
    neutral: '#C3CBC7',
    seal: '#62CBA9',
    warn: '#EDB54A',
    alarm: '#FF8B81',
    sim: '#BEA4F4',
    onSeal: '#0B1F18',
    onWarn: '#241800',
    onAlarm: '#2B0604',
  },
};

const seal = wavySealPath(1.04);
/** (12 - 1.7) and (12 - 1.92) over the outline's own top, so that the heavier stroke ends at the same place. */
const hollow = (small: boolean): string => wavySealPath(small ? 0.9214 : 0.9415);
const diamond =
  'M10.4 1.7a2.26 2.26 0 0 1 3.2 0L22.3 10.4a2.26 2.26 0 0 1 0 3.2L13.6 22.3a2.26 2.26 0 0 1-3.2 0L1.7 13.6a2.26 2.26 0 0 1 0-3.2Z';
const octagon = 'M8 1.8H16L22.2 8V16L16 22.2H8L1.8 16V8Z';
const square =
  'M2.6 7.4V6.1a3.5 3.5 0 0 1 3.5-3.5h1.3M16.6 2.6h1.3a3.5 3.5 0 0 1 3.5 3.5v1.3M21.4 16.6v1.3a3.5 3.5 0 0 1-3.5 3.5h-1.3M7.4 21.4H6.1a3.5 3.5 0 0 1-3.5-3.5v-1.3M10.5 2.6h3M10.5 21.4h3M2.6 10.5v3M21.4 10.5v3';

const line = (d: string, colour: string, width: number): string =>
  `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const fill = (d: string, colour: string): string => `<path d="${d}" fill="${colour}"/>`;

function ring(colour: string, width: number): string {
  const circle = (rest: string) =>
    `<circle cx="12" cy="12" r="9.2" fill="none" stroke="${colour}" stroke-width="${width}" ${rest}/>`;
  return circle('stroke-opacity=".3"') + circle('stroke-dasharray="38 19.8" transform="rotate(-100 12 12)"');
}

function readyMark(colour: string, small: boolean): string {
  if (small) return `<circle cx="12" cy="12" r="4" fill="${colour}"/>`;
  const letter = line('M7 9L9.5 15.4L12 10.2L14.5 15.4L17 9', colour, 2.3);
  return `<g transform="translate(12 12) scale(.82) translate(-12 -12)">${letter}</g>`;
}

function innerRing(colour: string, small: boolean): string {
  if (small) return '';
  return `<circle cx="12" cy="12" r="8" fill="none" stroke="${colour}" stroke-opacity=".4" stroke-width=".5"/>`;
}

/** The drawings. `small` has heavier strokes and no inner detail, for 16 and 24 pixels. */
const drawings: Record<string, (p: Palette, small: boolean) => string> = {
  off: (p, small) => line(hollow(small), p.neutral, small ? 2 : 1.6),
  ready: (p, small) => line(hollow(small), p.neutral, small ? 2 : 1.6) + readyMark(p.neutral, small),
  check: (p, small) => ring(p.neutral, small ? 3 : 2.6),
  lit: (p, small) =>
    fill(seal, p.seal) +
    innerRing(p.onSeal, small) +
    line('M7.4 12.4l3.1 3.1l6.1-6.8', p.onSeal, small ? 2.9 : 2.1),
  warn: (p, small) => fill(diamond, p.warn) + line('M12 6.8v6.4M12 16.8v.2', p.onWarn, small ? 3.1 : 2.3),
  fail: (p, small) =>
    fill(octagon, p.alarm) + line('M8.3 8.3l7.4 7.4M15.7 8.3l-7.4 7.4', p.onAlarm, small ? 3.1 : 2.3),
  fork: (p, small) =>
    fill(octagon, p.alarm) +
    line('M12 18V13.6C12 11 8 11.2 8 7M12 13.6C12 11 16 11.2 16 7', p.onAlarm, small ? 2.9 : 2.1),
  sim: (p, small) =>
    line(square, p.sim, small ? 2.4 : 2.1) +
    line(
      'M14.9 9c-.5-1.2-1.6-1.7-2.9-1.7c-1.7 0-3 .8-3 2.3c0 3.3 6.2 1.4 6.2 4.8c0 1.5-1.5 2.3-3.1 2.3c-1.5 0-2.7-.6-3.2-1.9',
      p.sim,
      small ? 2.2 : 1.9,
    ),
};

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
for (const [state, draw] of Object.entries(drawings)) {
  for (const [variant, palette] of Object.entries(palettes)) {
    for (const size of sizes) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 24 24">${draw(palette, size < 32)}</svg>`;
      await page.setViewportSize({ width: size, height: size });
      await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg}`);
      await page.screenshot({ path: `${folder}${state}-${variant}-${size}.png`, omitBackground: true });
    }
  }
}
await browser.close();
console.log(`${Object.keys(drawings).length * Object.keys(palettes).length * sizes.length} icons drawn`);
