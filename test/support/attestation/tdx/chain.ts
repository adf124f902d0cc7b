import {
  caConstraints,
  keyUsage,
  name,
  publicKeyInfo,
} from '../../../../enclave-server/attester/simulator/certificates.ts';
import { sequence } from '../../../../enclave-server/attester/simulator/der-writer.ts';
import { at } from '../intel-collateral.ts';
import { keys, names, p256Signer, platformExtension, ppid } from '../intel-pki.ts';
import {
  BODY,
  day,
  endEntity,
  offCurve,
  p384Key,
  platform,
  QE,
  type Refusal,
  SIGNATURE,
  tampered,
  withByte,
} from './parts.ts';

/** One byte more at the end of the quote, with the lengths at these offsets (little-endian) made to fit. */
const grown =
  (...lengths: number[]) =>
  (quote: Uint8Array) => {
    const longer = new Uint8Array([...quote, 0]);
    const view = new DataView(longer.buffer);
    for (const offset of lengths) view.setUint32(offset, view.getUint32(offset, true) + 1, true);
    return longer;
  };

/** Quotes that are malformed, or whose chain or signatures do not hold. */
export const chainRefusals: Refusal[] = [
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
      ['WAX_TDX_LENGTH', 'a byte at the end of the signature data', grown(SIGNATURE - 4)],
      ['WAX_TDX_LENGTH', 'a byte after the chain', grown(SIGNATURE - 4, QE - 4)],
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
    change: { pck: { extensions: [...endEntity, platformExtension(platform, { leaveOut: suffix })] } },
  })),
  ...['1', '2.1'].map((suffix) => ({
    id: 'T5.extension',
    code: 'WAX_TDX_EXTENSION',
    what: `part .${suffix} named twice`,
    change: { pck: { extensions: [...endEntity, platformExtension(platform, { twice: suffix })] } },
  })),
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
];
