import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  caConstraints,
  keyUsage,
  publicKeyInfo,
} from '../../../../enclave-server/attester/simulator/certificates.ts';
import { sequence, smallInteger } from '../../../../enclave-server/attester/simulator/der-writer.ts';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { parseSnpPolicy } from '../../../../protocol/attestation/snp/policy.ts';
import {
  at,
  keys,
  makeNitro,
  type NitroChange,
  names,
  p384Signer,
} from '../../../support/attestation/aws-pki.ts';
import { p256Signer } from '../../../support/attestation/intel-pki.ts';
import { mutationsOf } from '../../../support/attestation/mutations.ts';

const hour = 3_600_000;

async function verify(change: NitroChange = {}): Promise<EvidenceResult> {
  const { input, verifier } = makeNitro(change);
  return verifier.verify(input);
}

const notPassed = (result: EvidenceResult) => result.checks.filter((check) => check.state !== 'pass');
const register = (value: number) => new Uint8Array(48).fill(value);
const three: [number, Uint8Array][] = [0, 1, 2].map((index) => [index, register(1)]);
const bytes = (size: number) => new Uint8Array(size).fill(5);
const p256Key = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const missingChain = ['WAX_X509_MISSING', 'WAX_X509_MISSING'];

function offCurve(key = keys.leaf): Uint8Array {
  const spki = publicKeyInfo(key);
  return spki.with(spki.length - 1, (spki.at(-1) ?? 0) ^ 1);
}

