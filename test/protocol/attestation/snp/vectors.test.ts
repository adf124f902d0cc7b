import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { hardwareVerifiers } from '../../../../protocol/attestation/hardware.ts';
import { parseSnpPolicy } from '../../../../protocol/attestation/snp/policy.ts';
import { parseHex, toHex } from '../../../../protocol/bytes.ts';
import type { JsonValue } from '../../../../protocol/json.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';

interface Vector {
  file: string;
  endorsement: string | null;
  platform: string;
  verify_at?: string;
  expect: { crypto: string };
  fields?: Record<string, string | number>;
}

const folder = sharedVectors('attestation');
const roots = sharedVectors('roots');
const read = (path: string) => new Uint8Array(readFileSync(path));

describe.skipIf(folder === null || roots === null)('SEV-SNP evidence from real hardware', () => {
  const vectors: Vector[] = folder ? JSON.parse(readFileSync(`${folder}manifest.json`, 'utf8')) : [];
  const snp = vectors.filter(({ platform }) => platform === 'snp');
  const find = (part: string) => snp.find(({ file }) => file.includes(part)) as Vector;

  async function verify(
    vector: Vector,
    policy: { [key: string]: JsonValue } = {},
    crl?: string,
    at?: string,
  ): Promise<EvidenceResult> {
    const line = vector.file.slice(4).split('-')[0];
    const intermediate = vector.endorsement?.endsWith('vlek.der') ? 'asvk' : 'ask';
    const chain = [`${roots}amd-${intermediate}-${line}.der`, `${roots}amd-ark-${line}.der`];
    const paths = vector.endorsement ? [`${folder}${vector.endorsement}`, ...chain] : [];
    if (crl) paths.push(`${roots}${crl}`);
    const data = vector.fields?.report_data;
    const result = await hardwareVerifiers
      .find(({ type }) => type === 'sev-snp')
      ?.verify({
        evidence: read(`${folder}${vector.file}`),
        endorsements: paths.map(read),
        policy: parseSnpPolicy(policy, 'policy'),
        at: Date.parse(at ?? vector.verify_at ?? '2026-03-01T00:00:00Z'),
        expectedReportData: typeof data === 'string' ? parseHex(data) : null,
      });
    if (!result) throw new Error('no verifier');
    return result;
  }

  const codes = (result: EvidenceResult, layer: string) =>
    result.checks.filter((check) => check.layer === layer && check.state === 'fail').map(({ code }) => code);

  it.each(snp)('$file: signature and chain are judged as the vector says', async (vector) => {
    const result = await verify(vector);
    expect(codes(result, 'format')).toEqual([]);
    expect(codes(result, 'crypto').length === 0).toBe(vector.expect.crypto === 'valid');
    expect(codes(result, 'collateral')).toEqual(['WAX_CRL_MISSING']);
  });

  it.each(snp.filter(({ fields }) => fields))(
    '$file: every field is read as the vector says',
    async (vector) => {
      const { claims, reportData, measurement } = await verify(vector);
      const report = claims.report as Record<string, JsonValue>;
      const fields = vector.fields ?? {};
      expect(report.version).toBe(fields.version);
      expect(report.vmpl).toBe(fields.vmpl);
      expect((report.policy as Record<string, JsonValue>).raw).toBe(fields.policy);
      expect((report.platformInfo as Record<string, JsonValue>).raw).toBe(fields.platform_info);
      for (const name of ['current', 'reported', 'committed', 'launch']) {
        expect((report[`${name}Tcb`] as Record<string, JsonValue>).raw).toBe(fields[`${name}_tcb`]);
      }
      expect(report.hostData).toBe(fields.host_data);
      expect(report.chipId).toBe(fields.chip_id);
      expect(report.idKeyDigest).toBe(fields.id_key_digest);
      expect(report.currentFirmware).toBe(fields.current_fw);
      expect(measurement?.launchDigest).toBe(fields.measurement);
      expect(reportData && toHex(reportData)).toBe(fields.report_data);
    },
  );

  it.each(['genoa-v3-azure', 'turin-v5-azure'])('%s meets the strict default policy', async (name) => {
    const result = await verify(find(name));
    expect(codes(result, 'policy')).toEqual([]);
    expect(codes(result, 'binding')).toEqual([]);
  });

  it.each([
    [
      'milan-v2-debug',
      [
        'WAX_SNP_PRODUCT_POLICY',
        'WAX_SNP_TCB_MINIMUM',
        'WAX_SNP_VERSION_POLICY',
        'WAX_SNP_DEBUG',
        'WAX_SNP_ALIAS_CHECK',
      ],
    ],
    [
      'milan-v2-provisional',
      [
        'WAX_SNP_PRODUCT_POLICY',
        'WAX_SNP_TCB_PROVISIONAL',
        'WAX_SNP_TCB_MINIMUM',
        'WAX_SNP_VERSION_POLICY',
        'WAX_SNP_ALIAS_CHECK',
      ],
    ],
    [
      'milan-vlek-v3-aws',
      [
        'WAX_SNP_PRODUCT_POLICY',
        'WAX_SNP_TCB_PROVISIONAL',
        'WAX_SNP_TCB_MINIMUM',
        'WAX_SNP_VLEK_POLICY',
        'WAX_SNP_VMPL',
      ],
    ],
    ['milan-v3-azure-live', ['WAX_SNP_PRODUCT_POLICY']],
  ])('%s is refused by the strict default policy', async (name, expected) => {
    expect(codes(await verify(find(name)), 'policy')).toEqual(expected);
  });

  it('a Milan report with everything stapled passes every check where Milan is accepted', async () => {
    const result = await verify(
      find('milan-v3-azure-live'),
      { products: ['milan'] },
      'amd-crl-milan-2025-05.der',
      '2026-03-01T00:00:00Z',
    );
    expect(result.checks.filter(({ state }) => state !== 'pass')).toEqual([]);
    expect(result.notAfter).toBe(Date.parse('2026-05-12T00:00:00Z'));
  });

  it('the Genoa list that revoked an older ASK is read and found out of date', async () => {
    const result = await verify(find('genoa-v3-azure'), {}, 'amd-crl-genoa-2024-10.der');
    expect(codes(result, 'collateral')).toEqual(['WAX_CRL_DATES']);
  });

  it('the list of another product is refused', async () => {
    const result = await verify(find('genoa-v3-azure'), {}, 'amd-crl-milan-2025-05.der');
    expect(codes(result, 'collateral')).toEqual(['WAX_CRL_ISSUER']);
  });
});
