import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import type { SignatureBackend } from './backend.ts';
import { verifyRsaPss } from './rsa-pss.ts';
import { hasCurveSizes } from './sizes.ts';

// AMD, Intel and AWS do not normalise s; the library's default would refuse about half of genuine signatures.
const ECDSA = { lowS: false, prehash: true, format: 'compact' } as const;

/** noble throws for points off the curve and keys that do not decode: both are a "no". */
async function answer(verify: () => boolean): Promise<boolean> {
  try {
    return verify();
  } catch {
    return false;
  }
}

/** Signatures in plain JavaScript, for what the runtime's WebCrypto lacks. */
export const nobleBackend: SignatureBackend = {
  rsaPss384: (key, message, signature) => answer(() => verifyRsaPss(key, message, signature)),
  ecdsaP384: (point, message, signature) =>
    answer(
      () => hasCurveSizes('ecdsaP384', point, signature) && p384.verify(signature, message, point, ECDSA),
    ),
  ecdsaP256: (point, message, signature) =>
    answer(
      () => hasCurveSizes('ecdsaP256', point, signature) && p256.verify(signature, message, point, ECDSA),
    ),
  ed25519: (publicKey, message, signature) =>
    answer(
      () =>
        hasCurveSizes('ed25519', publicKey, signature) &&
        ed25519.verify(signature, message, publicKey, { zip215: false }),
    ),
};