/** For each check, evidence in which it and, unless `also` says so, nothing else fails. */
const refusals: { id: string; code: string; what: string; change: NitroChange; also?: string[] }[] = [
  // Form.
  {
    id: 'N1',
    code: 'WAX_NITRO_SIZE',
    what: 'more than 16 KiB',
    change: { tamper: () => bytes(17_000) },
    also: missingChain,
  },
  {
    id: 'N1',
    code: 'WAX_CBOR_TRAILING',
    what: 'a byte after the document',
    change: { tamper: (d) => new Uint8Array([...d, 0]) },
    also: missingChain,
  },
  {
    id: 'N1',
    code: 'WAX_NITRO_COSE',
    what: 'another algorithm',
    change: { cose: ([, ...rest]) => [Uint8Array.of(0xa1, 1, 0x26), ...rest] },
    also: missingChain,
  },
  {
    id: 'N1',
    code: 'WAX_NITRO_COSE',
    what: 'an unprotected header',
    change: { cose: ([h = 0, , p = 0, s = 0]) => [h, new Map([[4, 1]]), p, s] },
    also: missingChain,
  },
  {
    id: 'N1',
    code: 'WAX_NITRO_COSE',
    what: 'an empty payload',
    change: { cose: ([h = 0, u = 0, , s = 0]) => [h, u, new Uint8Array(), s] },
    also: missingChain,
  },
  {
    id: 'N1',
    code: 'WAX_NITRO_COSE',
    what: 'a short signature',
    change: { cose: ([h = 0, u = 0, p = 0]) => [h, u, p, bytes(95)] },
    also: missingChain,
  },
  {
    id: 'N1',
    code: 'WAX_NITRO_COSE',
    what: 'a fifth part',
    change: { cose: (parts) => [...parts, 1] },
    also: missingChain,
  },
  {
    id: 'N1',
    code: 'WAX_NITRO_COSE',
    what: 'another tag',
    change: { tamper: (d) => Uint8Array.of(0xd1, ...d) },
    also: missingChain,
  },
  {
    id: 'C10',
    code: 'WAX_ATTESTATION_ENDORSEMENTS',
    what: 'an endorsement',
    change: { endorsements: [bytes(1)] },
  },
  {
    id: 'N1.document',
    code: 'WAX_NITRO_DOCUMENT',
    what: 'an unknown key',
    change: { document: { extra: 1 } },
    also: missingChain,
  },
  {
    id: 'N1.document',
    code: 'WAX_NITRO_DOCUMENT',
    what: 'no digest',
    change: { document: { digest: undefined } },
    also: missingChain,
  },
  {
    id: 'N1.document',
    code: 'WAX_NITRO_DOCUMENT',
    what: 'a time in text',
    change: { document: { timestamp: '2027' } },
    also: missingChain,
  },
  {
    id: 'N1.document',
    code: 'WAX_NITRO_DOCUMENT',
    what: 'registers in an array',
    change: { document: { pcrs: [register(1)] } },
    also: missingChain,
  },
  {
    id: 'N1.document',
    code: 'WAX_NITRO_DOCUMENT',
    what: 'a register in text',
    change: { document: { pcrs: new Map([[0, 'x']]) } },
    also: missingChain,
  },
  {
    id: 'N1.document',
    code: 'WAX_NITRO_DOCUMENT',
    what: 'a certificate in text',
    change: { document: { certificate: 'x' } },
    also: missingChain,
  },
  {
    id: 'N1.document',
    code: 'WAX_NITRO_DOCUMENT',
    what: 'a bundle that is no list',
    change: { document: { cabundle: bytes(3) } },
    also: missingChain,
  },
  {
    id: 'N1.document',
    code: 'WAX_CBOR_TRAILING',
    what: 'a byte after the payload',
    change: { payload: (p) => new Uint8Array([...p, 0]) },
    also: missingChain,
  },
  { id: 'N2.module', code: 'WAX_NITRO_MODULE', what: 'no module', change: { document: { module_id: '' } } },
  { id: 'N2.digest', code: 'WAX_NITRO_DIGEST', what: 'SHA-256', change: { document: { digest: 'SHA256' } } },
  {
    id: 'N2.timestamp',
    code: 'WAX_NITRO_TIMESTAMP',
    what: 'time zero',
    change: { document: { timestamp: 0 } },
    also: ['WAX_NITRO_OUTSIDE_CERTIFICATE', 'WAX_NITRO_AGE'],
  },
  {
    id: 'N2.pcrs',
    code: 'WAX_NITRO_PCRS',
    what: 'a register of 32 bytes',
    change: { pcrs: [...three, [3, bytes(32)]] },
  },
  {
    id: 'N2.pcrs',
    code: 'WAX_NITRO_PCRS',
    what: 'a register 32',
    change: { pcrs: [...three, [32, register(0)]] },
  },
  {
    id: 'N2.pcrs',
    code: 'WAX_NITRO_PCRS',
    what: 'a register -1',
    change: { pcrs: [...three, [-1, register(0)]] },
  },
  {
    id: 'N2.pcrs',
    code: 'WAX_NITRO_PCRS',
    what: 'no PCR1',
    change: {
      pcrs: [
        [0, register(1)],
        [2, register(1)],
      ],
    },
    also: ['WAX_NITRO_DEBUG'],
  },
  {
    id: 'N2.certificate',
    code: 'WAX_NITRO_CERTIFICATE_SIZE',
    what: 'a certificate of 1025 bytes',
    change: { document: { certificate: bytes(1025) } },
    also: ['WAX_DER_TAG'],
  },
  { id: 'N2.bundle', code: 'WAX_NITRO_BUNDLE', what: 'no bundle', change: { document: { cabundle: [] } } },
  {
    id: 'N2.fields',
    code: 'WAX_NITRO_FIELD_SIZE',
    what: '513 bytes of user data',
    change: { document: { user_data: bytes(513) }, expectedReportData: bytes(513) },
  },
  {
    id: 'N2.fields',
    code: 'WAX_NITRO_FIELD_SIZE',
    what: '513 bytes of nonce',
    change: { document: { nonce: bytes(513) }, expectedNonce: bytes(513) },
  },
  {
    id: 'N2.fields',
    code: 'WAX_NITRO_FIELD_SIZE',
    what: '1025 bytes of key',
    change: { document: { public_key: bytes(1025) }, policy: { publicKey: true } },
  },
  // Chain.
  {
    id: 'C4.leaf',
    code: 'WAX_DER_TAG',
    what: 'a leaf that is no certificate',
    change: { document: { certificate: bytes(64) } },
  },
  {
    id: 'C4.root',
    code: 'WAX_DER_TAG',
    what: 'a root that is no certificate',
    change: { document: { cabundle: [bytes(64)] } },
  },
  {
    id: 'C6.leaf',
    code: 'WAX_X509_POINT',
    what: 'a leaf key off the curve',
    change: { leaf: { publicKey: offCurve() } },
    also: ['WAX_NITRO_SIGNATURE'],
  },
  {
    id: 'C6.ca-1',
    code: 'WAX_X509_POINT',
    what: 'a CA key off the curve',
    change: { ca1: { publicKey: offCurve() } },
    also: ['WAX_X509_SIGNATURE'],
  },
  {
    id: 'C6.root',
    code: 'WAX_X509_POINT',
    what: 'a root key off the curve',
    change: { root: { publicKey: offCurve() } },
    also: ['WAX_X509_SIGNATURE'],
  },
  {
    id: 'C8.leaf',
    code: 'WAX_X509_DATES',
    what: 'an expired leaf',
    change: { leaf: { notAfter: at - 1000 } },
  },
  {
    id: 'C8.ca-1',
    code: 'WAX_X509_DATES',
    what: 'an expired instance CA',
    change: { ca1: { notAfter: at - 1000 } },
  },
  {
    id: 'C8.ca-2',
    code: 'WAX_X509_DATES',
    what: 'a region CA of tomorrow',
    change: { ca2: { notBefore: at + hour } },
  },
  {
    id: 'C8.root',
    code: 'WAX_X509_DATES',
    what: 'an expired root',
    change: { root: { notAfter: at - 1000 } },
  },
  { id: 'C3', code: 'WAX_X509_ROOT', what: 'a root that is not pinned', change: { pin: '00'.repeat(32) } },
  {
    id: 'N4.leaf',
    code: 'WAX_X509_USAGE',
    what: 'a leaf that may sign certificates',
    change: { leaf: { extensions: [keyUsage(0x84)] } },
  },
  {
    id: 'N4.leaf',
    code: 'WAX_X509_USAGE',
    what: 'a leaf that is a CA',
    change: { leaf: { extensions: [keyUsage(0x80), caConstraints()] } },
  },
  {
    id: 'N4.leaf',
    code: 'WAX_X509_USAGE',
    what: 'a leaf with a path length',
    change: {
      leaf: { extensions: [keyUsage(0x80), { oid: '2.5.29.19', value: sequence(smallInteger(0)) }] },
    },
  },
  {
    id: 'N4.leaf',
    code: 'WAX_NITRO_CHAIN',
    what: 'a leaf without key usage',
    change: { leaf: { extensions: [] } },
  },
  {
    id: 'N4.leaf',
    code: 'WAX_NITRO_CHAIN',
    what: 'a leaf on P-256',
    change: { leaf: { publicKey: publicKeyInfo(p256Key) } },
    also: ['WAX_NITRO_SIGNATURE'],
  },
  {
    id: 'N4.ca-1',
    code: 'WAX_NITRO_CHAIN',
    what: 'a CA without key usage',
    change: { ca1: { extensions: [caConstraints(0)] } },
  },
  {
    id: 'N4.ca-2',
    code: 'WAX_NITRO_CHAIN',
    what: 'a CA that is none',
    change: { ca2: { extensions: [keyUsage(0x04)] } },
    also: ['WAX_X509_USAGE'],
  },
  {
    id: 'N4.root',
    code: 'WAX_NITRO_CHAIN',
    what: 'a root without key usage',
    change: { root: { extensions: [caConstraints()] } },
  },
  {
    id: 'N3.ca-1',
    code: 'WAX_X509_SIGNATURE',
    what: 'a leaf signed by another key',
    change: { leaf: { signer: p384Signer(keys.other) } },
  },
  {
    id: 'N3.ca-1',
    code: 'WAX_X509_ISSUER',
    what: 'a leaf of another issuer',
    change: { leaf: { issuer: names.root } },
  },
  {
    id: 'N3.ca-2',
    code: 'WAX_X509_SIGNATURE',
    what: 'an instance CA signed by another key',
    change: { ca1: { signer: p384Signer(keys.other) } },
  },
  {
    id: 'N3.ca-2',
    code: 'WAX_X509_USAGE',
    what: 'a region CA without room for another',
    change: { ca2: { extensions: [caConstraints(0), keyUsage(0x04)] } },
  },
  {
    id: 'N3.root',
    code: 'WAX_X509_SIGNATURE',
    what: 'a region CA signed by another key',
    change: { ca2: { signer: p384Signer(keys.other) } },
  },
  {
    id: 'N3.root',
    code: 'WAX_X509_SIGNATURE',
    what: 'a region CA signed with P-256',
    change: { ca2: { signer: p256Signer(p256Key) } },
    also: ['WAX_NITRO_CHAIN'],
  },
  // Signature and time.
  {
    id: 'C5',
    code: 'WAX_NITRO_SIGNATURE_RANGE',
    what: 's of zero',
    change: { tamper: (d) => d.fill(0, d.length - 48) },
    also: ['WAX_NITRO_SIGNATURE'],
  },
  { id: 'N5', code: 'WAX_NITRO_SIGNATURE', what: 'another signing key', change: { signingKey: keys.other } },
  {
    id: 'N6.certificate',
    code: 'WAX_NITRO_OUTSIDE_CERTIFICATE',
    what: 'a document before its certificate',
    change: { leaf: { notBefore: at } },
  },
  {
    id: 'N6.age',
    code: 'WAX_NITRO_AGE',
    what: 'an old document',
    change: { document: { timestamp: at - 301_000 } },
  },
  {
    id: 'N6.age',
    code: 'WAX_NITRO_AGE',
    what: 'a document of the future',
    change: { document: { timestamp: at + 61_000 } },
  },
  {
    id: 'N6.age',
    code: 'WAX_NITRO_AGE',
    what: 'a shorter age than usual',
    change: { policy: { maximumAgeSeconds: 4 } },
  },
  // Registers.
  ...[0, 1, 2].map((zero) => ({
    id: 'N7.debug',
    code: 'WAX_NITRO_DEBUG',
    what: `PCR${zero} of zeros`,
    change: {
      pcrs: three.map(([index, value]): [number, Uint8Array] => [
        index,
        index === zero ? register(0) : value,
      ]),
    },
  })),
  {
    id: 'N7.expected',
    code: 'WAX_NITRO_PCR',
    what: 'another role',
    change: { policy: { pcrs: { '3': '00'.repeat(48) } } },
  },
  {
    id: 'N7.expected',
    code: 'WAX_NITRO_PCR',
    what: 'no signing certificate',
    change: { pcrs: three, policy: { pcrs: { '8': '00'.repeat(48) } } },
  },
  {
    id: 'N7.others',
    code: 'WAX_NITRO_PCR_UNEXPECTED',
    what: 'a register that nobody expects',
    change: { pcrs: [...three, [16, register(9)]] },
  },
  // Binding.
  {
    id: 'N8.user-data',
    code: 'WAX_NITRO_BINDING',
    what: 'the answer to another challenge',
    change: { expectedReportData: new Uint8Array(64) },
  },
  {
    id: 'N8.user-data',
    code: 'WAX_NITRO_BINDING',
    what: 'no user data',
    change: { document: { user_data: null } },
  },
  {
    id: 'N8.user-data',
    code: 'WAX_NITRO_BINDING_ABSENT',
    what: 'no challenge',
    change: { expectedReportData: null },
  },
  {
    id: 'N8.user-data',
    code: 'WAX_NITRO_BINDING_ABSENT',
    what: 'an empty challenge',
    change: { expectedReportData: new Uint8Array(), document: { user_data: new Uint8Array() } },
  },
  {
    id: 'N6.nonce',
    code: 'WAX_NITRO_NONCE',
    what: 'a nonce that we did not send',
    change: { document: { nonce: bytes(32) } },
  },
  {
    id: 'N6.nonce',
    code: 'WAX_NITRO_NONCE',
    what: 'another nonce than expected',
    change: { document: { nonce: bytes(32) }, expectedNonce: bytes(31) },
  },
  {
    id: 'N8.public-key',
    code: 'WAX_NITRO_PUBLIC_KEY',
    what: 'a key of another protocol',
    change: { document: { public_key: bytes(32) } },
  },
];

describe('Nitro evidence', () => {
  it.each([
    ['definite maps', {}],
    ['indefinite maps', { indefinite: true }],
    ['tag 18', { tagged: true }],
    ['absent fields', { document: { nonce: undefined, public_key: undefined } }],
    ['empty fields', { document: { nonce: new Uint8Array(), public_key: new Uint8Array() } }],
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
