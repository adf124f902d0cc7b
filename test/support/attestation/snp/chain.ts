import {
  caConstraints,
  keyUsage,
  name,
  publicKeyInfo,
  rsaSigner,
} from '../../../../enclave-server/attester/simulator/certificates.ts';
import { chipExtensions } from '../../../../enclave-server/attester/simulator/chip-extensions.ts';
import { smallInteger } from '../../../../enclave-server/attester/simulator/der-writer.ts';
import { at, organisation, rsaKeys } from '../amd-pki.ts';
import { p384Signer } from '../aws-pki.ts';
import { day, genoaChip, id64, offCurve, otherKey, p256Key, type Refusal, withByte } from './parts.ts';

/** Reports whose chain or signature does not hold. */
export const chainRefusals: Refusal[] = [
  // Chain and signature.
  {
    id: 'C4.vcek',
    code: 'WAX_X509_MISSING',
    what: 'no certificates',
    change: { endorsements: () => [] },
    also: ['WAX_X509_MISSING', 'WAX_X509_MISSING', 'WAX_CRL_MISSING'],
  },
  {
    id: 'C4.vcek',
    code: 'WAX_DER_TRAILING',
    what: 'a byte after the VCEK',
    change: { endorsements: ([v = new Uint8Array(), ...e]) => [new Uint8Array([...v, 0]), ...e] },
  },
  {
    id: 'C4.vcek',
    code: 'WAX_X509_SIZE',
    what: 'a certificate of 9 KiB',
    change: { endorsements: ([, ...e]) => [new Uint8Array(9216), ...e] },
  },
  {
    id: 'C4.vcek',
    code: 'WAX_X509_EXTENSION',
    what: 'an unknown critical extension',
    change: {
      vcek: {
        extensions: [
          ...chipExtensions({ ...genoaChip, hardwareId: id64 }),
          { oid: '1.2.3.4', critical: true, value: smallInteger(1) },
        ],
      },
    },
  },
  {
    id: 'C4.vcek',
    code: 'WAX_X509_EXTENSION',
    what: 'an extension named twice',
    change: {
      vcek: {
        extensions: [
          ...chipExtensions({ ...genoaChip, hardwareId: id64 }),
          ...chipExtensions({ ...genoaChip }),
        ],
      },
    },
  },
  {
    id: 'C4.ask',
    code: 'WAX_X509_MISSING',
    what: 'an empty ASK',
    change: { endorsements: ([v = id64, , a = id64, c = id64]) => [v, new Uint8Array(), a, c] },
  },
  {
    id: 'C4.ark',
    code: 'WAX_DER_TAG',
    what: 'an ARK that is no certificate',
    change: { endorsements: ([v = id64, a = id64, , c = id64]) => [v, a, new Uint8Array(64), c] },
  },
  {
    id: 'C6.vcek',
    code: 'WAX_X509_POINT',
    what: 'a VCEK point off the curve',
    change: { vcek: { publicKey: offCurve() } },
    also: ['WAX_SNP_SIGNATURE'],
  },
  {
    id: 'C8.vcek',
    code: 'WAX_X509_DATES',
    what: 'an expired VCEK',
    change: { vcek: { notAfter: at - 1000 } },
  },
  {
    id: 'C8.vcek',
    code: 'WAX_X509_DATES',
    what: 'a VCEK of tomorrow',
    change: { vcek: { notBefore: at + day } },
  },
  { id: 'C8.ask', code: 'WAX_X509_DATES', what: 'an expired ASK', change: { ask: { notAfter: at - 1000 } } },
  { id: 'C8.ark', code: 'WAX_X509_DATES', what: 'an expired ARK', change: { ark: { notAfter: at - 1000 } } },
  {
    id: 'S4.extensions',
    code: 'WAX_SNP_EXTENSION',
    what: 'no product name',
    change: {
      vcek: {
        extensions: chipExtensions({ ...genoaChip, hardwareId: id64 }).filter(
          ({ oid }) => !oid.endsWith('.2') || oid.endsWith('3.2'),
        ),
      },
    },
  },
  {
    id: 'S4.extensions',
    code: 'WAX_SNP_EXTENSION',
    what: 'no microcode version',
    change: {
      vcek: {
        extensions: chipExtensions({ ...genoaChip, hardwareId: id64 }).filter(
          ({ oid }) => !oid.endsWith('3.8'),
        ),
      },
    },
  },
  {
    id: 'S4.extensions',
    code: 'WAX_SNP_EXTENSION',
    what: 'both hwID and cspID',
    change: { chip: { providerId: 'CN=x' } },
  },
  {
    id: 'S4.extensions',
    code: 'WAX_SNP_EXTENSION',
    what: 'neither hwID nor cspID',
    change: { vcek: { extensions: chipExtensions(genoaChip) } },
  },
  {
    id: 'S4.extensions',
    code: 'WAX_SNP_CHAIN',
    what: 'a VCEK of another name',
    change: { vcek: { subject: name(organisation, 'SEV-VLEK') } },
  },
  {
    id: 'S4.extensions',
    code: 'WAX_SNP_CHAIN',
    what: 'a VCEK key on P-256',
    change: { vcek: { publicKey: publicKeyInfo(p256Key) } },
  },
  {
    id: 'S4.vcek',
    code: 'WAX_X509_SIGNATURE',
    what: 'a VCEK signed by another key',
    change: { vcek: { signer: rsaSigner(rsaKeys.ark) } },
  },
  {
    id: 'S4.vcek',
    code: 'WAX_X509_ISSUER',
    what: 'a VCEK of another issuer',
    change: { vcek: { issuer: name(organisation, 'SEV-Milan') } },
  },
  {
    id: 'S4.vcek',
    code: 'WAX_X509_USAGE',
    what: 'a VCEK that is a CA',
    change: {
      vcek: { extensions: [...chipExtensions({ ...genoaChip, hardwareId: id64 }), caConstraints()] },
    },
    also: ['WAX_SNP_CHIP_ID'],
  },
  {
    id: 'S4.vcek',
    code: 'WAX_X509_USAGE',
    what: 'a VCEK that may sign certificates',
    change: { vcek: { extensions: [...chipExtensions({ ...genoaChip, hardwareId: id64 }), keyUsage(0x84)] } },
    also: ['WAX_SNP_CHIP_ID'],
  },
  {
    id: 'S4.vcek',
    code: 'WAX_X509_USAGE',
    what: 'an ASK that is no CA',
    change: { ask: { extensions: [keyUsage(0x04)] } },
  },
  {
    id: 'S4.vcek',
    code: 'WAX_X509_USAGE',
    what: 'an ASK that may not sign certificates',
    change: { ask: { extensions: [caConstraints(0), keyUsage(0x80)] } },
  },
  {
    id: 'S4.ask',
    code: 'WAX_X509_SIGNATURE',
    what: 'an ASK signed by itself',
    change: { ask: { signer: rsaSigner(rsaKeys.ask) } },
  },
  {
    id: 'S4.ask',
    code: 'WAX_X509_USAGE',
    what: 'an ARK with room for no CA below it',
    change: { ark: { extensions: [caConstraints(0), keyUsage(0x06)] } },
    also: ['WAX_X509_USAGE'],
  },
  {
    id: 'S4.ark',
    code: 'WAX_X509_SIGNATURE',
    what: 'an ARK signed by another key',
    change: { ark: { signer: rsaSigner(rsaKeys.ask) } },
  },
  {
    id: 'S3',
    code: 'WAX_SNP_PRODUCT_UNKNOWN',
    what: 'an unknown model',
    change: { report: { cpuid: [0x19, 0x20, 0] } },
  },
  {
    id: 'S3',
    code: 'WAX_SNP_PRODUCT_UNKNOWN',
    what: 'a family of tomorrow',
    change: { report: { cpuid: [0x1b, 0x02, 0] } },
  },
  {
    id: 'C2',
    code: 'WAX_SNP_PRODUCT_MISMATCH',
    what: 'a certificate for another product',
    change: { chip: { productName: 'Milan-B0' } },
  },
  { id: 'C3', code: 'WAX_X509_ROOT', what: 'a root that is not pinned', change: { root: '00'.repeat(32) } },
  {
    id: 'S4.names',
    code: 'WAX_SNP_CHAIN',
    what: 'the VLEK intermediate above a VCEK',
    change: {
      ask: { subject: name(organisation, 'SEV-VLEK-Genoa') },
      vcek: { issuer: name(organisation, 'SEV-VLEK-Genoa') },
    },
  },
  {
    id: 'S4.names',
    code: 'WAX_SNP_CHAIN',
    what: 'a root of another name',
    change: {
      ark: { subject: name(organisation, 'ARK-Siena'), issuer: name(organisation, 'ARK-Siena') },
      ask: { issuer: name(organisation, 'ARK-Siena') },
      crl: { issuer: name(organisation, 'ARK-Siena') },
    },
  },
  {
    id: 'S4.names',
    code: 'WAX_SNP_CHAIN',
    what: 'an intermediate whose key is not RSA',
    change: { ask: { publicKey: publicKeyInfo(otherKey) }, vcek: { signer: p384Signer(otherKey) } },
  },
  {
    id: 'S4.kind',
    code: 'WAX_SNP_KIND',
    what: 'a report that says VLEK with a VCEK',
    change: { report: { keyInfo: 4 } },
  },
  {
    id: 'C5',
    code: 'WAX_SNP_SIGNATURE_RANGE',
    what: 's of zero',
    change: { tamper: (r) => r.fill(0, 0x2e8, 0x330) },
    also: ['WAX_SNP_SIGNATURE'],
  },
  { id: 'S2', code: 'WAX_SNP_SIGNATURE', what: 'another signing key', change: { reportKey: otherKey } },
  {
    id: 'S2',
    code: 'WAX_SNP_SIGNATURE',
    what: 'a measurement changed after signing',
    change: {
      tamper: (r) => {
        r[0x90] = 1;
        return r;
      },
    },
  },
  {
    id: 'S5',
    code: 'WAX_SNP_TCB_MISMATCH',
    what: 'a certificate for other microcode',
    change: { chip: { versions: { ...genoaChip.versions, microcode: 85 } } },
  },
  {
    id: 'S5',
    code: 'WAX_SNP_TCB_MISMATCH',
    what: 'a Turin certificate without FMC',
    change: { product: 'turin', chip: { versions: { bootloader: 1, tee: 1, snp: 4, microcode: 81 } } },
  },
  {
    id: 'S5',
    code: 'WAX_SNP_TCB_MISMATCH',
    what: 'a Genoa certificate with FMC',
    change: { chip: { versions: { ...genoaChip.versions, fmc: 0 } } },
  },
  { id: 'S6', code: 'WAX_SNP_CHIP_ID', what: 'another chip', change: { chip: { hardwareId: id64 } } },
  {
    id: 'S6',
    code: 'WAX_SNP_CHIP_ID',
    what: 'a Turin id with a tail',
    change: { product: 'turin', patch: withByte(0x1a0 + 8, 1) },
  },
  {
    id: 'S6',
    code: 'WAX_SNP_CHIP_ID',
    what: 'a masked chip that still has an id',
    change: { report: { keyInfo: 2 }, policy: { maskedChip: true } },
  },
  {
    id: 'S6',
    code: 'WAX_SNP_CHIP_ID',
    what: 'a provider key with an id',
    change: { vlek: true, report: { chipId: id64 }, policy: { vlek: true } },
  },
];
