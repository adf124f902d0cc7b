import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { waxColours } from '../../../extension/ui/seal/seal-mark.tsx';

const css = readFileSync(new URL('../../../extension/ui/styles/tokens.css', import.meta.url), 'utf8');

/** Each token is `light-dark(light, dark)`, or one colour for both. */
function themes(): Record<'light' | 'dark', Map<string, string>> {
  const pattern = /--([\w-]+):\s*(?:light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)|(#[\da-f]{6}));/g;
  const found = [...css.matchAll(pattern)];
  const read = (at: 2 | 3) => new Map(found.map((match) => [match[1] ?? '', match[at] ?? match[4] ?? '']));
  return { light: read(2), dark: read(3) };
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Foreground, backgrounds, and the least contrast that WCAG 2.2 asks for. */
const pairs: readonly [foreground: string, backgrounds: readonly string[], least: number][] = [
  ['ink', ['paper', 'surface', 'sunken', 'alarm-tint', 'sim-tint'], 4.5],
  ['ink-2', ['paper', 'surface', 'sunken'], 4.5],
  ['ink-3', ['paper', 'surface', 'sunken', 'alarm-tint'], 4.5],
  ['seal', ['paper', 'surface', 'seal-tint'], 4.5],
  ['on-seal', ['seal'], 4.5],
  ['warn', ['paper', 'surface', 'warn-tint'], 4.5],
  ['on-warn', ['warn'], 4.5],
  ['alarm', ['paper', 'surface', 'sunken', 'alarm-tint'], 4.5],
  ['on-alarm', ['alarm'], 4.5],
  ['on-alarm-solid', ['alarm-solid'], 4.5],
  ['sim', ['paper', 'surface', 'sim-tint'], 4.5],
  ['on-act', ['act', 'ink-2'], 4.5],
  ['on-flap', ['flap'], 4.5],
  ['on-flap-2', ['flap'], 4.5],
  ['flap-seal', ['flap'], 4.5],
  ['flap-warn', ['flap'], 4.5],
  ['flap-alarm', ['flap'], 4.5],
  ['flap-sim', ['flap'], 4.5],
  ['code-keyword', ['sunken'], 4.5],
  ['code-string', ['sunken'], 4.5],
  ['code-number', ['sunken'], 4.5],
  ['code-comment', ['sunken'], 4.5],
  ['line-strong', ['paper', 'surface', 'sunken'], 3],
  ['focus', ['paper', 'surface', 'sunken'], 3],
];

describe.each(Object.entries(themes()))('contrast in the %s theme', (_theme, tokens) => {
  const colour = (name: string): string => {
    const value = tokens.get(name);
    if (value === undefined) throw new Error(`no token ${name}`);
    return value;
  };

  test.each(pairs.flatMap(([front, backs, least]) => backs.map((back) => [front, back, least] as const)))(
    '%s on %s is at least %d',
    (front, back, least) => {
      expect(contrast(colour(front), colour(back))).toBeGreaterThanOrEqual(least);
    },
  );

  test('every wax stands out from the page and carries a white picture', () => {
    for (const { wax } of Object.values(waxColours)) {
      expect(contrast(wax, colour('paper'))).toBeGreaterThanOrEqual(3);
      expect(contrast(wax, colour('surface'))).toBeGreaterThanOrEqual(3);
      expect(contrast('#ffffff', wax)).toBeGreaterThanOrEqual(4.5);
    }
  });
});

test('all waxes have the same lightness, so that none is told by colour alone', () => {
  const all = Object.values(waxColours).map(({ wax }) => luminance(wax));
  expect(Math.max(...all) - Math.min(...all)).toBeLessThan(0.01);
});

test('the table of the specification comes out of the tokens', () => {
  const { light, dark } = themes();
  const at = (theme: Map<string, string>, front: string, back: string) =>
    contrast(theme.get(front) ?? '', theme.get(back) ?? '').toFixed(2);
  expect(at(light, 'ink', 'paper')).toBe('17.01');
  expect(at(dark, 'ink', 'paper')).toBe('16.32');
  expect(at(light, 'warn', 'warn-tint')).toBe('5.70');
  expect(at(dark, 'alarm', 'alarm-tint')).toBe('7.13');
});
