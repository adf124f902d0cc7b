import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCrl } from '../../../protocol/attestation/crl.ts';
import { parseSnpReport } from '../../../protocol/attestation/snp/report.ts';
import { parseCertificate } from '../../../protocol/attestation/x509.ts';
import { makeSnp } from '../../support/attestation/amd-pki.ts';
import { codeOf, mutationsOf, noise } from '../../support/attestation/mutations.ts';

const { input, verifier } = makeSnp();
const [vcek = new Uint8Array(), , ark = new Uint8Array(), crl = new Uint8Array()] = input.endorsements;

describe.each([
  { name: 'certificate', parse: parseCertificate, originals: [vcek, ark] },
  { name: 'revocation list', parse: parseCrl, originals: [crl] },
])('the $name parser', ({ parse, originals }) => {
  it('answers noise and mutations with a value or a coded error', () => {
    for (const original of originals) {
      fc.assert(
        fc.property(fc.oneof(noise, mutationsOf(original)), (bytes) => {
          codeOf(() => parse(bytes));
        }),
        { seed: 6, numRuns: 1500 },
      );
    }
  });

  it('does not accept two forms of one signed part', () => {
    for (const original of originals) {
      expect(codeOf(() => parse(new Uint8Array([...original, 0])))).toBe('WAX_DER_TRAILING');
      expect(codeOf(() => parse(original.subarray(0, -1)))).toBe('WAX_DER_SHORT');
    }
  });
});

describe('the report parser', () => {
  it('splits any 1184 bytes and refuses every other length with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1184, maxLength: 1184 }), (bytes) => {
        expect(parseSnpReport(bytes).signed).toHaveLength(0x2a0);
      }),
      { seed: 7, numRuns: 50 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1300 }), (bytes) => {
        fc.pre(bytes.length !== 1184);
        expect(codeOf(() => parseSnpReport(bytes))).toBe('WAX_SNP_LENGTH');
      }),
      { seed: 8, numRuns: 100 },
    );
  });
});

describe('the SEV-SNP verifier', () => {
  it('refuses each report with one changed byte, and never throws', async () => {
    const change = fc.tuple(fc.nat(1183), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(change, async ([index, mask]) => {
        const evidence = input.evidence.map((byte, at) => (at === index ? byte ^ mask : byte));
        const { checks } = await verifier.verify({ ...input, evidence });
        expect(checks.some(({ state }) => state === 'fail')).toBe(true);
      }),
      { seed: 9, numRuns: 150 },
    );
  });

  it('refuses each endorsement with changed bytes, and never throws', async () => {
    const change = fc.tuple(fc.nat(3), fc.nat(4000), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(change, async ([item, offset, mask]) => {
        const endorsements = input.endorsements.map((bytes, at) =>
          at === item
            ? bytes.map((byte, index) => (index === offset % bytes.length ? byte ^ mask : byte))
            : bytes,
        );
        const { checks } = await verifier.verify({ ...input, endorsements });
        expect(checks.some(({ state }) => state === 'fail')).toBe(true);
      }),
      { seed: 10, numRuns: 150 },
    );
  });
});
