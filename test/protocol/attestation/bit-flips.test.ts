import { describe, expect, it } from 'vitest';
import { allBits, reasonUncovered, sampleBits, unnoticedFlips } from '../../support/attestation/bit-flips.ts';
import { realEvidence } from '../../support/attestation/real-evidence.ts';
import { platforms } from '../../support/attestation/refusals.ts';

/** SLOW=1 flips every bit; the fast run a sample that is the same each time. */
const SLOW = process.env.SLOW === '1';
const SAMPLE = 150;
const SEED = 20261125;

const wanted = ['turin-v5', 'v5-emr-2026', 'prod-pcr8'];
const real = realEvidence().filter(({ name }) => wanted.some((part) => name.includes(part)));
const cases = [
  ...platforms.map(({ name, make }) => ({ name: `generated ${name}`, ...make() })),
  ...real.map(({ name, input, verifier }) => ({ name: `real ${name}`, input, verifier })),
];

describe('evidence, certificates, revocation lists and vendor data with one bit flipped', () => {
  it.each(cases)(
    'are refused: $name',
    { timeout: SLOW ? 3_600_000 : 60_000 },
    async ({ name, input, verifier }) => {
      const every = allBits(input);
      const bits = SLOW ? every : sampleBits(every, SAMPLE, SEED);
      const unnoticed = await unnoticedFlips(verifier, input, bits);
      const reasons = new Map<string, number>();
      for (const bit of unnoticed) {
        const reason = reasonUncovered(input, bit);
        if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      const told = [...reasons].map(([reason, count]) => `; ${count} not covered (${reason})`).join('');
      console.log(`${name}: ${bits.length - unnoticed.length} of ${bits.length} flips refused${told}`);
      expect(unnoticed.filter((bit) => reasonUncovered(input, bit) === null)).toEqual([]);
    },
  );
});
