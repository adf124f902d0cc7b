import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import he from '../../../../extension/public/_locales/he/messages.json' with { type: 'json' };
import { formatAgo, formatSpan, groupHex, shortHex } from '../../../../extension/ui/i18n/format.ts';
import { setMessageSource, t, tn } from '../../../../extension/ui/i18n/messages.ts';
import { type Catalogue, catalogueSource } from '../catalogue.ts';

const catalogues: Record<string, Catalogue> = { en, de, he };

describe.each(Object.entries(catalogues))('the messages of %s', (_locale, catalogue) => {
  test('lack none of the English ones, and have no other', () => {
    expect(Object.keys(en).filter((key) => !Object.hasOwn(catalogue, key))).toEqual([]);
    expect(Object.keys(catalogue)).toEqual(Object.keys(en));
  });

  test('number their placeholders in the order of their names, as `t` fills them', () => {
    for (const [key, { placeholders = {} }] of Object.entries(catalogue)) {
      const names = Object.keys(placeholders);
      expect(names, key).toEqual([...names].sort());
      expect(
        Object.values(placeholders).map(({ content }) => content),
        key,
      ).toEqual(names.map((_, i) => `$${i + 1}`));
    }
  });

  test('use every placeholder they declare, and no other', () => {
    for (const [key, { message, placeholders = {} }] of Object.entries(catalogue)) {
      const used = [...message.matchAll(/\$(\w+)\$/g)].map(([, name = '']) => name.toLowerCase());
      // "One hour" need not write its one.
      const must = key.endsWith('_one') ? Object.keys(placeholders).filter((name) => name !== 'n') : [];
      const all = Object.keys(placeholders);
      expect(all, key).toEqual(expect.arrayContaining([...new Set(used)]));
      expect(used, key).toEqual(expect.arrayContaining(key.endsWith('_one') ? must : all));
    }
  });

  test('declare the placeholders that the English ones have', () => {
    for (const [key, { placeholders = {} }] of Object.entries(catalogue)) {
      const english = (en as Catalogue)[key]?.placeholders ?? {};
      expect(Object.keys(placeholders), key).toEqual(Object.keys(english));
    }
  });

  test('never praise and never shout', () => {
    for (const [key, { message }] of Object.entries(catalogue)) {
      expect(message, key).not.toMatch(/!|military|oops|100 ?%|unhackable|guarantee/i);
    }
  });
});

test('every message is used somewhere, and only by its name or the stem of its plural', () => {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const files = globSync(['extension/**/*.{ts,tsx}', 'wxt.config.ts'], { cwd: root });
  const source = files.map((file) => readFileSync(`${root}${file}`, 'utf8')).join('\n');
  const built = /^(?:shape|wax|picture)[A-Z]|^(?:check|code|label)_/;
  const unused = Object.keys(en)
    .map((key) => key.replace(/_(?:one|other)$/, ''))
    .filter((key) => !built.test(key) && !new RegExp(`['_]${key}['_]`).test(source));
  expect(unused).toEqual([]);
});

describe('t and tn', () => {
  beforeAll(() => setMessageSource(catalogueSource('en', en)));

  test('fill placeholders by name', () => {
    expect(t('failedCount', { total: 10, n: 1 })).toBe('1 of 10 checks failed');
    expect(t('sealName', { wax: 'moss', picture: 'fir', shape: 'shield' })).toBe('fir on a shield, moss');
  });

  test('choose the form for the number and write large ones with separators', () => {
    expect(tn('chainWitnesses', 1)).toBe('1 witness saw the same log');
    expect(tn('chainWitnesses', 1204)).toBe('1,204 witnesses saw the same log');
  });
});

describe('formats', () => {
  beforeAll(() => setMessageSource(catalogueSource('en', en)));

  test('say ages and spans in the largest fitting unit', () => {
    expect(formatAgo(0, 20_000)).toBe('20 seconds ago');
    expect(formatAgo(0, 6 * 60_000)).toBe('6 minutes ago');
    expect(formatSpan(365 * 86_400_000 - 60_000)).toBe('1 year');
    expect(formatSpan(-3 * 3_600_000)).toBe('3 hours');
  });

  test('say one day in Hebrew once', () => {
    setMessageSource(catalogueSource('he', he));
    expect(formatAgo(0, 26 * 3_600_000)).toMatch(/^לפני יום/);
    expect(formatAgo(0, 26 * 3_600_000)).not.toContain('(');
    setMessageSource(catalogueSource('en', en));
  });

  test('group digests so that two people can compare them', () => {
    expect(groupHex('9c41e07a52bd18f6c0')).toBe('9c41e07a 52bd18f6 c0');
    expect(shortHex('9c41e07a52bd18f6c0a3774e')).toBe('9c41 e07a … 774e');
  });
});
