/** Pieces of the tables of refused evidence beside this file. */
import { generateKeyPairSync } from 'node:crypto';
import { publicKeyInfo } from '../../../../enclave-server/attester/simulator/certificates.ts';
import { type SnpChange, vcekKey } from '../amd-pki.ts';

/** Evidence in which one check, and those named in `also`, fail. */
export interface Refusal {
  id: string;
  code: string;
  what: string;
  change: SnpChange;
  also?: string[];
}

export const day = 86_400_000;

export const withByte = (offset: number, value: number) => (report: Uint8Array) => {
  report[offset] = value;
};
export const genoaTcb = (bootloader: number, tee: number, snp: number, microcode: number) =>
  Uint8Array.of(bootloader, tee, 0, 0, 0, 0, snp, microcode);
export const otherKey = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
export const p256Key = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
export const genoaChip = {
  productName: 'Genoa',
  versions: { bootloader: 10, tee: 0, snp: 23, microcode: 84 },
};
export const id64 = new Uint8Array(64).fill(9);

/** A certificate whose subject public key point was moved off its curve. */
export function offCurve(): Uint8Array {
  const spki = publicKeyInfo(vcekKey).slice();
  spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
  return spki;
}
