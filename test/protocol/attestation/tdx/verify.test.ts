import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  caConstraints,
  keyUsage,
  name,
  publicKeyInfo,
} from '../../../../enclave-server/attester/simulator/certificates.ts';
import { octetString, oid, sequence } from '../../../../enclave-server/attester/simulator/der-writer.ts';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { parseSnpPolicy } from '../../../../protocol/attestation/snp/policy.ts';
import {
  at,
  keys,
  level,
  makeTdx,
  names,
  p256Signer,
  platformExtension,
  ppid,
  sixteen,
  svnLevel,
  type TdxChange,
  tcbInfo,
} from '../../../support/attestation/intel-pki.ts';
import { mutationsOf } from '../../../support/attestation/mutations.ts';

const day = 86_400_000;

async function verify(change: TdxChange = {}): Promise<EvidenceResult> {
  const { input, verifier } = makeTdx(change);
  return verifier.verify(input);
}

const notPassed = (result: EvidenceResult) => result.checks.filter((check) => check.state !== 'pass');
const withByte = (offset: number, value: number) => (bytes: Uint8Array) => {
  bytes[offset] = value;
};
const tampered = (offset: number, value: number) => (bytes: Uint8Array) => bytes.with(offset, value);
const replaced = (index: number, replace: (item: Uint8Array) => Uint8Array) => (items: Uint8Array[]) =>
  items.map((item, position) => (position === index ? replace(item) : item));
const inText = (from: string, to: string) => (item: Uint8Array) =>
  new TextEncoder().encode(new TextDecoder().decode(item).replace(from, to));
/** The first certificate of a PEM chain. */
const firstBlock = (item: Uint8Array) =>
  item.subarray(0, new TextDecoder().decode(item).indexOf('-----END') + '-----END CERTIFICATE-----\n'.length);
const iso = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z');
const p384Key = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
const platform = { components: sixteen(5, 5, 2), pceSvn: 11 };
const endEntity = [keyUsage(0xc0), { oid: '2.5.29.19', critical: true, value: sequence() }];
const BODY = 48;
// Offsets in a version 4 quote: the signature data begins with its length after header and body.
const SIGNATURE = 48 + 584 + 4;
const QE = SIGNATURE + 64 + 64 + 6;

function offCurve(): Uint8Array {
  const spki = publicKeyInfo(keys.pck).slice();
  return spki.with(spki.length - 1, (spki.at(-1) ?? 0) ^ 1);
}

