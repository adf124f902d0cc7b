import { describe, expect, it } from 'vitest';
import { extensionError } from '../../../../extension/errors.ts';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import he from '../../../../extension/public/_locales/he/messages.json' with { type: 'json' };
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { remedies } from '../../../../extension/ui/options/refused.tsx';
import { policyError } from '../../../../protocol/policy-errors.ts';
import { type Catalogue, catalogueSource } from '../catalogue.ts';

const codes = [...Object.keys(policyError.table), ...Object.keys(extensionError.table)];

describe('what to do about a refusal', () => {
  it('is known for every code that an import or a change of the options can meet, and for no other', () => {
    expect(Object.keys(remedies).sort()).toEqual([...codes].sort());
  });

  it('is said in each language', () => {
    const said = (locale: string, catalogue: Catalogue) => {
      setMessageSource(catalogueSource(locale, catalogue));
      return codes.map((code) => remedies[code]?.() ?? '');
    };
    const english = said('en', en);
    for (const text of english) expect(text).toMatch(/\.$/);
    for (const [i, text] of said('de', de).entries()) expect(text).not.toBe(english[i]);
    for (const text of said('he', he)) expect(text).toMatch(/[א-ת]/);
  });
});
