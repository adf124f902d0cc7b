import type { RsaPublicKey, SignatureAlgorithm } from './backend.ts';

const SIZES: Record<Exclude<SignatureAlgorithm, 'rsaPss384'>, { key: number; signature: number }> = {
  ecdsaP384: { key: 97, signature: 96 },
  ecdsaP256: { key: 65, signature: 64 },
  ed25519: { key: 32, signature: 64 },
};

/** Whether key and signature have the one size that the algorithm knows; points must be uncompressed. */
export function hasCurveSizes(
  algorithm: keyof typeof SIZES,
  key: Uint8Array,
  signature: Uint8Array,
): boolean {
  const size = SIZES[algorithm];
  const compressed = algorithm !== 'ed25519' && key[0] !== 0x04;
  return key.length === size.key && signature.length === size.signature && !compressed;
}

/** Whether this is a 4096-bit RSA key with exponent 65537 and a signature of its size. */
export function hasRsaSizes(key: RsaPublicKey, signature: Uint8Array): boolean {
  const [a, b, c] = key.exponent;
  const isF4 = key.exponent.length === 3 && a === 1 && b === 0 && c === 1;
  return isF4 && key.modulus.length === 512 && (key.modulus[0] ?? 0) >= 0x80 && signature.length === 512;
}
