import { beforeEach, describe, expect, test } from 'vitest';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import he from '../../../../extension/public/_locales/he/messages.json' with { type: 'json' };
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { describeLine } from '../../../../extension/ui/options/diff-words.ts';
import { describeAccepted, describePreset } from '../../../../extension/ui/options/hardware-words.ts';
import { hardwarePresets } from '../../../../protocol/attestation/presets.ts';
import type { DiffLine } from '../../../../protocol/policy-diff.ts';
import { catalogueSource } from '../catalogue.ts';

const relay = { url: 'https://r.example', operator: 'Rowan' };
const lines: readonly DiffLine[] = [
  { id: 'enclaves', mark: 'new', services: [], shared: [] },
  { id: 'enclaves', mark: 'weaker', services: ['https://1.example'], shared: ['https://1.example'] },
  { id: 'relays', mark: 'new', relays: [relay], everywhere: true },
  { id: 'relays', mark: 'new', relays: [relay], everywhere: false },
  { id: 'log', mark: 'same', origin: 'log.example', entries: 1204 },
  { id: 'log', mark: 'new', origin: 'log.example', entries: 1204 },
  { id: 'publishers', mark: 'new', theirs: null, ours: null },
  { id: 'publishers', mark: 'weaker', theirs: { needed: 1, all: 2 }, ours: { needed: 2, all: 3 } },
  { id: 'publishers', mark: 'new', theirs: { needed: 2, all: 2 }, ours: null },
  { id: 'witnesses', mark: 'weaker', needed: 2, all: 3, dishonest: 0 },
  { id: 'witnesses', mark: 'same', needed: 3, all: 4, dishonest: 1 },
  { id: 'witnesses', mark: 'new', needed: 5, all: 7, dishonest: 2 },
  { id: 'operators', mark: 'weaker', operator: 'Rowan' },
  { id: 'simulator', mark: 'weaker' },
  { id: 'hardware', mark: 'same', weaknesses: [] },
  { id: 'hardware', mark: 'weaker', weaknesses: [{ type: 'tdx', field: 'type', items: [] }] },
  { id: 'freshness', mark: 'same', syncMinutes: 1, cosignatureHours: 1 },
  { id: 'freshness', mark: 'weaker', syncMinutes: 30, cosignatureHours: 48 },
];

const sources = {
  en: catalogueSource('en', en),
  de: catalogueSource('de', de),
  he: catalogueSource('he', he),
};
const said = (locale: keyof typeof sources) => {
  setMessageSource(sources[locale]);
  return lines.map(describeLine);
};

describe('a comparison of trust domains', () => {
  beforeEach(() => setMessageSource(sources.en));

  test.each(['de', 'he'] as const)('is said in the words of %s, every line of it', (locale) => {
    const english = said('en');
    for (const [index, { title, details }] of said(locale).entries()) {
      const line = `${lines[index]?.id} ${index}`;
      // German has the English word for hardware.
      if (title !== 'Hardware') expect(title, line).not.toBe(english[index]?.title);
      // The services of a domain stand there alone; they have no language.
      expect(details.at(-1), line).not.toBe(english[index]?.details.at(-1));
    }
  });

  test('writes its numbers as the language writes them', () => {
    expect(said('en')[5]?.details).toEqual(['log.example, starting at 1,204 entries']);
    expect(said('de')[5]?.details).toEqual(['log.example, ab 1.204 Einträgen']);
  });

  test('names what exactly is accepted, but no ids of machines', () => {
    const change = { type: 'sev-snp', field: 'products', items: ['milan'] } as const;
    expect(describeAccepted(change)).toBe('more chips count (milan)');
    expect(describeAccepted({ ...change, field: 'deniedHardware', items: ['ab'.repeat(64)] })).not.toContain(
      'ab'.repeat(64),
    );
  });
});

test.each(Object.entries(sources))('every preset has a name and a purpose in %s', (_locale, source) => {
  setMessageSource(source);
  for (const preset of Object.values(hardwarePresets).flatMap((all) => Object.keys(all)))
    expect(describePreset(preset).text, preset).not.toBe('');
});
