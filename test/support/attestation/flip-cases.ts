/** All evidence in which bits are flipped: what the tests make, and what real hardware made. */
import type { EvidenceInput, EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { realEvidence } from './real-evidence.ts';
import { platforms } from './refusals.ts';

export interface FlipCase {
  name: string;
  /** Made anew in each process, under keys of its own. */
  generated: boolean;
  /** Names of the evidence and of each endorsement. */
  parts: string[];
  input: EvidenceInput;
  verifier: EvidenceVerifier;
}

const partNames = {
  snp: ['report', 'VCEK or VLEK', 'ASK or ASVK', 'ARK', 'revocation list'],
  tdx: ['quote', 'TCB info', 'QE identity', 'signing chain', 'PCK revocation list', 'root revocation list'],
  nitro: ['document'],
} as const;

/** Whether form and signatures hold: a flip in evidence that is refused anyway would show nothing. */
async function holds({ input, verifier }: Pick<FlipCase, 'input' | 'verifier'>): Promise<boolean> {
  const { checks } = await verifier.verify(input);
  return checks.every(({ layer, state }) => state === 'pass' || !['format', 'crypto'].includes(layer));
}

export async function flipCases(): Promise<FlipCase[]> {
  const all = realEvidence();
  const held = await Promise.all(all.map(holds));
  const real = all.filter((_, index) => held[index]);
  return [
    ...platforms.map(({ name, folder, make }) => ({
      name: `generated ${name}`,
      generated: true,
      parts: [...partNames[folder]],
      ...make(),
    })),
    ...real.map(({ name, platform, input, verifier }) => ({
      name,
      generated: false,
      parts: [...partNames[platform]],
      input,
      verifier,
    })),
  ];
}
