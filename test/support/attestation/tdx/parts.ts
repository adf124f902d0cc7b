/** Pieces of the tables of refused evidence beside this file. */
import { generateKeyPairSync } from 'node:crypto';
import { keyUsage, publicKeyInfo } from '../../../../enclave-server/attester/simulator/certificates.ts';
import { sequence } from '../../../../enclave-server/attester/simulator/der-writer.ts';
import { sixteen } from '../intel-collateral.ts';
import { keys, type TdxChange } from '../intel-pki.ts';

/** Evidence in which one check, and those named in `also`, fail. */
export interface Refusal {
  id: string;
  code: string;
  what: string;
  change: TdxChange;
  also?: string[];
}

export const day = 86_400_000;

export const withByte = (offset: number, value: number) => (bytes: Uint8Array) => {
  bytes[offset] = value;
};
export const tampered = (offset: number, value: number) => (bytes: Uint8Array) => bytes.with(offset, value);
export const replaced = (index: number, replace: (item: Uint8Array) => Uint8Array) => (items: Uint8Array[]) =>
  items.map((item, position) => (position === index ? replace(item) : item));
export const inText = (from: string, to: string) => (item: Uint8Array) =>
  new TextEncoder().encode(new TextDecoder().decode(item).replace(from, to));
/** The first certificate of a PEM chain. */
export const firstBlock = (item: Uint8Array) =>
  item.subarray(0, new TextDecoder().decode(item).indexOf('-----END') + '-----END CERTIFICATE-----\n'.length);
export const iso = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z');
export const p384Key = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
export const platform = { components: sixteen(5, 5, 2), pceSvn: 11 };
export const endEntity = [keyUsage(0xc0), { oid: '2.5.29.19', critical: true, value: sequence() }];
export const BODY = 48;
// Offsets in a version 4 quote: the signature data begins with its length after header and body.
export const SIGNATURE = 48 + 584 + 4;
export const QE = SIGNATURE + 64 + 64 + 6;

export function offCurve(): Uint8Array {
  const spki = publicKeyInfo(keys.pck).slice();
  return spki.with(spki.length - 1, (spki.at(-1) ?? 0) ^ 1);
}
