import { toBase64, toHex } from '../bytes.ts';
import type { RsaPublicKey, SignatureAlgorithm, SignatureBackend } from './backend.ts';
import { hasCurveSizes, hasRsaSizes } from './sizes.ts';

type Buffer = Uint8Array<ArrayBuffer>;

const isPlain = (bytes: Uint8Array): bytes is Buffer =>
  bytes.buffer instanceof ArrayBuffer && !bytes.buffer.resizable;

/** A view that WebCrypto takes: typed arrays over shared or resizable memory are refused by it, and so copied. */
const owned = (bytes: Uint8Array): Buffer => (isPlain(bytes) ? bytes : new Uint8Array(bytes));

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

/**
 * Keys imported of late, oldest first: a publisher or a log signs thousands of times with one key, and the few
 * authorities of a vendor sign several things that come with each piece of evidence.
 */
const imported = new Map<string, Promise<CryptoKey>>();
const KEPT_KEYS = 64;

function kept(algorithm: SignatureAlgorithm, bytes: Uint8Array, load: () => Promise<CryptoKey>) {
  const name = `${algorithm} ${toHex(bytes)}`;
  const known = imported.get(name);
  if (known !== undefined) return known;
  const key = load();
  // What is no key is refused each time anew, and takes no place here.
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
  rsaPss384: async (key, message, signature) => {
    if (!hasRsaSizes(key, signature)) return false;
    // The sizes leave one exponent only: the modulus alone names the key.
    const load = () => kept('rsaPss384', key.modulus, () => importRsaPss384(key));
    return verify({ name: 'RSA-PSS', saltLength: 48 }, load, message, signature);
  },
  ecdsaP384: async (point, message, signature) => {
    if (!hasCurveSizes('ecdsaP384', point, signature)) return false;
    const load = () => kept('ecdsaP384', point, () => importEcdsa('P-384', point));
    return verify({ name: 'ECDSA', hash: 'SHA-384' }, load, message, signature);
  },
  ecdsaP256: async (point, message, signature) => {
    if (!hasCurveSizes('ecdsaP256', point, signature)) return false;
    const load = () => kept('ecdsaP256', point, () => importEcdsa('P-256', point));
    return verify({ name: 'ECDSA', hash: 'SHA-256' }, load, message, signature);
  },
  ed25519: async (publicKey, message, signature) => {
    if (!hasCurveSizes('ed25519', publicKey, signature)) return false;
    const load = () => kept('ed25519', publicKey, () => importEd25519(publicKey));
    return verify({ name: 'Ed25519' }, load, message, signature);
  },
};
