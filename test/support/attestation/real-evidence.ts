/** Evidence from real hardware, with the endorsements that lie beside it; empty in a plain clone. */
import { existsSync, readFileSync } from 'node:fs';
import type { EvidenceInput, EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { hardwareVerifiers } from '../../../protocol/attestation/hardware.ts';
import { parseNitroPolicy } from '../../../protocol/attestation/nitro/policy.ts';
import { parseSnpPolicy } from '../../../protocol/attestation/snp/policy.ts';
import { parseTdxPolicy } from '../../../protocol/attestation/tdx/policy.ts';
import { parseHex } from '../../../protocol/bytes.ts';
import { sharedVectors } from '../shared-vectors.ts';

interface Vector {
  file: string;
  platform: 'snp' | 'tdx' | 'nitro';
  collateral?: boolean;
  endorsement?: string | null;
  collateral_set?: string | null;
  verify_at?: string;
  expect: { crypto?: string; [key: string]: unknown };
  fields?: { report_data?: string; user_data_hex?: string };
}

export interface RealEvidence {
  name: string;
  platform: Vector['platform'];
  expected: Vector['expect'];
  input: EvidenceInput;
  verifier: EvidenceVerifier;
}

const types = { snp: 'sev-snp', tdx: 'tdx', nitro: 'nitro' } as const;
const policies = {
  snp: parseSnpPolicy({}, 'policy'),
  tdx: parseTdxPolicy({}, 'policy'),
  nitro: parseNitroPolicy({}, 'policy'),
};
const tdxParts = ['tcb_info.json', 'qe_identity.json', 'signing_chain.pem', 'pck_crl.der', 'root_ca_crl.der'];

/** AMD's lists that lie beside the roots; the one for Genoa ended before its report was made. */
const amdLists: Record<string, string> = {
  milan: 'amd-crl-milan-2025-05.der',
  genoa: 'amd-crl-genoa-2024-10.der',
};

function endorsementPaths(vector: Vector, folder: string, roots: string): string[] {
  if (vector.collateral_set) return tdxParts.map((part) => `${folder}${vector.collateral_set}${part}`);
  if (!vector.endorsement) return [];
  const line = vector.file.slice(4).split('-')[0];
  const kind = vector.endorsement.endsWith('vlek.der') ? 'asvk' : 'ask';
  const list = amdLists[line ?? ''];
  const chain = [`amd-${kind}-${line}.der`, `amd-ark-${line}.der`, ...(list ? [list] : [])];
  return [`${folder}${vector.endorsement}`, ...chain.map((file) => `${roots}${file}`)];
}

/** All of it, each judged at the time that its vector names. */
export function realEvidence(): RealEvidence[] {
  const folder = sharedVectors('attestation');
  const roots = sharedVectors('roots');
  if (folder === null || roots === null) return [];
  const read = (path: string) => new Uint8Array(readFileSync(path));
  const vectors: Vector[] = JSON.parse(readFileSync(`${folder}manifest.json`, 'utf8'));
  return vectors
    .filter(({ collateral, platform }) => !collateral && platform in types)
    .flatMap((vector) => {
      const { file, platform, fields } = vector;
      const verifier = hardwareVerifiers.find(({ type }) => type === types[platform]);
      if (!verifier) return [];
      const data = fields?.report_data ?? fields?.user_data_hex;
      const input = {
        evidence: read(`${folder}${file}`),
        endorsements: endorsementPaths(vector, folder, roots).filter(existsSync).map(read),
        policy: policies[platform],
        at: Date.parse(vector.verify_at ?? '2026-03-01T00:00:00Z'),
        expectedReportData: typeof data === 'string' && data !== '' ? parseHex(data) : null,
      };
      return [{ name: file, platform, expected: vector.expect, input, verifier }];
    });
}
