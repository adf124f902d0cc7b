/**
 * Signature checks for browsers and Node alike. For each algorithm the implementation is chosen once, by
 * whether the runtime's WebCrypto takes a key of that algorithm, and kept: a "no" is never put to a second
 * implementation.
 * @module
 */
import { parseHex } from './bytes.ts';
import type { RsaPublicKey, SignatureAlgorithm, SignatureBackend } from './signatures/backend.ts';
import { nobleBackend } from './signatures/noble.ts';
import { importEcdsa, importEd25519, importRsaPss384, webCryptoBackend } from './signatures/webcrypto.ts';

export type { RsaPublicKey, SignatureBackend } from './signatures/backend.ts';
export { nobleBackend } from './signatures/noble.ts';
export { webCryptoBackend } from './signatures/webcrypto.ts';

// Generators of the curves (FIPS 186-5, RFC 8032): keys that every implementation must be able to import.
const P384_GENERATOR =
  '04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7' +
  '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f';
const P256_GENERATOR =
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
  '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
const ED25519_GENERATOR = '58'.padEnd(64, '6');

const probes: Record<SignatureAlgorithm, () => Promise<CryptoKey>> = {
  rsaPss384: () =>
    importRsaPss384({ modulus: new Uint8Array(512).fill(0xff), exponent: Uint8Array.of(1, 0, 1) }),
  ecdsaP384: () => importEcdsa('P-384', parseHex(P384_GENERATOR)),
  ecdsaP256: () => importEcdsa('P-256', parseHex(P256_GENERATOR)),
  ed25519: () => importEd25519(parseHex(ED25519_GENERATOR)),
};

const chosen = new Map<SignatureAlgorithm, Promise<SignatureBackend>>();

function backendFor(algorithm: SignatureAlgorithm): Promise<SignatureBackend> {
  let choice = chosen.get(algorithm);
  if (choice === undefined) {
    choice = probes[algorithm]().then(
      () => webCryptoBackend,
      () => nobleBackend,
    );
    chosen.set(algorithm, choice);
  }
  return choice;
}

/**
 * RSASSA-PSS with a 4096-bit key (exponent 65537), SHA-384, MGF1 with SHA-384 and a 48-byte salt.
 * @returns false for anything that does not verify, malformed input included; never throws
 */
export async function verifyRsaPss384(
  key: RsaPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return (await backendFor('rsaPss384')).rsaPss384(key, message, signature);
}

/** ECDSA P-384 with SHA-384; 97-byte uncompressed point, r ‖ s of 96 bytes; high s is allowed. */
export async function verifyEcdsaP384(
  point: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return (await backendFor('ecdsaP384')).ecdsaP384(point, message, signature);
}

/** ECDSA P-256 with SHA-256; 65-byte uncompressed point, r ‖ s of 64 bytes; high s is allowed. */
export async function verifyEcdsaP256(
  point: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return (await backendFor('ecdsaP256')).ecdsaP256(point, message, signature);
}

/** Ed25519 (RFC 8032); 32-byte key, 64-byte signature. */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return (await backendFor('ed25519')).ed25519(publicKey, message, signature);
}
