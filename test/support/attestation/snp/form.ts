import { type Refusal, withByte } from './parts.ts';

/** Reports that are malformed. */
export const formRefusals: Refusal[] = [
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
];
