import { beforeAll, describe, expect, it } from 'vitest';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { recordedPairs } from '../../../../extension/ui/chain/recorded.ts';
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import type { Row, RowId, VerificationReport } from '../../../../protocol/report.ts';
import { verifyAnswer } from '../../../../protocol/verify.ts';
import { LogBuilder } from '../../../support/log-builder.ts';
import { makeExchange } from '../../../support/verified-exchange.ts';
import { catalogueSource } from '../catalogue.ts';

const grace = {
  entry: 3,
  publishers: ['Ada', 'Grace'],
  publisherCount: 3,
  event: 'INTEL-TCB-R-20',
  reason: 'BIOS is due',
  expires: '2026-12-01T00:00:00.000Z',
};

/** The values of one row. */
const valuesOf = ({ rows }: VerificationReport, wanted: RowId) =>
  recordedPairs(rows.filter(({ id }) => id === wanted));

let passed: VerificationReport;
let revoked: VerificationReport;
beforeAll(async () => {
  const { exchange, surroundings } = await makeExchange();
  const demands = { 'sev-snp-simulated': 'hardened' };
  passed = await verifyAnswer(exchange, { ...surroundings, demands });

  const log = await LogBuilder.create();
  const { index } = await log.release();
  await log.revoke(index);
  await log.publish();
  const after = await makeExchange({ log });
  revoked = await verifyAnswer(after.exchange, after.surroundings);
});

describe('what the rows of a report recorded', () => {
  it('has a word in each language for every value that is not hardware’s own', () => {
    setMessageSource(catalogueSource('de', de));
    const own: RowId[] = [
      'answer',
      'evidence',
      'collateral',
      'binding',
      'release',
      'machine',
      'wire',
      'lifetime',
    ];
    for (const report of [passed, revoked]) {
      for (const id of own) {
        const values = valuesOf(report, id);
        expect(values.length, id).toBeGreaterThan(0);
        expect(
          values.filter(([, , , standard]) => standard),
          id,
        ).toEqual([]);
      }
    }
    const labels = valuesOf(revoked, 'release').map(([label]) => label);
    expect(labels).toEqual(
      expect.arrayContaining(['Zurückgenommen durch Eintrag', 'Grund', 'Modell · 1 · id']),
    );
  });

  it('keeps the standards’ names, as files have them, for what hardware put into the proof', () => {
    setMessageSource(catalogueSource('de', de));
    const values = valuesOf(passed, 'platform');
    expect(values).toContainEqual(['report.policy.debug', 'nein', false, true]);
    // A name that the standard shares with a row of ours is not translated in the middle of a path.
    expect(values.some(([label]) => label === 'report.version')).toBe(true);
  });

  it('says which rule the person asked for, and which grace holds, in words', () => {
    setMessageSource(catalogueSource('de', de));
    expect(valuesOf(passed, 'platform')).toContainEqual(['Sie verlangen', 'Gehärtet', false, false]);
    const row = { id: 'platform', evidence: { grace } } as unknown as Row;
    expect(recordedPairs([row]).map(([label]) => label)).toEqual([
      'Frist · Eintrag',
      'Frist · Signiert von',
      'Frist · Anzahl der Herausgeber',
      'Frist · Anlass',
      'Frist · Grund',
      'Frist · Gültig bis',
    ]);
  });

  it('writes numbers and dates as the language does', () => {
    setMessageSource(catalogueSource('de', de));
    const row = { id: 'answer', evidence: { bytes: 12_345, expires: grace.expires } } as unknown as Row;
    expect(recordedPairs([row]).map(([, text]) => text)).toEqual([
      '12.345',
      expect.stringMatching(/^1\. Dez\. 2026, /),
    ]);
    setMessageSource(catalogueSource('en-GB', en));
    expect(recordedPairs([row])[0]?.[1]).toBe('12,345');
  });
});
