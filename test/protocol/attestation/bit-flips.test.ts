import { describe, expect, it } from 'vitest';
import { allBits, sampleBits, unnoticedFlips } from '../../support/attestation/bit-flips.ts';
import { flipCases } from '../../support/attestation/flip-cases.ts';

/** Of each piece of evidence; `npm run flips` flips every bit. The same sample each time. */
const SAMPLE = 150;
const SEED = 20261125;

const sampled = ['turin-v5', 'v5-emr-2026', 'prod-pcr8'];
const cases = (await flipCases()).filter(
  ({ name, generated }) => generated || sampled.some((part) => name.includes(part)),
);

describe('evidence, certificates, revocation lists and vendor data with one bit flipped', () => {
  it.each(cases)('are refused: $name', { timeout: 60_000 }, async ({ input, verifier }) => {
    const bits = sampleBits(allBits(input), SAMPLE, SEED);
    const { unnoticed, reasons } = await unnoticedFlips(verifier, input, bits);
    expect(unnoticed.filter((_, index) => reasons[index] === null)).toEqual([]);
  });
});

it('a flip that no check looks at is found', async () => {
  const [first] = cases;
  if (first === undefined) throw new Error('no evidence');
  const blind = { ...first.verifier, verify: () => first.verifier.verify(first.input) };
  const { unnoticed, reasons } = await unnoticedFlips(blind, first.input, [{ part: 0, byte: 0, bit: 0 }]);
  expect(unnoticed).toEqual([{ part: 0, byte: 0, bit: 0 }]);
  expect(reasons).toEqual([null]);
});