/** For each check, evidence in which it and, unless `also` says so, nothing else fails. */
const refusals: { id: string; code: string; what: string; change: TdxChange; also?: string[] }[] = [
  // Form.
  ...(
    [
      ['WAX_TDX_VERSION', 'version 3', tampered(0, 3)],
      ['WAX_TDX_KEY_TYPE', 'another key type', tampered(2, 3)],
      ['WAX_TDX_TYPE', 'an SGX quote', tampered(4, 0)],
      ['WAX_TDX_LENGTH', 'a quote that ends early', (q: Uint8Array) => q.subarray(0, 700)],
      ['WAX_TDX_LENGTH', 'signature data longer than the quote', tampered(48 + 584 + 3, 1)],
      ['WAX_TDX_CERTIFICATION', 'another outer certification type', tampered(SIGNATURE + 128, 5)],
      [
        'WAX_TDX_LENGTH',
        'an inner length that leaves bytes over',
        (q: Uint8Array) => q.with(QE - 4, (q[QE - 4] ?? 0) - 1),
      ],
      ['WAX_TDX_CERTIFICATION', 'another inner certification type', tampered(QE + 384 + 64 + 2 + 32, 1)],
      [
        'WAX_TDX_SIZE',
        'more than 16 KiB',
        (q: Uint8Array) => new Uint8Array([...q, ...new Uint8Array(16_384)]),
      ],
    ] as const
  ).map(([code, what, tamper]) => ({
    id: 'T1',
    code,
    what,
    change: { tamper },
    also: ['WAX_X509_MISSING', 'WAX_X509_MISSING', 'WAX_X509_MISSING'],
  })),
  {
    id: 'T1',
    code: 'WAX_TDX_BODY',
    what: 'type 2 with 648 bytes',
    change: { version: 5, patch: withByte(48, 2) },
    also: ['WAX_X509_MISSING', 'WAX_X509_MISSING', 'WAX_X509_MISSING'],
  },
  {
    id: 'C10',
    code: 'WAX_ATTESTATION_ENDORSEMENTS',
    what: 'a sixth endorsement',
    change: { endorsements: (items) => [...items, new Uint8Array()] },
  },
  { id: 'T1.vendor', code: 'WAX_TDX_VENDOR', what: 'another vendor', change: { patch: withByte(12, 0) } },
  { id: 'T1.reserved', code: 'WAX_TDX_RESERVED', what: 'a reserved byte', change: { patch: withByte(8, 1) } },
  {
    id: 'C1',
    code: 'WAX_TDX_TRAILING',
    what: 'a byte after the quote',
    change: { tamper: (q) => new Uint8Array([...q, 1]) },
  },
  // Chain.
  {
    id: 'T5.chain',
    code: 'WAX_TDX_CERTIFICATION',
    what: 'a chain of two',
    change: { chain: (c) => c.slice(0, 2) },
    also: ['WAX_X509_MISSING', 'WAX_X509_MISSING', 'WAX_X509_MISSING'],
  },
  {
    id: 'C4.pck',
    code: 'WAX_X509_EXTENSION',
    what: 'an unknown critical extension',
    change: {
      pck: {
        extensions: [
          ...endEntity,
          platformExtension(platform),
          { oid: '1.2.3', critical: true, value: sequence() },
        ],
      },
    },
  },
  {
    id: 'C4.ca',
    code: 'WAX_DER_TAG',
    what: 'a CA that is no certificate',
    change: { chain: ([p = ppid, , r = ppid]) => [p, ppid, r] },
  },
  {
    id: 'C4.root',
    code: 'WAX_DER_TAG',
    what: 'a root that is no certificate',
    change: { chain: ([p = ppid, c = ppid]) => [p, c, ppid] },
  },
  {
    id: 'C6.pck',
    code: 'WAX_X509_POINT',
    what: 'a key off the curve',
    change: { pck: { publicKey: offCurve() } },
    also: ['WAX_TDX_QE_SIGNATURE'],
  },
  {
    id: 'C6.ca',
    code: 'WAX_X509_POINT',
    what: 'a CA key off the curve',
    change: { ca: { publicKey: offCurve() } },
    also: ['WAX_X509_SIGNATURE', 'WAX_CRL_SIGNATURE'],
  },
  {
    id: 'C6.root',
    code: 'WAX_X509_POINT',
    what: 'a root key off the curve',
    change: { root: { publicKey: offCurve() } },
    also: ['WAX_X509_SIGNATURE', 'WAX_X509_SIGNATURE', 'WAX_X509_POINT', 'WAX_CRL_SIGNATURE'],
  },
  { id: 'C8.pck', code: 'WAX_X509_DATES', what: 'an expired PCK', change: { pck: { notAfter: at - 1000 } } },
  { id: 'C8.ca', code: 'WAX_X509_DATES', what: 'a CA of tomorrow', change: { ca: { notBefore: at + day } } },
  {
    id: 'C8.root',
    code: 'WAX_X509_DATES',
    what: 'an expired root',
    change: { root: { notAfter: at - 1000 } },
    also: ['WAX_X509_DATES'],
  },
  {
    id: 'C3',
    code: 'WAX_X509_ROOT',
    what: 'a root that is not pinned',
    change: { pin: '00'.repeat(32) },
    also: ['WAX_X509_ROOT'],
  },
  {
    id: 'T5.names',
    code: 'WAX_TDX_CHAIN',
    what: 'a leaf of another name',
    change: { pck: { subject: name('Waxseal tests', 'Intel SGX TCB Signing') } },
  },
  {
    id: 'T5.names',
    code: 'WAX_TDX_CHAIN',
    what: 'a CA of another name',
    change: {
      ca: { subject: name('Waxseal tests', 'Other CA') },
      pck: { issuer: name('Waxseal tests', 'Other CA') },
      pckCrl: { issuer: name('Waxseal tests', 'Other CA') },
    },
  },
  {
    id: 'T5.names',
    code: 'WAX_TDX_CHAIN',
    what: 'a leaf on P-384',
    change: { pck: { publicKey: publicKeyInfo(p384Key) } },
    also: ['WAX_TDX_QE_SIGNATURE'],
  },
  {
    id: 'T5.pck',
    code: 'WAX_X509_SIGNATURE',
    what: 'a leaf signed by another key',
    change: { pck: { signer: p256Signer(keys.other) } },
  },
  {
    id: 'T5.pck',
    code: 'WAX_X509_ISSUER',
    what: 'a leaf under the root',
    change: { pck: { issuer: names.root } },
  },
  {
    id: 'T5.pck',
    code: 'WAX_X509_USAGE',
    what: 'a leaf that is a CA',
    change: { pck: { extensions: [caConstraints(), platformExtension(platform)] } },
  },
  {
    id: 'T5.ca',
    code: 'WAX_X509_SIGNATURE',
    what: 'a CA signed by another key',
    change: { ca: { signer: p256Signer(keys.other) } },
  },
  {
    id: 'T5.ca',
    code: 'WAX_X509_USAGE',
    what: 'a root without room for a CA',
    change: { root: { extensions: [caConstraints(0), keyUsage(0x06)] } },
  },
  {
    id: 'T5.extension',
    code: 'WAX_TDX_EXTENSION',
    what: 'no platform extension',
    change: { pck: { extensions: endEntity } },
  },
  ...['1', '2', '2.1', '2.16', '2.17', '2.18', '3', '4', '5'].map((suffix) => ({
    id: 'T5.extension',
    code: 'WAX_TDX_EXTENSION',
    what: `no part .${suffix}`,
    change: { pck: { extensions: [...endEntity, platformExtension(platform, suffix)] } },
  })),
  {
    id: 'T5.extension',
    code: 'WAX_TDX_EXTENSION',
    what: 'a part named twice',
    change: {
      pck: {
        extensions: [
          ...endEntity,
          {
            oid: '1.2.840.113741.1.13.1',
            value: sequence(...[1, 2].map(() => sequence(oid('1.2.840.113741.1.13.1.1'), octetString(ppid)))),
          },
        ],
      },
    },
  },
  // Signatures.
  {
    id: 'C5',
    code: 'WAX_TDX_SIGNATURE_RANGE',
    what: 's of zero',
    change: { tamper: (q) => q.fill(0, SIGNATURE + 32, SIGNATURE + 64) },
    also: ['WAX_TDX_SIGNATURE'],
  },
  {
    id: 'C5',
    code: 'WAX_TDX_SIGNATURE_RANGE',
    what: 'r of the QE beyond the order',
    change: { tamper: (q) => q.fill(0xff, QE + 384, QE + 416) },
    also: ['WAX_TDX_QE_SIGNATURE'],
  },
  {
    id: 'C6.attestation-key',
    code: 'WAX_TDX_ATTESTATION_KEY',
    what: 'a key off the curve',
    change: { attestationPoint: new Uint8Array(64).fill(1) },
    also: ['WAX_TDX_SIGNATURE'],
  },
  {
    id: 'T2',
    code: 'WAX_TDX_SIGNATURE',
    what: 'a measurement changed after signing',
    change: { tamper: tampered(BODY + 136, 1) },
  },
  {
    id: 'T2',
    code: 'WAX_TDX_SIGNATURE',
    what: 'a version 5 quote changed after signing',
    change: { version: 5, body10: true, tamper: (q) => q.with(28, 9) },
  },
  {
    id: 'T3',
    code: 'WAX_TDX_KEY_BINDING',
    what: 'a key that the QE did not vouch for',
    change: { qePatch: withByte(320, 0) },
  },
  {
    id: 'T3',
    code: 'WAX_TDX_KEY_BINDING',
    what: 'a tail after the hash',
    change: { qePatch: withByte(352, 1) },
  },
  {
    id: 'T4',
    code: 'WAX_TDX_QE_SIGNATURE',
    what: 'a QE that another platform certified',
    change: { qeKey: keys.other },
  },
  // Collateral.
  {
    id: 'T6.chain',
    code: 'WAX_TDX_COLLATERAL_MISSING',
    what: 'no signing chain',
    change: { endorsements: replaced(2, () => new Uint8Array()) },
    also: ['WAX_X509_MISSING', 'WAX_X509_MISSING'],
  },
  {
    id: 'T6.chain',
    code: 'WAX_PEM_FORM',
    what: 'text before the chain',
    change: { endorsements: replaced(2, (item) => new Uint8Array([65, ...item])) },
    also: ['WAX_X509_MISSING', 'WAX_X509_MISSING'],
  },
  {
    id: 'T6.chain',
    code: 'WAX_PEM_SIZE',
    what: 'a chain of 17 KiB',
    change: { endorsements: replaced(2, () => new Uint8Array(17 * 1024)) },
    also: ['WAX_X509_MISSING', 'WAX_X509_MISSING'],
  },
  {
    id: 'C4.tcb-signing',
    code: 'WAX_X509_ALGORITHM',
    what: 'a signer with an unknown curve',
    change: {
      tcb: { publicKey: publicKeyInfo(generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).privateKey) },
    },
  },
  {
    id: 'C4.tcb-root',
    code: 'WAX_X509_MISSING',
    what: 'a signer without root',
    change: { endorsements: replaced(2, firstBlock) },
  },
  {
    id: 'C6.tcb-signing',
    code: 'WAX_X509_POINT',
    what: 'a signer key off the curve',
    change: { tcb: { publicKey: offCurve() } },
    also: ['WAX_TDX_COLLATERAL_SIGNATURE', 'WAX_TDX_COLLATERAL_SIGNATURE'],
  },
  {
    id: 'C8.tcb-signing',
    code: 'WAX_X509_DATES',
    what: 'an expired signer',
    change: { tcb: { notAfter: at - 1000 } },
  },
  {
    id: 'T6.issuer',
    code: 'WAX_TDX_CHAIN',
    what: 'a signer of another name',
    change: { tcb: { subject: names.pck } },
  },
  {
    id: 'T6.issuer',
    code: 'WAX_X509_SIGNATURE',
    what: 'a signer by another key',
    change: { tcb: { signer: p256Signer(keys.other) } },
  },
  {
    id: 'T6.issuer',
    code: 'WAX_X509_USAGE',
    what: 'a signer that is a CA',
    change: { tcb: { extensions: [caConstraints()] } },
  },
  {
    id: 'T6.form',
    code: 'WAX_TDX_COLLATERAL_MISSING',
    what: 'no TCB info',
    change: { endorsements: replaced(0, () => new Uint8Array()) },
  },
  {
    id: 'T6.form',
    code: 'WAX_TDX_COLLATERAL_FORM',
    what: 'a body in another order',
    change: { endorsements: replaced(0, inText('{"tcbInfo"', '{"x":1,"tcbInfo"')) },
  },
  {
    id: 'T6.form',
    code: 'WAX_JSON_DUPLICATE_KEY',
    what: 'a key named twice',
    change: { endorsements: replaced(0, inText('"id":"TDX"', '"id":"TDX","id":"TDX"')) },
  },
  {
    id: 'T6.form',
    code: 'WAX_JSON_SYNTAX',
    what: 'a second value in the body',
    change: { endorsements: replaced(0, inText(',"signature"', ',"signature":"","signature"')) },
  },
  {
    id: 'T6.form',
    code: 'WAX_JSON_SHAPE',
    what: '15 components',
    change: { tcbInfo: { tcbLevels: [level(sixteen(1).slice(1), sixteen(1), 1, 'UpToDate')] } },
  },
  {
    id: 'T6.form',
    code: 'WAX_JSON_SHAPE',
    what: 'an unknown status',
    change: { tcbInfo: { tcbLevels: [level(sixteen(1), sixteen(1), 1, 'Fine')] } },
  },
  {
    id: 'T6.form',
    code: 'WAX_TDX_SIZE',
    what: 'more than 64 KiB',
    change: { endorsements: replaced(0, () => new Uint8Array(65_537).fill(32)) },
  },
  {
    id: 'T6.signature',
    code: 'WAX_TDX_COLLATERAL_SIGNATURE',
    what: 'a TCB info signed by another key',
    change: { tcbInfoKey: keys.other },
  },
  {
    id: 'T6.signature',
    code: 'WAX_TDX_COLLATERAL_SIGNATURE',
    what: 'one space more than was signed',
    change: { endorsements: replaced(0, inText('"id":', '"id": ')) },
  },
  {
    id: 'T6.dates',
    code: 'WAX_TDX_COLLATERAL_DATES',
    what: 'a TCB info that ran out',
    change: { tcbInfo: { nextUpdate: iso(at - 1000) } },
  },
  {
    id: 'T6.dates',
    code: 'WAX_TDX_COLLATERAL_DATES',
    what: 'a TCB info of tomorrow',
    change: { tcbInfo: { issueDate: iso(at + day) } },
  },
  {
    id: 'T6.platform',
    code: 'WAX_TDX_COLLATERAL_PLATFORM',
    what: 'another FMSPC',
    change: { tcbInfo: { fmspc: '50806f000000' } },
  },
  {
    id: 'T6.platform',
    code: 'WAX_TDX_COLLATERAL_PLATFORM',
    what: 'another PCE',
    change: { tcbInfo: { pceId: '0001' } },
  },
  {
    id: 'T6.platform',
    code: 'WAX_TDX_COLLATERAL_PLATFORM',
    what: 'a TCB info for SGX',
    change: { tcbInfo: { id: 'SGX' } },
  },
  {
    id: 'T6.platform',
    code: 'WAX_TDX_COLLATERAL_PLATFORM',
    what: 'version 2',
    change: { tcbInfo: { version: 2 } },
  },
  {
    id: 'T6.platform',
    code: 'WAX_TDX_COLLATERAL_FORM',
    what: 'another way to compare',
    change: { tcbInfo: { tcbType: 1 } },
  },
  {
    id: 'T7.form',
    code: 'WAX_TDX_COLLATERAL_MISSING',
    what: 'no QE identity',
    change: { endorsements: replaced(1, () => new Uint8Array()) },
  },
  {
    id: 'T7.signature',
    code: 'WAX_TDX_COLLATERAL_SIGNATURE',
    what: 'a QE identity signed by another key',
    change: { qeIdentityKey: keys.other },
  },
  {
    id: 'T7.dates',
    code: 'WAX_TDX_COLLATERAL_DATES',
    what: 'a QE identity that ran out',
    change: { qeIdentity: { nextUpdate: iso(at - 1000) } },
  },
  {
    id: 'T7.kind',
    code: 'WAX_TDX_COLLATERAL_PLATFORM',
    what: 'the identity of the SGX QE',
    change: { qeIdentity: { id: 'QE' } },
  },
  {
    id: 'T7.kind',
    code: 'WAX_TDX_COLLATERAL_PLATFORM',
    what: 'version 1',
    change: { qeIdentity: { version: 1 } },
  },
  {
    id: 'T7.identity',
    code: 'WAX_TDX_QE_IDENTITY',
    what: 'a QE by another signer',
    change: { qePatch: withByte(128, 0) },
  },
  {
    id: 'T7.identity',
    code: 'WAX_TDX_QE_IDENTITY',
    what: 'another enclave product',
    change: { qePatch: withByte(256, 1) },
  },
  {
    id: 'T7.identity',
    code: 'WAX_TDX_QE_IDENTITY',
    what: 'a QE in debug mode',
    change: { qePatch: withByte(48, 0x13) },
  },
  {
    id: 'T7.identity',
    code: 'WAX_TDX_QE_IDENTITY',
    what: 'another MISCSELECT',
    change: { qePatch: withByte(16, 1) },
  },
  {
    id: 'C7.pck-crl.form',
    code: 'WAX_CRL_MISSING',
    what: 'an empty PCK list',
    change: { endorsements: replaced(3, () => new Uint8Array()) },
  },
  {
    id: 'C7.pck-crl',
    code: 'WAX_CRL_SIGNATURE',
    what: 'a PCK list by another key',
    change: { pckCrl: { signer: p256Signer(keys.other) } },
  },
  {
    id: 'C7.pck-crl',
    code: 'WAX_CRL_ISSUER',
    what: 'the root list in place of the PCK list',
    change: { endorsements: (items) => [...items.slice(0, 3), items[4] ?? ppid, items[4] ?? ppid] },
  },
  {
    id: 'C8.pck-crl',
    code: 'WAX_CRL_DATES',
    what: 'a PCK list that ran out',
    change: { pckCrl: { nextUpdate: at - 1000 } },
  },
  {
    id: 'T5.pck-revoked',
    code: 'WAX_CRL_REVOKED',
    what: 'a revoked platform',
    change: { pckCrl: { revoked: [Uint8Array.of(3)] } },
  },
  {
    id: 'C7.root-crl.form',
    code: 'WAX_CRL_MISSING',
    what: 'no root list',
    change: { endorsements: (items) => items.slice(0, 4) },
  },
  {
    id: 'C7.root-crl',
    code: 'WAX_CRL_SIGNATURE',
    what: 'a root list by another key',
    change: { rootCrl: { signer: p256Signer(keys.other) } },
  },
  {
    id: 'C8.root-crl',
    code: 'WAX_CRL_DATES',
    what: 'a root list of tomorrow',
    change: { rootCrl: { thisUpdate: at + day } },
  },
  {
    id: 'T5.ca-revoked',
    code: 'WAX_CRL_REVOKED',
    what: 'a revoked CA',
    change: { rootCrl: { revoked: [Uint8Array.of(2)] } },
  },
  {
    id: 'T5.signer-revoked',
    code: 'WAX_CRL_REVOKED',
    what: 'a revoked signer',
    change: { rootCrl: { revoked: [Uint8Array.of(4)] } },
  },
  // TCB.
  {
    id: 'T7.level',
    code: 'WAX_TDX_NO_LEVEL',
    what: 'a QE below every level',
    change: { qePatch: withByte(258, 1) },
  },
  { id: 'T8', code: 'WAX_TDX_MODULE', what: 'a module that is not listed', change: { teeTcbSvn: [6, 2, 5] } },
  {
    id: 'T8',
    code: 'WAX_TDX_MODULE',
    what: 'a module by another signer',
    change: { patch: withByte(BODY + 64, 1) },
  },
  {
    id: 'T8',
    code: 'WAX_TDX_MODULE',
    what: 'a module with attributes',
    change: { patch: withByte(BODY + 112, 1) },
  },
  {
    id: 'T8',
    code: 'WAX_TDX_MODULE',
    what: 'a module without version by another signer',
    change: { teeTcbSvn: [6, 0, 5], patch: withByte(BODY + 64, 1) },
  },
  {
    id: 'T8',
    code: 'WAX_TDX_NO_LEVEL',
    what: 'a module below every level',
    change: { teeTcbSvn: [1, 1, 5] },
  },
  {
    id: 'T9',
    code: 'WAX_TDX_NO_LEVEL',
    what: 'a platform below every level',
    change: { platform: { components: sixteen(9, 1, 2) } },
  },
  {
    id: 'T9',
    code: 'WAX_TDX_NO_LEVEL',
    what: 'a PCE below every level',
    change: { platform: { pceSvn: 4 } },
  },
  {
    id: 'T10',
    code: 'WAX_TDX_OUT_OF_DATE',
    what: 'firmware that is out of date',
    change: { platform: { components: sixteen(2, 2, 2) } },
  },
  {
    id: 'T10',
    code: 'WAX_TDX_OUT_OF_DATE',
    what: 'a module that is out of date',
    change: { teeTcbSvn: [5, 1, 5] },
  },
  {
    id: 'T10',
    code: 'WAX_TDX_OUT_OF_DATE',
    what: 'a QE that is out of date',
    change: { qePatch: withByte(258, 3) },
  },
  {
    id: 'T10',
    code: 'WAX_TDX_OUT_OF_DATE',
    what: 'late microcode in the TDX components',
    change: { teeTcbSvn: [6, 1, 2] },
  },
  {
    id: 'T10',
    code: 'WAX_TDX_OUT_OF_DATE',
    what: 'component 0 for a module without version',
    change: { teeTcbSvn: [5, 0, 2] },
  },
  { id: 'T10', code: 'WAX_TDX_REVOKED', what: 'a revoked module', change: { teeTcbSvn: [2, 1, 5] } },
  {
    id: 'T10',
    code: 'WAX_TDX_CONFIGURATION',
    what: 'a platform that needs configuration',
    change: { platform: { components: sixteen(3, 3, 2) } },
  },
  {
    id: 'T10',
    code: 'WAX_TDX_HARDENING',
    what: 'a platform that needs hardening',
    change: { platform: { components: sixteen(4, 4, 2) } },
    also: ['WAX_TDX_ADVISORY'],
  },
  {
    id: 'T10',
    code: 'WAX_TDX_RELAUNCH',
    what: 'a module that was updated in place',
    change: { version: 5, teeTcbSvn: [5, 1, 5], teeTcbSvn2: [6, 1, 5] },
  },
  {
    id: 'T10',
    code: 'WAX_TDX_OUT_OF_DATE',
    what: 'an update in place that is not enough',
    change: { version: 5, teeTcbSvn: [4, 1, 5], teeTcbSvn2: [5, 1, 5], policy: { relaunchAdvised: true } },
  },
  {
    id: 'T10.advisories',
    code: 'WAX_TDX_ADVISORY',
    what: 'hardening for an advisory that is not accepted',
    change: {
      platform: { components: sixteen(4, 4, 2) },
      policy: { statuses: ['UpToDate', 'SWHardeningNeeded'], advisories: ['INTEL-SA-00009'] },
    },
  },
  {
    id: 'T6.evaluation',
    code: 'WAX_TDX_EVALUATION',
    what: 'an older TCB evaluation',
    change: { tcbInfo: { tcbEvaluationDataNumber: 17 }, policy: { minimumEvaluation: 18 } },
  },
  {
    id: 'T6.evaluation',
    code: 'WAX_TDX_EVALUATION',
    what: 'an older QE evaluation',
    change: { qeIdentity: { tcbEvaluationDataNumber: 17 }, policy: { minimumEvaluation: 18 } },
  },
  // Trust domain.
  {
    id: 'T11.debug',
    code: 'WAX_TDX_DEBUG',
    what: 'a debuggable domain',
    change: { patch: withByte(BODY + 120, 1) },
  },
  {
    id: 'T11.migratable',
    code: 'WAX_TDX_MIGRATABLE',
    what: 'a migratable domain',
    change: { patch: withByte(BODY + 123, 0x30) },
  },
  {
    id: 'T11.sept-ve',
    code: 'WAX_TDX_SEPT_VE',
    what: 'no SEPT_VE_DISABLE',
    change: { patch: withByte(BODY + 123, 0) },
  },
  {
    id: 'T11.attributes',
    code: 'WAX_TDX_ATTRIBUTES',
    what: 'protection keys',
    change: { patch: withByte(BODY + 123, 0x50) },
  },
  {
    id: 'T11.attributes',
    code: 'WAX_TDX_ATTRIBUTES',
    what: 'key locker',
    change: { patch: withByte(BODY + 123, 0x90) },
  },
  {
    id: 'T11.attributes',
    code: 'WAX_TDX_ATTRIBUTES',
    what: 'performance monitoring',
    change: { patch: withByte(BODY + 127, 0x80) },
  },
  {
    id: 'T11.attributes',
    code: 'WAX_TDX_ATTRIBUTES',
    what: 'another debug bit',
    change: { patch: withByte(BODY + 120, 2) },
  },
  {
    id: 'T11.attributes',
    code: 'WAX_TDX_ATTRIBUTES',
    what: 'an unknown bit',
    change: { patch: withByte(BODY + 121, 1) },
  },
  { id: 'T12', code: 'WAX_TDX_XFAM', what: 'no SSE', change: { patch: withByte(BODY + 128, 0xe5) } },
  {
    id: 'T12',
    code: 'WAX_TDX_XFAM',
    what: 'a feature beyond the known',
    change: { patch: withByte(BODY + 131, 1) },
  },
  {
    id: 'T12',
    code: 'WAX_TDX_XFAM',
    what: 'other features than expected',
    change: { policy: { pinned: { xfam: 'e700060000000000' } } },
  },
  {
    id: 'T13.mrServiceTd',
    code: 'WAX_TDX_SERVICE_TD',
    what: 'a service that is not expected',
    change: { version: 5, patch: withByte(54 + 600, 1) },
  },
  {
    id: 'T13.mrServiceTd',
    code: 'WAX_TDX_SERVICE_TD',
    what: 'no service where one is expected',
    change: { policy: { mrServiceTd: '11'.repeat(48) } },
  },
  ...['mrConfigId', 'mrOwner', 'mrOwnerConfig', 'mrSeam'].map((field) => ({
    id: `T13.${field}`,
    code: 'WAX_TDX_FIELD',
    what: `another ${field}`,
    change: { policy: { pinned: { [field]: '11'.repeat(48) } } },
  })),
  {
    id: 'T15',
    code: 'WAX_TDX_PLATFORM_DENIED',
    what: 'a machine on the deny list',
    change: { policy: { deniedHardware: ['77'.repeat(16)] } },
  },
  {
    id: 'T14',
    code: 'WAX_TDX_BINDING',
    what: 'the answer to another challenge',
    change: { expectedReportData: new Uint8Array(64) },
  },
  { id: 'T14', code: 'WAX_TDX_BINDING_ABSENT', what: 'no challenge', change: { expectedReportData: null } },
  {
    id: 'T14',
    code: 'WAX_TDX_BINDING_ABSENT',
    what: 'an empty challenge',
    change: { expectedReportData: new Uint8Array() },
  },
];

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
