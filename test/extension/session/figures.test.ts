import { describe, expect, it } from 'vitest';
import { reportFigures } from '../../../extension/session/figures.ts';
import { verifyAnswer } from '../../../protocol/verify.ts';
import { makeExchange } from '../../support/verified-exchange.ts';

async function reportWithGrace() {
  const { exchange, surroundings } = await makeExchange();
  const report = await verifyAnswer(exchange, surroundings);
  const grace = { expires: '2026-12-01T00:00:00.000Z', publishers: ['a', 'b'], publisherCount: 5 };
  const rows = report.rows.map((row) => (row.id === 'platform' ? { ...row, evidence: { grace } } : row));
  return { ...report, rows };
}

describe('the figures of a report', () => {
  it('are those of the grace where the report stands on one: its end and its publishers', async () => {
    const report = { ...(await reportWithGrace()), state: 'sealed-grace' as const };
    expect(reportFigures(report, 0)).toMatchObject({
      endsAt: Date.UTC(2026, 11, 1),
      publishers: { signed: 2, all: 5 },
    });
  });

  it('are those of the release in every other state', async () => {
    const figures = reportFigures(await reportWithGrace(), 0);
    expect(figures.endsAt).toBeUndefined();
    expect(figures.publishers).toEqual({ signed: 2, all: 3 });
  });
});
