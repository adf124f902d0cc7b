import { describe, expect, it } from 'vitest';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { historyError } from '../../../../extension/session/history/history-errors.ts';
import { problems } from '../../../../extension/ui/history/problem.tsx';
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { catalogueSource } from '../catalogue.ts';

const codes = Object.keys(historyError.table);

describe('what went wrong with the history', () => {
  it('has words for every code of its table, and for no other', () => {
    expect(Object.keys(problems).sort()).toEqual([...codes].sort());
  });

  it('has other words for each code, and others again in German', () => {
    setMessageSource(catalogueSource('en', en));
    const english = codes.map((code) => problems[code]?.());
    expect(new Set(english).size).toBe(codes.length);
    setMessageSource(catalogueSource('de', de));
    for (const [i, code] of codes.entries()) expect(problems[code]?.(), code).not.toBe(english[i]);
  });
});
