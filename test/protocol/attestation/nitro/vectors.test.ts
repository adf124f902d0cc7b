import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { hardwareVerifiers } from '../../../../protocol/attestation/hardware.ts';
import { parseNitroPolicy } from '../../../../protocol/attestation/nitro/policy.ts';
import { parseHex } from '../../../../protocol/bytes.ts';
import type { JsonValue } from '../../../../protocol/json.ts';
import { sharedVectors } from '../../../support/shared-vectors.ts';

interface Vector {
  file: string;
  platform: string;
  verify_at?: string;
  expect: { crypto: string };
  fields?: {
    module_id: string;
    timestamp: string;
    cabundle: number;
    pcrs: Record<string, string>;
    public_key: number | string;
    user_data_hex?: string;
  };
}

const folder = sharedVectors('attestation');

describe.skipIf(folder === null)('Nitro evidence from real hardware', () => {
  const all: Vector[] = folder ? JSON.parse(readFileSync(`${folder}manifest.json`, 'utf8')) : [];
  const vectors = all.filter(({ platform }) => platform === 'nitro');
  const readable = vectors.filter(({ fields }) => fields);
  const find = (part: string) => vectors.find(({ file }) => file.includes(part)) as Vector;

  async function verify(
    vector: Vector,
    policy: { [key: string]: JsonValue } = {},
    at?: string,
  ): Promise<EvidenceResult> {
    const data = vector.fields?.user_data_hex;
    const result = await hardwareVerifiers
      .find(({ type }) => type === 'nitro')
      ?.verify({
        evidence: new Uint8Array(readFileSync(`${folder}${vector.file}`)),
        endorsements: [],
        policy: parseNitroPolicy(policy, 'policy'),
        at: Date.parse(at ?? vector.verify_at ?? '2025-01-01T00:00:00Z'),
        expectedReportData: data ? parseHex(data) : null,
      });
    if (!result) throw new Error('no verifier');
    return result;
  }

  const codes = (result: EvidenceResult, ...layers: string[]) =>
    result.checks
      .filter(({ layer, state }) => layers.includes(layer) && state === 'fail')
      .map(({ code }) => code);

  it.each(readable)('$file: signature and chain are judged as the vector says', async (vector) => {
    const result = await verify(vector);
    expect(codes(result, 'format')).toEqual([]);
    expect(codes(result, 'crypto')).toEqual(vector.expect.crypto === 'valid' ? [] : ['WAX_NITRO_SIGNATURE']);
  });

  it.each(readable)('$file: every field is read as the vector says', async ({ fields, ...vector }) => {
    const { claims, measurement } = await verify(vector);
    const document = claims.document as Record<string, JsonValue>;
    expect(document.moduleId).toBe(fields?.module_id);
    expect(document.timestamp).toBe(fields?.timestamp);
    expect(document.certificates).toBe(1 + (fields?.cabundle ?? 0));
    const set = Object.entries(document.pcrs as Record<string, string>).filter(
      ([, value]) => !/^0*$/.test(value),
    );
    const wanted = Object.entries(fields?.pcrs ?? {}).filter(([, value]) => !/^0*$/.test(value));
    expect(Object.fromEntries(set)).toEqual(Object.fromEntries(wanted));
    expect(measurement?.pcr0).toBe((document.pcrs as Record<string, string>).PCR0);
  });

  it.each([
    ['prod-pcr8-nonce256', []],
    ['prod-2021-plain', []],
    ['prod-2021-rsakey', []],
    ['prod-pubkey32', []],
    ['prod-indef-pcr16', ['WAX_NITRO_PCR_UNEXPECTED']],
    ['debug-evervault', ['WAX_NITRO_DEBUG']],
    ['debug-userdata32', ['WAX_NITRO_DEBUG']],
  ])('%s under the strict default policy', async (name, expected) => {
    expect(codes(await verify(find(name)), 'policy')).toEqual(expected);
  });

  it('a document with an extra register passes the policy that expects it', async () => {
    const vector = find('prod-indef-pcr16');
    const pcrs = { '16': vector.fields?.pcrs.PCR16 ?? '' };
    expect(codes(await verify(vector, { pcrs }), 'policy')).toEqual([]);
  });

  it('a document is refused an hour later by its age, and a day later by its certificates', async () => {
    const vector = find('prod-2021-plain');
    expect(codes(await verify(vector, {}, '2021-03-17T23:01:55Z'), 'crypto', 'policy')).toEqual([
      'WAX_NITRO_AGE',
    ]);
    const later = codes(await verify(vector, {}, '2021-03-19T22:01:55Z'), 'crypto');
    expect(new Set(later)).toEqual(new Set(['WAX_X509_DATES']));
  });

  it('malformed CBOR is refused without a crash', async () => {
    expect(codes(await verify(find('malformed-cbor')), 'format')).toHaveLength(1);
  });
});
