import {
  caConstraints,
  keyUsage,
  publicKeyInfo,
} from '../../../../enclave-server/attester/simulator/certificates.ts';
import { sequence, smallInteger } from '../../../../enclave-server/attester/simulator/der-writer.ts';
import { at, keys, names, p384Signer } from '../aws-pki.ts';
import { p256Signer } from '../intel-pki.ts';
import { bytes, hour, offCurve, p256Key, type Refusal, register, three } from './parts.ts';

/** Documents whose chain, registers or binding do not hold. */
export const contentRefusals: Refusal[] = [
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
    id: 'C8.leaf',
    code: 'WAX_X509_DATES',
    what: 'a leaf that is younger than the document',
    change: { leaf: { notBefore: at + 40_000 }, document: { timestamp: at + 30_000 } },
    also: ['WAX_NITRO_OUTSIDE_CERTIFICATE'],
  },
  {
    id: 'C8.leaf',
    code: 'WAX_X509_DATES',
    what: 'a clock that is far behind',
    change: { leaf: { notBefore: at + 60_000 }, document: { timestamp: at + 61_000 } },
    also: ['WAX_NITRO_AGE'],
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
