import { describe, expect, it } from 'vitest';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { parseTdxPolicy } from '../../../../protocol/attestation/tdx/policy.ts';
import { at, makeSnp, type SnpChange } from '../../../support/attestation/amd-pki.ts';
import { chainRefusals } from '../../../support/attestation/snp/chain.ts';
import { formRefusals } from '../../../support/attestation/snp/form.ts';
import { day, genoaTcb, otherKey } from '../../../support/attestation/snp/parts.ts';
import { policyRefusals } from '../../../support/attestation/snp/policy.ts';

async function verify(change: SnpChange = {}): Promise<EvidenceResult> {
  const { input, verifier } = makeSnp(change);
  return verifier.verify(input);
}

const notPassed = (result: EvidenceResult) => result.checks.filter((check) => check.state !== 'pass');

/** For each check, evidence in which it and, unless `also` says so, nothing else fails. */
const refusals = [...formRefusals, ...chainRefusals, ...policyRefusals];

describe('SEV-SNP evidence', () => {
  it.each(['milan', 'genoa', 'bergamo-siena', 'turin'] as const)('is accepted for %s', async (product) => {
    const result = await verify({ product });
    expect(notPassed(result)).toEqual([]);
    expect(result.product).toBe(product);
    expect(result.measurement).toEqual({ launchDigest: 'cd'.repeat(48) });
    expect(result.hardwareId).toHaveLength(product === 'turin' ? 16 : 128);
    expect(result.notAfter).toBe(at + 30 * day);
  });

  it('is accepted with a provider key where the policy takes one', async () => {
    const result = await verify({ vlek: true, policy: { vlek: true } });
    expect(notPassed(result)).toEqual([]);
    expect(result.hardwareId).toBeNull();
  });

  it('is accepted in every report version from 2 on, where the policy takes it', async () => {
    const old = { launchMitigations: 0n, currentMitigations: 0n };
    for (const version of [3, 4])
      expect(notPassed(await verify({ report: { version, ...old } }))).toEqual([]);
    const second = await verify({
      report: { version: 2, cpuid: [0, 0, 0], ...old },
      policy: { minimumReportVersion: 2 },
    });
    expect(notPassed(second)).toEqual([]);
    expect(second.product).toBe('genoa');
  });

  it('is accepted with unknown platform bits: they are data', async () => {
    expect(notPassed(await verify({ report: { platformInfo: 0xff65n } }))).toEqual([]);
  });

  it('is accepted with a masked chip, uncommitted firmware and pinned fields where the policy says so', async () => {
    const masked = await verify({
      report: { keyInfo: 2, chipId: new Uint8Array(64) },
      policy: { maskedChip: true },
    });
    expect(notPassed(masked)).toEqual([]);
    const provisional = await verify({
      report: { currentTcb: genoaTcb(10, 0, 23, 85) },
      policy: { provisionalFirmware: true },
    });
    expect(notPassed(provisional)).toEqual([]);
    const author = (report: Uint8Array) => report.fill(0x22, 0x110, 0x140);
    const pinned = { hostData: 'ef'.repeat(32), authorKeyDigest: '22'.repeat(48) };
    expect(notPassed(await verify({ report: { keyInfo: 1 }, patch: author, policy: { pinned } }))).toEqual(
      [],
    );
  });

  it.each(refusals)('fails $id for $what', async ({ id, code, change, also = [] }) => {
    const result = await verify(change);
    const failed = result.checks.filter((check) => check.state === 'fail');
    expect(failed.find((check) => check.id === id)?.code).toBe(code);
    expect(failed.map((check) => check.code).sort()).toEqual([code, ...also].sort());
  });

  it('fails S6.denied for a chip on the deny list', async () => {
    const { hardwareId } = await verify();
    const result = await verify({ policy: { deniedHardware: [hardwareId] } });
    expect(notPassed(result).map(({ id, code }) => [id, code])).toEqual([
      ['S6.denied', 'WAX_SNP_CHIP_DENIED'],
    ]);
  });

  it('fails the policy check for another kind of policy and for none', async () => {
    const { input, verifier } = makeSnp();
    const other = await verifier.verify({ ...input, policy: parseTdxPolicy({}, 'tdx') });
    expect(other.checks.find(({ id }) => id === 'policy')?.code).toBe('WAX_ATTESTATION_POLICY');
    const none = await verifier.verify({ ...input, policy: undefined });
    expect(none.checks.find(({ id }) => id === 'policy')?.code).toBe('WAX_ATTESTATION_PLATFORM');
    expect(
      none.checks.filter(({ layer, state }) => layer === 'policy' && state === 'pass').map(({ id }) => id),
    ).toEqual(['S7.form']);
  });

  it('has a test that fails each of its checks', async () => {
    const covered = new Set([...refusals.map(({ id }) => id), 'S6.denied', 'policy']);
    // RSA keys have no curve; the check is the same function as for the VCEK.
    const exempt = new Set(['C6.ask', 'C6.ark']);
    const { checks } = await verify();
    expect(checks.map(({ id }) => id).filter((id) => !covered.has(id) && !exempt.has(id))).toEqual([]);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  });

  it('keeps all reasons', async () => {
    const result = await verify({
      report: { policy: 0xb001fn, vmpl: 1 },
      crl: { nextUpdate: at - 1000 },
      reportKey: otherKey,
      expectedReportData: null,
    });
    expect(notPassed(result).map(({ code }) => code)).toEqual([
      'WAX_SNP_SIGNATURE',
      'WAX_CRL_DATES',
      'WAX_SNP_DEBUG',
      'WAX_SNP_VMPL',
      'WAX_SNP_BINDING_ABSENT',
    ]);
  });

  it('judges chain and revocation even where the report cannot be read', async () => {
    const result = await verify({
      tamper: () => new Uint8Array(0),
      crl: { revoked: [Uint8Array.of(1, 0, 1)] },
    });
    const states = new Map(result.checks.map(({ id, state }) => [id, state]));
    expect(states.get('C1')).toBe('fail');
    expect(states.get('S4.vcek')).toBe('pass');
    expect(states.get('S13')).toBe('fail');
    expect(states.get('S12')).toBe('skipped');
    expect(result.measurement).toBeNull();
    expect(result.reportData).toBeNull();
  });
});
