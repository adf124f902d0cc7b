import { toBase64 } from '../bytes.ts';
import type { RsaPublicKey, SignatureBackend } from './backend.ts';
import { hasCurveSizes, hasRsaSizes } from './sizes.ts';

type Buffer = Uint8Array<ArrayBuffer>;

/** A view that WebCrypto takes: typed arrays over shared memory are refused by it. */
const owned = (bytes: Uint8Array): Buffer => new Uint8Array(bytes);

const base64url = (bytes: Uint8Array) =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** A key as a JWK: some engines refuse the id-RSASSA-PSS and other spellings of an SPKI. */
export function importRsaPss384(key: RsaPublicKey): Promise<CryptoKey> {
  const jwk = { kty: 'RSA', n: base64url(key.modulus), e: base64url(key.exponent) };
  return crypto.subtle.importKey('jwk', jwk, { name: 'RSA-PSS', hash: 'SHA-384' }, false, ['verify']);
}

/** An uncompressed point on the named curve; a point off the curve is refused by the import. */
export function importEcdsa(namedCurve: 'P-256' | 'P-384', point: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', owned(point), { name: 'ECDSA', namedCurve }, false, ['verify']);
}

/** A raw 32-byte Ed25519 key. */
export function importEd25519(publicKey: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', owned(publicKey), { name: 'Ed25519' }, false, ['verify']);
}

/** Keys imported of late, oldest first: a publisher or a log signs thousands of times with one key. */
const imported = new Map<string, Promise<CryptoKey>>();
const KEPT_KEYS = 64;

function keptEd25519(publicKey: Uint8Array): Promise<CryptoKey> {
  const name = toBase64(publicKey);
  const known = imported.get(name);
  if (known !== undefined) return known;
  const key = importEd25519(publicKey);
  // What is not a point is refused each time anew, and takes no place here.
  key.catch(() => imported.delete(name));
  imported.set(name, key);
  const [oldest] = imported.keys();
  if (imported.size > KEPT_KEYS && oldest !== undefined) imported.delete(oldest);
  return key;
}

async function verify(
  algorithm: AlgorithmIdentifier | RsaPssParams | EcdsaParams,
  importKey: () => Promise<CryptoKey>,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    return await crypto.subtle.verify(algorithm, await importKey(), owned(signature), owned(message));
  } catch {
    return false;
  }
}

/** Signatures by the runtime's WebCrypto. */
export const webCryptoBackend: SignatureBackend = {
  rsaPss384: async (key, message, signature) =>
    hasRsaSizes(key, signature) &&
    (await verify({ name: 'RSA-PSS', saltLength: 48 }, () => importRsaPss384(key), message, signature)),
  ecdsaP384: async (point, message, signature) =>
    hasCurveSizes('ecdsaP384', point, signature) &&
    (await verify({ name: 'ECDSA', hash: 'SHA-384' }, () => importEcdsa('P-384', point), message, signature)),
  ecdsaP256: async (point, message, signature) =>
    hasCurveSizes('ecdsaP256', point, signature) &&
    (await verify({ name: 'ECDSA', hash: 'SHA-256' }, () => importEcdsa('P-256', point), message, signature)),
  ed25519: async (publicKey, message, signature) =>
    hasCurveSizes('ed25519', publicKey, signature) &&
    (await verify({ name: 'Ed25519' }, () => keptEd25519(publicKey), message, signature)),
};
