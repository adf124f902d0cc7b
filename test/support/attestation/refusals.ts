/** All tables of refused evidence, and acceptable evidence to name every check that there is. */
import type { EvidenceInput, EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { makeSnp } from './amd-pki.ts';
import { makeNitro } from './aws-pki.ts';
import { makeTdx } from './intel-pki.ts';
import { contentRefusals } from './nitro/content.ts';
import { formRefusals as nitroForm } from './nitro/form.ts';
import { chainRefusals as snpChain } from './snp/chain.ts';
import { formRefusals as snpForm } from './snp/form.ts';
import { policyRefusals as snpPolicy } from './snp/policy.ts';
import { chainRefusals as tdxChain } from './tdx/chain.ts';
import { collateralRefusals } from './tdx/collateral.ts';
import { policyRefusals as tdxPolicy } from './tdx/policy.ts';

interface Platform {
  name: string;
  folder: 'snp' | 'tdx' | 'nitro';
  make(): { input: EvidenceInput; verifier: EvidenceVerifier };
  refusals: readonly { id: string; code: string; what: string }[];
}

export const platforms: readonly Platform[] = [
  { name: 'AMD SEV-SNP', folder: 'snp', make: makeSnp, refusals: [...snpForm, ...snpChain, ...snpPolicy] },
  {
    name: 'Intel TDX',
    folder: 'tdx',
    make: makeTdx,
    refusals: [...tdxChain, ...collateralRefusals, ...tdxPolicy],
  },
  { name: 'AWS Nitro', folder: 'nitro', make: makeNitro, refusals: [...nitroForm, ...contentRefusals] },
];
