/** Pieces of the tables of refused evidence beside this file. */
import { generateKeyPairSync } from 'node:crypto';
import { publicKeyInfo } from '../../../../enclave-server/attester/simulator/certificates.ts';
import { keys, type NitroChange } from '../aws-pki.ts';

/** Evidence in which one check, and those named in `also`, fail. */
export interface Refusal {
  id: string;
  code: string;
  what: string;
  change: NitroChange;
  also?: string[];
}

export const hour = 3_600_000;

export const register = (value: number) => new Uint8Array(48).fill(value);
export const three: [number, Uint8Array][] = [0, 1, 2].map((index) => [index, register(1)]);
export const bytes = (size: number) => new Uint8Array(size).fill(5);
export const p256Key = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
export const missingChain = ['WAX_X509_MISSING', 'WAX_X509_MISSING'];

export function offCurve(key = keys.leaf): Uint8Array {
  const spki = publicKeyInfo(key);
  return spki.with(spki.length - 1, (spki.at(-1) ?? 0) ^ 1);
}
