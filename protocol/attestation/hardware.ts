import type { EvidenceVerifier } from './evidence.ts';
import { createNitroVerifier } from './nitro/verify.ts';
import { AMD_ROOTS, AWS_ROOT, INTEL_ROOT } from './roots.ts';
import { createSnpVerifier } from './snp/verify.ts';
import { createTdxVerifier } from './tdx/verify.ts';

/** Verifiers for evidence from real hardware, under the vendors' pinned roots. */
export const hardwareVerifiers: EvidenceVerifier[] = [
  createSnpVerifier({ code: 1, type: 'sev-snp', vendor: 'AMD', simulated: false, roots: AMD_ROOTS }),
  createTdxVerifier(INTEL_ROOT),
  createNitroVerifier(AWS_ROOT),
];
