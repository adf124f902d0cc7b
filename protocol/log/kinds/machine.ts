/**
 * `machine`: one physical machine that publishers vouch for, by the hash of its hardware id. The chip's id is
 * random and public in each report, so a salt would hide nothing.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, lp, parseHex, toHex } from '../../bytes.ts';
import { readHex, readOneOf, readString } from '../../shape.ts';
import type { Kind } from './kind.ts';

/** Nitro has none: its instance ids change with every launch. */
const MACHINE_PLATFORMS = ['sev-snp', 'sev-snp-simulated', 'tdx'] as const;
export type MachinePlatform = (typeof MACHINE_PLATFORMS)[number];

export interface MachineFields {
  platform: MachinePlatform;
  /** Hex, as `machineHash` makes it. */
  machineSha256: string;
  /** Who runs the building that it stands in. */
  operator: string;
}

/** SHA-256( LP("waxseal/1 machine") ‖ LP(platform) ‖ LP(id) ); `hardwareId` is hex: the SNP hwID or TDX PPID. */
export function machineHash(platform: MachinePlatform, hardwareId: string): string {
  return toHex(sha256(concatBytes(lp('waxseal/1 machine'), lp(platform), lp(parseHex(hardwareId)))));
}

export const machine: Kind<MachineFields> = {
  required: ['platform', 'machineSha256', 'operator'],
  optional: [],
  read: (predicate) => ({
    platform: readOneOf(predicate.platform, 'platform', MACHINE_PLATFORMS),
    machineSha256: readHex(predicate.machineSha256, 'machineSha256', 32),
    operator: readString(predicate.operator, 'operator', { most: 128 }),
  }),
  write: ({ platform, machineSha256, operator }) => ({ platform, machineSha256, operator }),
  subject: ({ platform, machineSha256 }) => ({ name: platform, sha256: machineSha256 }),
};
