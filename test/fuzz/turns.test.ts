import { expect, it } from 'vitest';
import { fuzzTurns } from './turns.ts';

it('refuses whatever does not open in one way, to the last byte, and goes on serving', {
  timeout: 120_000,
}, async () => {
  const { runs, findings, unharmed } = await fuzzTurns(Number.POSITIVE_INFINITY, 20_261_129, 600);
  expect(findings.map(({ answer }) => answer)).toEqual([]);
  expect(runs).toBe(600);
  expect(unharmed).toBe(true);
});
