import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Retirement } from '../../../protocol/log/ledger.ts';
import { Retirements } from '../../../protocol/log/retirements.ts';

/** Small numbers, so that many are equal. */
const number = fc.integer({ min: 1, max: 6 });
const list = fc
  .array(fc.record({ product: fc.constantFrom('a', 'b'), below: number, at: number }), { maxLength: 20 })
  .map((all): Retirement[] => all.map((one, index) => ({ ...one, index })));

const covers = (a: Retirement, b: Retirement) =>
  a.product === b.product && a.below >= b.below && a.at <= b.at;

describe('retirements', () => {
  test('of many, keep those that say more than the others, in the order of the log', () => {
    fc.assert(
      fc.property(list, (all) => {
        let expected: Retirement[] = [];
        for (const added of all) {
          if (expected.some((held) => covers(held, added))) continue;
          expected = [...expected.filter((held) => !covers(added, held)), added];
        }
        expect(new Retirements(all).list()).toEqual(expected);
      }),
    );
  });

  test('say when a version is retired and which are at a time, as a walk through all of them would', () => {
    fc.assert(
      fc.property(list, number, (all, value) => {
        const retirements = new Retirements(all);
        for (const product of ['a', 'b', 'c']) {
          const own = all.filter((one) => one.product === product);
          const times = own.filter(({ below }) => value < below).map(({ at }) => at);
          expect(retirements.retiredAt(product, value)).toBe(times.length === 0 ? null : Math.min(...times));
          const below = own.filter(({ at }) => at <= value).map((one) => one.below);
          expect(retirements.retiredBelow(product, value)).toBe(Math.max(0, ...below));
        }
      }),
    );
  });
});
