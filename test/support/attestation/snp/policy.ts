import {
  caConstraints,
  keyUsage,
  name,
  rsaSigner,
} from '../../../../enclave-server/attester/simulator/certificates.ts';
import { at, organisation, rsaKeys } from '../amd-pki.ts';
import { day, genoaTcb, id64, type Refusal } from './parts.ts';

/** Reports with bad collateral, against the policy, or for another challenge. */
export const policyRefusals: Refusal[] = [
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
