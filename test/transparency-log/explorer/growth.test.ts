import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../../protocol/log/dsse.ts';
import type { JudgedEntry } from '../../../protocol/log/replay.ts';
import { parseStatement } from '../../../protocol/log/statement.ts';
import { statementError } from '../../../protocol/log/statement-errors.ts';
import { GrowthRecord } from '../../../transparency-log/explorer/growth.ts';
import { LogBuilder, START } from '../../support/log-builder.ts';

const SECOND = 1000;

async function judgedRelease(): Promise<JudgedEntry> {
  const log = await LogBuilder.create();
  await log.release({ version: 1 });
  const statement = parseStatement(parseEnvelope(log.entries[1] ?? new Uint8Array()).payload);
  return {
    index: 0,
    statement,
    error: null,
    entrySha256: null,
    statementSha256: '',
    signers: [],
    under: null,
  };
}

describe('the growth of a log', () => {
  it('has a step for each second, with the newest entry of each kind in it', async () => {
    const judged = await judgedRelease();
    const growth = new GrowthRecord();
    const at = (index: number, notBefore: number, error: JudgedEntry['error'] = null) =>
      growth.add({
        ...judged,
        index,
        error,
        statement: judged.statement && { ...judged.statement, notBefore },
      });
    at(0, START);
    at(1, START);
    at(2, START + SECOND);
    // Dated before what came before it: it came no earlier.
    at(3, START - SECOND);
    // What is not authorised has no date, and is none of these events.
    at(4, START + 9 * SECOND, statementError('WAX_STATEMENT_LOG'));
    expect(growth.begin).toBe(START);
    const event = Object.keys(growth.steps[0]?.newest ?? {})[0] ?? '';
    expect(growth.steps).toEqual([
      { at: START, size: 2, newest: { [event]: 1 } },
      { at: START + SECOND, size: 5, newest: { [event]: 3 } },
    ]);
  });

  it('takes no more memory than a picture needs, and keeps the beginning, the end and the number', async () => {
    const judged = await judgedRelease();
    const growth = new GrowthRecord();
    const entries = 20_000;
    for (let index = 0; index < entries; index++) {
      const statement = judged.statement && { ...judged.statement, notBefore: START + index * SECOND };
      growth.add({ ...judged, index, statement });
    }
    expect(growth.steps.length).toBeGreaterThan(1000);
    expect(growth.steps.length).toBeLessThanOrEqual(4096);
    expect(growth.begin).toBe(START);
    expect(growth.steps.at(-1)).toMatchObject({ at: START + (entries - 1) * SECOND, size: entries });
    for (const { at, size } of growth.steps) expect(size).toBe(1 + (at - START) / SECOND);
  });
});
