import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  caConstraints,
  keyUsage,
  name,
  publicKeyInfo,
  rsaSigner,
} from '../../../../enclave-server/attester/simulator/certificates.ts';
import { chipExtensions } from '../../../../enclave-server/attester/simulator/chip-extensions.ts';
import { smallInteger } from '../../../../enclave-server/attester/simulator/der-writer.ts';
import type { EvidenceResult } from '../../../../protocol/attestation/evidence.ts';
import { parseTdxPolicy } from '../../../../protocol/attestation/tdx/policy.ts';
import {
  at,
  makeSnp,
  organisation,
  rsaKeys,
  type SnpChange,
  vcekKey,
} from '../../../support/attestation/amd-pki.ts';

const day = 86_400_000;

async function verify(change: SnpChange = {}): Promise<EvidenceResult> {
  const { input, verifier } = makeSnp(change);
  return verifier.verify(input);
}

const notPassed = (result: EvidenceResult) => result.checks.filter((check) => check.state !== 'pass');
const withByte = (offset: number, value: number) => (report: Uint8Array) => {
  report[offset] = value;
};
const genoaTcb = (bootloader: number, tee: number, snp: number, microcode: number) =>
  Uint8Array.of(bootloader, tee, 0, 0, 0, 0, snp, microcode);
const otherKey = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
const p256Key = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const genoaChip = { productName: 'Genoa', versions: { bootloader: 10, tee: 0, snp: 23, microcode: 84 } };
const id64 = new Uint8Array(64).fill(9);

/** A certificate whose subject public key point was moved off its curve. */
function offCurve(): Uint8Array {
  const spki = publicKeyInfo(vcekKey).slice();
  spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
  return spki;
}

