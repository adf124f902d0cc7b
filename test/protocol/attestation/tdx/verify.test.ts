import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { parseSnpPolicy } from '../../../../protocol/attestation/snp/policy.ts';
import { at, level, sixteen, svnLevel, tcbInfo } from '../../../support/attestation/intel-collateral.ts';
import { makeTdx, type TdxChange } from '../../../support/attestation/intel-pki.ts';
import { mutationsOf } from '../../../support/attestation/mutations.ts';
import { chainRefusals } from '../../../support/attestation/tdx/chain.ts';
import { collateralRefusals } from '../../../support/attestation/tdx/collateral.ts';
import { BODY, day, QE, withByte } from '../../../support/attestation/tdx/parts.ts';
import { policyRefusals } from '../../../support/attestation/tdx/policy.ts';

async function verify(change: TdxChange = {}): Promise<EvidenceResult> {
  const { input, verifier } = makeTdx(change);
  return verifier.verify(input);
}

const notPassed = (result: EvidenceResult) => result.checks.filter((check) => check.state !== 'pass');

/** For each check, evidence in which it and, unless `also` says so, nothing else fails. */
const refusals = [...chainRefusals, ...collateralRefusals, ...policyRefusals];

describe('TDX evidence', () => {
  it.each([
    ['version 4', {}],
    ['version 5, TDX 1.5', { version: 5 }],
    ['version 5, TDX 1.0', { version: 5, body10: true }],
    ['a module without version', { teeTcbSvn: [6, 0, 5] }],
    ['a newer module', { teeTcbSvn: [3, 3, 5] }],
    [
      'firmware beyond every level',
      { teeTcbSvn: [255, 1, 255], platform: { components: sixteen(255, 255, 255), pceSvn: 99 } },
    ],
  ] as [string, TdxChange][])('is accepted: %s', async (_what, change) => {
    const result = await verify(change);
    expect(notPassed(result)).toEqual([]);
    expect(result.measurement).toEqual({
      mrtd: 'd0'.repeat(48),
      rtmr0: 'e0'.repeat(48),
      rtmr1: 'e1'.repeat(48),
      rtmr2: 'e2'.repeat(48),
      rtmr3: 'e3'.repeat(48),
    });
    expect(result.hardwareId).toBe('77'.repeat(16));
    expect(result.notAfter).toBe(at + 20 * day);
  });

  it.each([
    [
      'OutOfDate under a policy that takes it',
      { platform: { components: sixteen(2, 2, 2) }, policy: { statuses: ['UpToDate', 'OutOfDate'] } },
    ],
    [
      'hardening for an accepted advisory',
      {
        platform: { components: sixteen(4, 4, 2) },
        policy: { statuses: ['SWHardeningNeeded'], advisories: ['INTEL-SA-00001'] },
      },
    ],
    [
      'a relaunch that is only advised',
      { version: 5, teeTcbSvn: [5, 1, 5], teeTcbSvn2: [6, 1, 5], policy: { relaunchAdvised: true } },
    ],
    [
      'features that are allowed',
      { patch: withByte(BODY + 123, 0xd0), policy: { protectionKeys: true, keyLocker: true } },
    ],
    ['the expected XFAM', { policy: { pinned: { xfam: 'e702060000000000', mrSeam: '5e'.repeat(48) } } }],
  ] as [string, TdxChange][])('is accepted where the policy says so: %s', async (_what, change) => {
    expect(notPassed(await verify(change))).toEqual([]);
  });

  it.each(refusals)('fails $id for $what', async ({ id, code, change, also = [] }) => {
    const result = await verify(change);
    const failed = result.checks.filter((check) => check.state === 'fail');
    expect(failed.find((check) => check.id === id)?.code).toBe(code);
    expect(failed.map((check) => check.code).sort()).toEqual([code, ...also].sort());
  });

  it('merges to the worst of platform, module and quoting enclave', async () => {
    const both = await verify({ platform: { components: sixteen(3, 3, 2) }, teeTcbSvn: [5, 1, 5] });
    expect(both.claims.tcb).toMatchObject({ merged: { status: 'OutOfDateConfigurationNeeded' } });
    const revoked = await verify({ platform: { components: sixteen(2, 2, 2) }, teeTcbSvn: [2, 1, 5] });
    expect(revoked.claims.tcb).toMatchObject({
      merged: { status: 'Revoked', advisories: ['INTEL-SA-00002'] },
    });
    const hardening = await verify({
      platform: { components: sixteen(3, 3, 2) },
      qeIdentity: { tcbLevels: [svnLevel(4, 'SWHardeningNeeded')] },
    });
    expect(hardening.claims.tcb).toMatchObject({ merged: { status: 'ConfigurationAndSWHardeningNeeded' } });
  });

  it('takes the first level that is reached, in the order in which Intel lists them', async () => {
    const [best, ...rest] = tcbInfo.tcbLevels as (typeof tcbInfo)[];
    const levels = [level(sixteen(5), sixteen(6), 11, 'ConfigurationNeeded'), best ?? {}, ...rest];
    expect((await verify({ tcbInfo: { tcbLevels: levels } })).claims.tcb).toMatchObject({
      platform: { status: 'ConfigurationNeeded' },
    });
  });

  it('fails the policy check for another kind of policy and for none', async () => {
    const { input, verifier } = makeTdx();
    const other = await verifier.verify({ ...input, policy: parseSnpPolicy({}, 'snp') });
    expect(other.checks.find(({ id }) => id === 'policy')?.code).toBe('WAX_ATTESTATION_POLICY');
    const none = await verifier.verify({ ...input, policy: undefined });
    expect(none.checks.find(({ id }) => id === 'policy')?.code).toBe('WAX_ATTESTATION_PLATFORM');
  });

  it('has a test that fails each of its checks', async () => {
    // The signing root is the chain's root: the tests that spoil it fail both, and C3 counts them.
    const exempt = ['C6.tcb-root', 'C8.tcb-root', 'C3.tcb-root', 'policy'];
    const covered = new Set([...refusals.map(({ id }) => id), ...exempt]);
    const { checks } = await verify();
    expect(checks.map(({ id }) => id).filter((id) => !covered.has(id))).toEqual([]);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  });

  it('refuses changed quotes and changed vendor data, and never throws', async () => {
    const { input, verifier } = makeTdx();
    // The chain after this point is text that may be spelled in several ways; it is signed inside.
    const chainAt = QE + 384 + 64 + 2 + 32 + 6;
    const head = input.evidence.subarray(0, chainAt);
    await fc.assert(
      fc.asyncProperty(mutationsOf(head), async (changed) => {
        fc.pre(Buffer.compare(changed, head) !== 0);
        const evidence = Uint8Array.from([...changed, ...input.evidence.subarray(chainAt)]);
        const { checks } = await verifier.verify({ ...input, evidence });
        expect(checks.some(({ state }) => state === 'fail')).toBe(true);
      }),
      { seed: 11, numRuns: 120 },
    );
    const item = fc
      .nat(4)
      .chain((index) =>
        mutationsOf(input.endorsements[index] ?? new Uint8Array(1)).map((bytes) => ({ index, bytes })),
      );
    await fc.assert(
      fc.asyncProperty(item, async ({ index, bytes }) => {
        fc.pre(Buffer.compare(bytes, input.endorsements[index] ?? bytes) !== 0);
        const text = new TextDecoder().decode(bytes);
        // White space at the end of text, and hexadecimal in capitals, mean the same.
        fc.pre(
          index > 2 ||
            text.trim().toLowerCase() !==
              new TextDecoder().decode(input.endorsements[index]).trim().toLowerCase(),
        );
        const endorsements = input.endorsements.map((old, at) => (at === index ? bytes : old));
        const { checks } = await verifier.verify({ ...input, endorsements });
        expect(checks.some(({ state }) => state === 'fail')).toBe(true);
      }),
      { seed: 12, numRuns: 120 },
    );
  });
});
