/** Evidence as text that a page can be given, and the same verification wherever this module runs. */
import type { EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { hardwareVerifiers } from '../../../protocol/attestation/hardware.ts';
import { parseNitroPolicy } from '../../../protocol/attestation/nitro/policy.ts';
import { createNitroVerifier } from '../../../protocol/attestation/nitro/verify.ts';
import { parseSnpPolicy } from '../../../protocol/attestation/snp/policy.ts';
import { createSnpVerifier } from '../../../protocol/attestation/snp/verify.ts';
import { parseTdxPolicy } from '../../../protocol/attestation/tdx/policy.ts';
import { createTdxVerifier } from '../../../protocol/attestation/tdx/verify.ts';
import { parseHex } from '../../../protocol/bytes.ts';

export interface PortableCase {
  name: string;
  platform: 'snp' | 'tdx' | 'nitro';
  /** Fingerprint of a root that is not the vendor's; null for evidence from real hardware. */
  pin: string | null;
  /** Hexadecimal, as are the next two. */
  evidence: string;
  endorsements: string[];
  expectedReportData: string | null;
  at: number;
}

const types = { snp: 'sev-snp', tdx: 'tdx', nitro: 'nitro' } as const;

function verifierOf({ platform, pin }: PortableCase): EvidenceVerifier | undefined {
  if (pin === null) return hardwareVerifiers.find(({ type }) => type === types[platform]);
  if (platform === 'tdx') return createTdxVerifier(pin);
  if (platform === 'nitro') return createNitroVerifier(pin);
  const roots = { Milan: pin, Genoa: pin, Turin: pin };
  return createSnpVerifier({ code: 1, type: 'sev-snp', vendor: 'test', simulated: false, roots });
}

const policies = {
  snp: () => parseSnpPolicy({ products: ['milan', 'genoa', 'bergamo-siena', 'turin'] }, 'policy'),
  tdx: () => parseTdxPolicy({}, 'policy'),
  nitro: () => parseNitroPolicy({}, 'policy'),
};

/** Every row of every case: `name: id state code`. */
export async function verifyPortable(cases: readonly PortableCase[]): Promise<string[]> {
  const rows: string[] = [];
  for (const one of cases) {
    const result = await verifierOf(one)?.verify({
      evidence: parseHex(one.evidence),
      endorsements: one.endorsements.map((item) => parseHex(item)),
      policy: policies[one.platform](),
      at: one.at,
      expectedReportData: one.expectedReportData === null ? null : parseHex(one.expectedReportData),
    });
    for (const { id, state, code = '' } of result?.checks ?? [])
      rows.push(`${one.name}: ${id} ${state} ${code}`.trimEnd());
  }
  return rows;
}

// A page has no other way to reach a module that is bundled for it.
Object.assign(globalThis, { verifyPortable });
