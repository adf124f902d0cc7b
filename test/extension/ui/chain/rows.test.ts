import { beforeAll, describe, expect, it } from 'vitest';
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { describeRow } from '../../../../extension/ui/chain/rows.ts';
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import type { LogProblemKind } from '../../../../protocol/log/accept.ts';
import type { Check, Row, RowId } from '../../../../protocol/report.ts';
import { catalogueSource } from '../catalogue.ts';
import { figures, report, simulatedReport } from '../gallery/fixtures.ts';

beforeAll(() => setMessageSource(catalogueSource('en', en)));

/** What is said of papers of which these checks passed. */
function wordsFor(vendor: string, ids: string[]): string {
  const checks = ids.map((id): Check => ({ id, state: 'pass', code: null, text: '' }));
  const rows = report.rows.map((row) => (row.id === 'collateral' ? { ...row, checks } : row));
  const row = rows.find(({ id }) => id === 'collateral');
  if (!row) throw new Error('no row');
  return describeRow(row, { ...report, vendor, rows }, figures).sentence;
}

describe('the words for papers', () => {
  it('speak of revocation lists where there are any', () => {
    expect(wordsFor('AMD', ['C8.vcek', 'C7.crl', 'C8.crl'])).toContain('this chip is not on the list');
  });

  it('say that there is none where only dates were checked', () => {
    expect(wordsFor('AWS', ['C8.leaf', 'C8.root'])).toBe(
      'AWS’s certificates are current. AWS publishes no list of withdrawn ones.',
    );
  });
});

describe('the words for a simulator', () => {
  it('do not have the report’s own name for it, and call nothing it says a chip of somebody', () => {
    for (const row of simulatedReport.rows) {
      const { title, sentence } = describeRow(row, simulatedReport, figures);
      expect(`${title} ${sentence}`).not.toMatch(/Waxseal simulator|AMD/);
    }
  });
});

describe('the words for firmware that passed', () => {
  const wordsUnder = (evidence: Row['evidence']) => {
    const rows = report.rows.map((row) => (row.id === 'platform' ? { ...row, evidence } : row));
    const row = rows.find(({ id }) => id === 'platform');
    return row && describeRow(row, { ...report, rows }, figures).sentence;
  };

  it('say that it waits for a patch where it passed under a grace only', () => {
    expect(wordsUnder({ grace: { entry: 3 } })).toContain('waits for a patch');
    expect(wordsUnder({})).toContain('recent enough');
  });
});

describe('the words for a check that failed', () => {
  const log: Record<LogProblemKind, RowId> = {
    fork: 'log',
    rollback: 'log',
    signature: 'log',
    quorum: 'log',
    age: 'log',
    clock: 'log',
    update: 'log',
    unreachable: 'log',
  };
  const evidence: readonly [variant: string, row: RowId][] = [
    ['type', 'evidence'],
    ['dated', 'collateral'],
    ['revoked', 'collateral'],
    ['unsigned', 'collateral'],
    ['old', 'platform'],
    ['debug', 'platform'],
    ['unaccepted', 'platform'],
    ['demanded', 'platform'],
  ];
  const releases = ['behind', 'service', 'revoked', 'retired', 'expired', 'not-yet', 'unknown'];
  const all = [
    ...evidence,
    ...Object.entries(log),
    ...releases.map((name): [string, RowId] => [name, 'release']),
  ];

  it.each(all)('are in the message files: %s in the row %s', (variant, id) => {
    const sentence = 'only the report has these words';
    const row = { id, state: 'fail', variant, code: 'WAX_X', leadsTo: 'failed', sentence } as const;
    expect(describeRow({ ...row, checks: [], evidence: {} }, report, figures).sentence).not.toBe(sentence);
  });
});
