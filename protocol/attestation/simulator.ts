import type { EvidenceVerifier } from './evidence.ts';
import { createSnpVerifier } from './snp/verify.ts';

/**
 * Verifier for simulated evidence: the checks for SEV-SNP under a root whose private key is public. It proves
 * nothing about privacy. Builds for real use leave this module out, and with it the root and the type: to them
 * simulated evidence is evidence of an unknown type. The mark on the call lets bundlers drop it.
 */
export const simulatorVerifier: EvidenceVerifier = /* @__PURE__ */ createSnpVerifier({
  code: 0xf1,
  type: 'sev-snp-simulated',
  vendor: 'Waxseal simulator',
  simulated: true,
  roots: { Genoa: 'b73f81c94108dde032d031db21104f0bf71a4304cc7f3568aec225e67fd4cb81' },
});