/** For each check, evidence in which it and, unless `also` says so, nothing else fails. */
const refusals: { id: string; code: string; what: string; change: SnpChange; also?: string[] }[] = [
  // Form.
  {
    id: 'C1',
    code: 'WAX_SNP_LENGTH',
    what: 'one byte too many',
    change: { tamper: (r) => new Uint8Array([...r, 0]) },
  },
  { id: 'C1', code: 'WAX_SNP_LENGTH', what: 'one byte too few', change: { tamper: (r) => r.subarray(1) } },
  {
    id: 'C10',
    code: 'WAX_ATTESTATION_ENDORSEMENTS',
    what: 'a fifth endorsement',
    change: { endorsements: (e) => [...e, new Uint8Array(1)] },
  },
  {
    id: 'C10',
    code: 'WAX_ATTESTATION_ENDORSEMENTS',
    what: 'an endorsement beyond its size',
    change: { endorsements: (e) => [...e.slice(0, 3), new Uint8Array(262_145)] },
    also: ['WAX_CRL_SIZE'],
  },
  { id: 'S1.version', code: 'WAX_SNP_VERSION', what: 'version 6', change: { report: { version: 6 } } },
  {
    id: 'S1.version',
    code: 'WAX_SNP_VERSION',
    what: 'version 1',
    change: { report: { version: 1, launchMitigations: 0n, currentMitigations: 0n, cpuid: [0, 0, 0] } },
    also: ['WAX_SNP_VERSION_POLICY'],
  },
  {
    id: 'S1.reserved',
    code: 'WAX_SNP_RESERVED',
    what: 'a byte after KEY_INFO',
    change: { patch: withByte(0x4c, 1) },
  },
  {
    id: 'S1.reserved',
    code: 'WAX_SNP_RESERVED',
    what: 'a byte after CPUID',
    change: { patch: withByte(0x18b, 1) },
  },
  {
    id: 'S1.reserved',
    code: 'WAX_SNP_RESERVED',
    what: 'a byte after a build number',
    change: { patch: withByte(0x1eb, 1) },
  },
  {
    id: 'S1.reserved',
    code: 'WAX_SNP_RESERVED',
    what: 'the last signed byte',
    change: { patch: withByte(0x29f, 1) },
  },
  {
    id: 'S1.reserved',
    code: 'WAX_SNP_RESERVED',
    what: 'the last byte, unsigned',
    change: {
      tamper: (r) => {
        r[1183] = 1;
        return r;
      },
    },
  },
  {
    id: 'S1.reserved',
    code: 'WAX_SNP_RESERVED',
    what: 'mitigation bits before version 5',
    change: { report: { version: 4 } },
  },
  {
    id: 'S1.algorithm',
    code: 'WAX_SNP_ALGORITHM',
    what: 'another signature algorithm',
    change: { report: { signatureAlgorithm: 2 } },
  },
  {
    id: 'S1.key-info',
    code: 'WAX_SNP_KEY_INFO',
    what: 'no signing key',
    change: { report: { keyInfo: 7 << 2 } },
    also: ['WAX_SNP_KIND'],
  },
  {
    id: 'S1.key-info',
    code: 'WAX_SNP_KEY_INFO',
    what: 'an unknown bit',
    change: { report: { keyInfo: 1 << 5 } },
  },
  {
    id: 'S1.policy-bit',
    code: 'WAX_SNP_POLICY_BIT',
    what: 'guest policy bit 17 is zero',
    change: { report: { policy: 0x1001fn } },
  },
  {
    id: 'S2.form',
    code: 'WAX_SNP_SIGNATURE_FORM',
    what: 'r of more than 384 bits',
    change: {
      tamper: (r) => {
        r[0x2a0 + 48] = 1;
        return r;
      },
    },
  },
  {
    id: 'S2.form',
    code: 'WAX_SNP_SIGNATURE_FORM',
    what: 's of more than 384 bits',
    change: {
      tamper: (r) => {
        r[0x2e8 + 71] = 1;
        return r;
      },
    },
  },
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
  // Collateral.
  {
    id: 'C7.crl.form',
    code: 'WAX_CRL_MISSING',
    what: 'no revocation list',
    change: { endorsements: (e) => e.slice(0, 3) },
  },
  {
    id: 'C7.crl.form',
    code: 'WAX_CRL_MISSING',
    what: 'an empty revocation list',
    change: { endorsements: (e) => [...e.slice(0, 3), new Uint8Array()] },
  },
  {
    id: 'C7.crl.form',
    code: 'WAX_DER_TRAILING',
    what: 'a byte after the list',
    change: {
      endorsements: ([v = id64, a = id64, r = id64, c = id64]) => [v, a, r, new Uint8Array([...c, 0])],
    },
  },
  {
    id: 'C7.crl',
    code: 'WAX_CRL_SIGNATURE',
    what: 'a list signed by another key',
    change: { crl: { signer: rsaSigner(rsaKeys.ask) } },
  },
  {
    id: 'C7.crl',
    code: 'WAX_CRL_ISSUER',
    what: 'a list of another issuer',
    change: { crl: { issuer: name(organisation, 'ARK-Milan') } },
  },
  {
    id: 'C7.crl',
    code: 'WAX_X509_USAGE',
    what: 'a root that may not sign lists',
    change: { ark: { extensions: [caConstraints(), keyUsage(0x04)] } },
  },
  {
    id: 'C8.crl',
    code: 'WAX_CRL_DATES',
    what: 'a list that ran out',
    change: { crl: { nextUpdate: at - 1000 } },
  },
  {
    id: 'C8.crl',
    code: 'WAX_CRL_DATES',
    what: 'a list of tomorrow',
    change: { crl: { thisUpdate: at + day } },
  },
  {
    id: 'S13',
    code: 'WAX_CRL_REVOKED',
    what: 'a revoked ASK',
    change: { crl: { revoked: [Uint8Array.of(2, 0, 1), Uint8Array.of(1, 0, 1)] } },
  },
  // Policy.
  {
    id: 'S3.policy',
    code: 'WAX_SNP_PRODUCT_POLICY',
    what: 'a product that is not accepted',
    change: { product: 'milan', policy: { products: ['genoa'] } },
  },
  {
    id: 'S1.minimum-version',
    code: 'WAX_SNP_VERSION_POLICY',
    what: 'an older version than accepted',
    change: {
      policy: { minimumReportVersion: 5 },
      report: { version: 4, launchMitigations: 0n, currentMitigations: 0n },
    },
  },
  { id: 'S4.vlek', code: 'WAX_SNP_VLEK_POLICY', what: 'a provider key', change: { vlek: true } },
  {
    id: 'S6.masked',
    code: 'WAX_SNP_CHIP_MASKED',
    what: 'a masked chip',
    change: { report: { keyInfo: 2, chipId: new Uint8Array(64) } },
  },
  {
    id: 'S7.form',
    code: 'WAX_SNP_RESERVED',
    what: 'a launch version with an unknown component',
    change: { report: { launchTcb: Uint8Array.of(10, 0, 0, 0, 1, 0, 23, 84) } },
  },
  {
    id: 'S7.order',
    code: 'WAX_SNP_TCB_ORDER',
    what: 'reported above committed',
    change: {
      report: { committedTcb: genoaTcb(10, 0, 23, 83), currentTcb: genoaTcb(10, 0, 23, 83) },
      policy: { minimumTcb: { genoa: { bootloader: 0, tee: 0, snp: 0, microcode: 0 } } },
    },
  },
  {
    id: 'S7.order',
    code: 'WAX_SNP_TCB_ORDER',
    what: 'committed above current in one component',
    change: {
      report: { currentTcb: genoaTcb(11, 0, 22, 84) },
      policy: {
        provisionalFirmware: true,
        minimumTcb: { genoa: { bootloader: 0, tee: 0, snp: 0, microcode: 0 } },
      },
    },
  },
  {
    id: 'S7.committed',
    code: 'WAX_SNP_TCB_PROVISIONAL',
    what: 'firmware that is not committed',
    change: { report: { currentTcb: genoaTcb(10, 0, 23, 85) } },
  },
  {
    id: 'S7.minimum',
    code: 'WAX_SNP_TCB_MINIMUM',
    what: 'a launch version below the floor',
    change: { report: { launchTcb: genoaTcb(10, 0, 23, 83) } },
  },
  {
    id: 'S7.minimum',
    code: 'WAX_SNP_TCB_MINIMUM',
    what: 'one component below, the others far above',
    change: { report: { launchTcb: genoaTcb(255, 255, 22, 255) } },
  },
  {
    id: 'S7.minimum',
    code: 'WAX_SNP_TCB_MINIMUM',
    what: 'a raised floor',
    change: { policy: { minimumTcb: { genoa: { bootloader: 10, tee: 0, snp: 24, microcode: 84 } } } },
  },
  {
    id: 'S8.firmware',
    code: 'WAX_SNP_FIRMWARE',
    what: 'old firmware',
    change: { policy: { minimumFirmware: '1.55.41' } },
  },
  {
    id: 'S8.guest-svn',
    code: 'WAX_SNP_GUEST_SVN',
    what: 'a low guest version',
    change: { policy: { minimumGuestSvn: 2 } },
  },
  {
    id: 'S8.mitigations',
    code: 'WAX_SNP_MITIGATIONS',
    what: 'a mitigation that is missing now',
    change: { policy: { requiredMitigations: '0000000000000002' }, report: { currentMitigations: 1n } },
  },
  {
    id: 'S8.mitigations',
    code: 'WAX_SNP_MITIGATIONS',
    what: 'a mitigation that was missing at launch',
    change: { policy: { requiredMitigations: '0000000000000002' }, report: { launchMitigations: 1n } },
  },
  {
    id: 'S9.debug',
    code: 'WAX_SNP_DEBUG',
    what: 'a debuggable guest',
    change: { report: { policy: 0xb001fn } },
  },
  {
    id: 'S9.migration',
    code: 'WAX_SNP_MIGRATION',
    what: 'a migration agent',
    change: { report: { policy: 0x7001fn } },
  },
  { id: 'S9.cxl', code: 'WAX_SNP_CXL', what: 'CXL memory', change: { report: { policy: 0x23001fn } } },
  ...(['singleSocket', 'memAes256Xts', 'raplDisabled', 'ciphertextHiding', 'pageSwapDisabled'] as const).map(
    (feature) => ({
      id: 'S9.features',
      code: 'WAX_SNP_POLICY_FEATURE',
      what: `no ${feature}`,
      change: { policy: { require: [feature] } },
    }),
  ),
  {
    id: 'S9.unknown',
    code: 'WAX_SNP_POLICY_UNKNOWN',
    what: 'an unknown policy bit',
    change: { report: { policy: 0x403001fn } },
  },
  { id: 'S9.abi', code: 'WAX_SNP_ABI', what: 'an old interface', change: { policy: { minimumAbi: '1.0' } } },
  {
    id: 'S9.smt',
    code: 'WAX_SNP_SMT',
    what: 'SMT on against the guest policy',
    change: { report: { policy: 0x2001fn } },
  },
  { id: 'S9.smt', code: 'WAX_SNP_SMT', what: 'SMT where we refuse it', change: { policy: { smt: false } } },
  {
    id: 'S9.alias-check',
    code: 'WAX_SNP_ALIAS_CHECK',
    what: 'no alias check',
    change: { report: { platformInfo: 0x05n } },
  },
  { id: 'S10', code: 'WAX_SNP_VMPL', what: 'privilege level 1', change: { report: { vmpl: 1 } } },
  {
    id: 'S10',
    code: 'WAX_SNP_VMPL',
    what: 'a report that the host asked for',
    change: { report: { vmpl: 0xffffffff } },
  },
  {
    id: 'S11.hostData',
    code: 'WAX_SNP_FIELD',
    what: 'other host data',
    change: { policy: { pinned: { hostData: '00'.repeat(32) } } },
  },
  {
    id: 'S11.familyId',
    code: 'WAX_SNP_FIELD',
    what: 'another family',
    change: { policy: { pinned: { familyId: '11'.repeat(16) } } },
  },
  {
    id: 'S11.imageId',
    code: 'WAX_SNP_FIELD',
    what: 'another image',
    change: { policy: { pinned: { imageId: '11'.repeat(16) } } },
  },
  {
    id: 'S11.idKeyDigest',
    code: 'WAX_SNP_FIELD',
    what: 'another id key',
    change: { policy: { pinned: { idKeyDigest: '11'.repeat(48) } } },
  },
  {
    id: 'S11.authorKeyDigest',
    code: 'WAX_SNP_FIELD',
    what: 'an author key that was not enabled',
    change: { policy: { pinned: { authorKeyDigest: '00'.repeat(48) } } },
  },
  // Binding.
  {
    id: 'S12',
    code: 'WAX_SNP_BINDING',
    what: 'the answer to another challenge',
    change: { expectedReportData: new Uint8Array(64) },
  },
  {
    id: 'S12',
    code: 'WAX_SNP_BINDING',
    what: 'a challenge that differs in the last byte',
    change: { expectedReportData: new Uint8Array(64).fill(0xab).fill(0, 63) },
  },
  { id: 'S12', code: 'WAX_SNP_BINDING_ABSENT', what: 'no challenge', change: { expectedReportData: null } },
  {
    id: 'S12',
    code: 'WAX_SNP_BINDING_ABSENT',
    what: 'an empty challenge',
    change: { expectedReportData: new Uint8Array() },
  },
  {
    id: 'S12',
    code: 'WAX_SNP_BINDING_ABSENT',
    what: 'half a challenge',
    change: { expectedReportData: new Uint8Array(32).fill(0xab) },
  },
];

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
