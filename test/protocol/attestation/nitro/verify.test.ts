import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { parseSnpPolicy } from '../../../../protocol/attestation/snp/policy.ts';
import { at, makeNitro, type NitroChange } from '../../../support/attestation/aws-pki.ts';
import { mutationsOf } from '../../../support/attestation/mutations.ts';
import { contentRefusals } from '../../../support/attestation/nitro/content.ts';
import { formRefusals } from '../../../support/attestation/nitro/form.ts';
import { bytes, hour, register, three } from '../../../support/attestation/nitro/parts.ts';

async function verify(change: NitroChange = {}): Promise<EvidenceResult> {
  const { input, verifier } = makeNitro(change);
  return verifier.verify(input);
}

const notPassed = (result: EvidenceResult) => result.checks.filter((check) => check.state !== 'pass');

/** For each check, evidence in which it and, unless `also` says so, nothing else fails. */
const refusals = [...formRefusals, ...contentRefusals];

describe('Nitro evidence', () => {
  it.each([
    ['definite maps', {}],
    ['indefinite maps', { indefinite: true }],
    ['tag 18', { tagged: true }],
    ['absent fields', { document: { nonce: undefined, public_key: undefined } }],
    ['empty fields', { document: { nonce: new Uint8Array(), public_key: new Uint8Array() } }],
    [
      'a clock that is a little behind',
      {
        leaf: { notBefore: at + 20_000 },
        ca1: { notBefore: at + 20_000 },
        document: { timestamp: at + 25_000 },
      },
    ],
    ['three registers only', { pcrs: three }],
    [
      'expected registers',
      { pcrs: [...three, [16, register(9)]], policy: { pcrs: { '16': '09'.repeat(48) } } },
    ],
    [
      'an expected nonce and a key that may be there',
      {
        document: { nonce: bytes(32), public_key: bytes(32) },
        expectedNonce: bytes(32),
        expectedReportData: null,
        policy: { publicKey: true },
      },
    ],
  ] as [string, NitroChange][])('is accepted with %s', async (_what, change) => {
    const result = await verify(change);
    expect(notPassed(result)).toEqual([]);
    expect(Object.keys(result.measurement ?? {})).toEqual(['pcr0', 'pcr1', 'pcr2']);
    expect(result.hardwareId).toBeNull();
    expect(result.notAfter).toBe(at + 2 * hour);
  });

  it.each(refusals)('fails $id for $what', async ({ id, code, change, also = [] }) => {
    const result = await verify(change);
    const failed = result.checks.filter((check) => check.state === 'fail');
    expect(failed.find((check) => check.id === id)?.code).toBe(code);
    expect(failed.map((check) => check.code).sort()).toEqual([code, ...also].sort());
  });

  it('fails the policy check for another kind of policy and for none', async () => {
    const { input, verifier } = makeNitro();
    const other = await verifier.verify({ ...input, policy: parseSnpPolicy({}, 'snp') });
    expect(other.checks.find(({ id }) => id === 'policy')?.code).toBe('WAX_ATTESTATION_POLICY');
    const none = await verifier.verify({ ...input, policy: undefined });
    expect(none.checks.find(({ id }) => id === 'policy')?.code).toBe('WAX_ATTESTATION_PLATFORM');
  });

  it('has a test that fails each of its checks', async () => {
    // The same functions for the middle of the chain as for its ends.
    const covered = new Set([...refusals.map(({ id }) => id), 'policy', 'C4.ca-1', 'C4.ca-2', 'C6.ca-2']);
    const { checks } = await verify();
    expect(checks.map(({ id }) => id).filter((id) => !covered.has(id))).toEqual([]);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  });

  it('refuses changed documents, and never throws', async () => {
    const { input, verifier } = makeNitro();
    await fc.assert(
      fc.asyncProperty(mutationsOf(input.evidence), async (evidence) => {
        fc.pre(Buffer.compare(evidence, input.evidence) !== 0);
        const { checks } = await verifier.verify({ ...input, evidence });
        expect(checks.some(({ state }) => state === 'fail')).toBe(true);
      }),
      { seed: 13, numRuns: 150 },
    );
  });
});
