import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { hardwareVerifiers } from '../../../../protocol/attestation/hardware.ts';
import { parseTdxPolicy } from '../../../../protocol/attestation/tdx/policy.ts';
import { parseHex } from '../../../../protocol/bytes.ts';
import type { JsonValue } from '../../../../protocol/json.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';

interface Vector {
  file: string;
  platform: string;
  collateral?: boolean;
  collateral_set: string | null;
  verify_at: string;
  expect: { tcb_status_pcs_algorithm?: { platform: string; module: string; qe: string } };
  fields?: Record<string, string | number>;
}

const folder = sharedVectors('attestation');
const read = (path: string) => new Uint8Array(readFileSync(path));
const parts = ['tcb_info.json', 'qe_identity.json', 'signing_chain.pem', 'pck_crl.der', 'root_ca_crl.der'];

describe.skipIf(folder === null)('TDX evidence from real hardware', () => {
  const all: Vector[] = folder ? JSON.parse(readFileSync(`${folder}manifest.json`, 'utf8')) : [];
  const vectors = all.filter(({ platform, collateral }) => platform === 'tdx' && !collateral);
  const quotes = vectors.filter(({ fields }) => fields);
  const find = (part: string) => vectors.find(({ file }) => file.includes(part)) as Vector;

  async function verify(
    vector: Vector,
    change: { at?: string; set?: string; policy?: { [key: string]: JsonValue } } = {},
  ): Promise<EvidenceResult> {
    const set = change.set ?? vector.collateral_set;
    const data = vector.fields?.report_data;
    const result = await hardwareVerifiers
      .find(({ type }) => type === 'tdx')
      ?.verify({
        evidence: read(`${folder}${vector.file}`),
        endorsements: set ? parts.map((part) => read(`${folder}${set}${part}`)) : [],
        policy: parseTdxPolicy(change.policy ?? {}, 'policy'),
        at: Date.parse(change.at ?? vector.verify_at),
        expectedReportData: typeof data === 'string' ? parseHex(data) : null,
      });
    if (!result) throw new Error('no verifier');
    return result;
  }

  const codes = (result: EvidenceResult, ...layers: string[]) =>
    result.checks
      .filter(({ layer, state }) => layers.includes(layer) && state === 'fail')
      .map(({ code }) => code);

  it.each(quotes)('$file: signatures and chain hold, and vendor data where there is some', async (vector) => {
    const result = await verify(vector);
    expect(codes(result, 'crypto', 'binding')).toEqual([]);
    if (vector.collateral_set) expect(codes(result, 'collateral')).toEqual([]);
    else expect(codes(result, 'collateral')).toContain('WAX_TDX_COLLATERAL_MISSING');
  });

  it.each(quotes.filter(({ expect: expected }) => expected.tcb_status_pcs_algorithm))(
    '$file: the TCB status is that of the published algorithm',
    async (vector) => {
      const { claims } = await verify(vector);
      const wanted = vector.expect.tcb_status_pcs_algorithm;
      const status = (part: string) => {
        const verdict = (claims.tcb as Record<string, { status: string } | null>)[part];
        return verdict?.status ?? 'no level';
      };
      expect(status('platform')).toBe(wanted?.platform);
      expect(status('qe')).toBe(wanted?.qe);
      // A module without a version has no status of its own, which counts as up to date.
      expect(status('module')).toBe(wanted?.module === 'n/a' ? 'UpToDate' : wanted?.module);
    },
  );

  it.each(quotes)('$file: every field is read as the vector says', async (vector) => {
    const { claims, measurement } = await verify(vector);
    const fields = vector.fields ?? {};
    const quote = claims.quote as Record<string, JsonValue>;
    const body = quote.body as Record<string, JsonValue>;
    const platform = claims.platform as Record<string, JsonValue>;
    expect(quote.version).toBe(fields.quote_version);
    expect(quote.trailingBytes).toBe(fields.trailing_bytes);
    expect(body.teeTcbSvn).toBe(fields.tee_tcb_svn);
    expect(body.mrSeam).toBe(fields.mr_seam);
    expect(body.tdAttributes).toBe(fields.td_attributes);
    expect(body.xfam).toBe(fields.xfam);
    expect(body.reportData).toBe(fields.report_data);
    expect(body.mrConfigId).toBe(fields.mr_config_id);
    for (const name of ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'])
      expect(measurement?.[name]).toBe(fields[name]);
    expect(platform.fmspc).toBe(fields.fmspc);
    expect(platform.pceSvn).toBe(fields.pce_svn);
    expect(platform.cpuSvn).toBe(fields.cpu_svn);
  });

  it.each(['v5-emr-2026', 'v4-tappd-2025', 'v4-gce-cos113'])(
    '%s passes every check under the strict default policy',
    async (name) => {
      const result = await verify(find(name));
      expect(result.checks.filter(({ state }) => state !== 'pass')).toEqual([]);
    },
  );

  it.each([
    ['v4-spr-2022.', [], ['WAX_TDX_NO_LEVEL', 'WAX_TDX_SEPT_VE', 'WAX_TDX_ATTRIBUTES']],
    [
      'v4-spr-2022-trailing',
      ['WAX_TDX_TRAILING'],
      ['WAX_TDX_NO_LEVEL', 'WAX_TDX_SEPT_VE', 'WAX_TDX_ATTRIBUTES'],
    ],
    ['v4-debug-td', [], ['WAX_TDX_OUT_OF_DATE', 'WAX_TDX_DEBUG']],
    ['v4-azure-nosept', [], ['WAX_TDX_OUT_OF_DATE', 'WAX_TDX_SEPT_VE']],
    ['v5-servicetd', [], ['WAX_TDX_NO_LEVEL', 'WAX_TDX_SERVICE_TD']],
    ['sgx-v3-not-tdx', ['WAX_TDX_VERSION'], []],
  ])('%s is refused', async (name, format, policy) => {
    const result = await verify(find(name));
    expect(codes(result, 'format')).toEqual(format);
    expect(codes(result, 'policy')).toEqual(policy);
  });

  it('vendor data from another date is refused by its dates', async () => {
    const result = await verify(find('v5-emr-2026'), { at: '2026-05-20T00:00:00Z' });
    expect(codes(result, 'collateral')).toEqual([
      'WAX_TDX_COLLATERAL_DATES',
      'WAX_TDX_COLLATERAL_DATES',
      'WAX_CRL_DATES',
    ]);
  });

  it('vendor data for another platform is refused', async () => {
    const result = await verify(find('v5-emr-2026'), { set: 'tdx/collateral-50806f-2026-03/' });
    expect(codes(result, 'collateral')).toEqual(['WAX_TDX_COLLATERAL_PLATFORM']);
  });
});
