/**
 * Signature algorithms and keys of the vendors' chains, with every parameter fixed: RSA-PSS with SHA-384 and
 * a salt of 48, ECDSA P-256 with SHA-256, ECDSA P-384 with SHA-384. A certificate cannot choose others.
 * @module
 */
import type { RsaPublicKey } from '../signatures.ts';
import { verifyEcdsaP256, verifyEcdsaP384, verifyRsaPss384 } from '../signatures.ts';
import { type Curve, isOnCurve, isSignatureInRange, p256, p384 } from './curves.ts';
import { DerReader, explicitTag, tags, unsignedHex } from './der.ts';
import { attestationError } from './errors.ts';
import { oids } from './oids.ts';

export type SignatureScheme = 'rsa-pss-sha384' | 'ecdsa-p256-sha256' | 'ecdsa-p384-sha384';

export type PublicKey =
  | { readonly kind: 'rsa'; readonly rsa: RsaPublicKey }
  | { readonly kind: 'ec'; readonly curve: Curve; readonly point: Uint8Array };

const wrong = (detail: string) => attestationError('WAX_X509_ALGORITHM', detail);

function readSha384(reader: DerReader): void {
  if (reader.oid() !== oids.sha384) throw wrong('hash');
  // AMD writes the NULL that RFC 4055 section 2.1 allows beside its absence.
  if (reader.next === tags.null && reader.element().content.length !== 0) throw wrong('hash parameters');
  reader.end();
}

function readPssParameters(algorithm: DerReader): void {
  const parameters = algorithm.enter(tags.sequence);
  const hash = parameters.enter(explicitTag(0));
  readSha384(hash.enter(tags.sequence));
  hash.end();
  const mask = parameters.enter(explicitTag(1));
  const mgf = mask.enter(tags.sequence);
  mask.end();
  if (mgf.oid() !== oids.mgf1) throw wrong('mask generation');
  readSha384(mgf.enter(tags.sequence));
  mgf.end();
  const salt = parameters.enter(explicitTag(2));
  if (salt.integer(0xffff) !== 48) throw wrong('salt length');
  salt.end();
  // DER would leave the default out; some of AMD's own certificates spell it.
  const trailer = parameters.enterOptional(explicitTag(3));
  if (trailer && trailer.integer(0xffff) !== 1) throw wrong('trailer');
  trailer?.end();
  parameters.end();
}

const schemes = new Map<string, SignatureScheme>([
  [oids.rsaPss, 'rsa-pss-sha384'],
  [oids.ecdsaSha256, 'ecdsa-p256-sha256'],
  [oids.ecdsaSha384, 'ecdsa-p384-sha384'],
]);

/** Reads an AlgorithmIdentifier of a signature, whose content `algorithm` walks over. */
export function readSignatureScheme(algorithm: DerReader): SignatureScheme {
  const oid = algorithm.oid();
  const scheme = schemes.get(oid);
  if (!scheme) throw wrong(`signature ${oid}`);
  if (scheme === 'rsa-pss-sha384') readPssParameters(algorithm);
  algorithm.end();
  return scheme;
}

function readRsaKey(algorithm: DerReader, bits: Uint8Array): PublicKey {
  if (algorithm.expect(tags.null).content.length !== 0) throw wrong('RSA parameters');
  const outer = new DerReader(bits);
  const key = outer.enter(tags.sequence);
  outer.end();
  const integer = key.integerBytes();
  const modulus = integer[0] === 0 ? integer.subarray(1) : integer;
  const exponent = unsignedHex(key.integerBytes());
  key.end();
  if (modulus.length !== 512 || (integer[0] ?? 0xff) >= 0x80 || (modulus[0] ?? 0) < 0x80)
    throw wrong('RSA key size');
  if (exponent !== '010001') throw wrong('RSA exponent');
  return { kind: 'rsa', rsa: { modulus, exponent: Uint8Array.of(1, 0, 1) } };
}

function readEcKey(algorithm: DerReader, point: Uint8Array): PublicKey {
  const named = algorithm.oid();
  const curve = named === oids.p256 ? p256 : named === oids.p384 ? p384 : null;
  if (!curve) throw wrong(`curve ${named}`);
  if (point.length !== 1 + 2 * curve.size) throw wrong('compressed point');
  return { kind: 'ec', curve, point };
}

/** Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), whose content `spki` walks over. */
export function readPublicKey(spki: DerReader): PublicKey {
  const algorithm = spki.enter(tags.sequence);
  const oid = algorithm.oid();
  const bits = spki.bitStringBytes();
  spki.end();
  if (oid !== oids.rsaEncryption && oid !== oids.ecPublicKey) throw wrong(`key ${oid}`);
  const key = oid === oids.rsaEncryption ? readRsaKey(algorithm, bits) : readEcKey(algorithm, bits);
  algorithm.end();
  return key;
}

/** Says that an elliptic-curve key is a point of its curve (check C6). */
export function verifyPublicKey(key: PublicKey): void {
  if (key.kind === 'ec' && !isOnCurve(key.curve, key.point)) {
    throw attestationError('WAX_X509_POINT', key.curve.name);
  }
}

/** Which scheme a key signs with in these chains. */
function schemeOf(key: PublicKey): SignatureScheme {
  if (key.kind === 'rsa') return 'rsa-pss-sha384';
  return key.curve.name === 'P-256' ? 'ecdsa-p256-sha256' : 'ecdsa-p384-sha384';
}

function paddedInteger(integer: Uint8Array, size: number): Uint8Array | null {
  if ((integer[0] ?? 0xff) >= 0x80) return null;
  const digits = integer[0] === 0 ? integer.subarray(1) : integer;
  if (digits.length > size) return null;
  const padded = new Uint8Array(size);
  padded.set(digits, size - digits.length);
  return padded;
}

/** An ECDSA-Sig-Value (RFC 3279 section 2.2.3) as r ‖ s, or null if it does not fit the curve. */
function fixedSizeSignature(curve: Curve, der: Uint8Array): Uint8Array | null {
  const outer = new DerReader(der);
  const pair = outer.enter(tags.sequence);
  outer.end();
  const r = paddedInteger(pair.integerBytes(), curve.size);
  const s = paddedInteger(pair.integerBytes(), curve.size);
  pair.end();
  return r && s ? Uint8Array.of(...r, ...s) : null;
}

/**
 * Checks the signature of a certificate or revocation list.
 * @throws a WAX_DER_ error for a signature that is not DER; `false` for one that does not verify
 */
export async function verifySigned(
  key: PublicKey,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (schemeOf(key) !== scheme) return false;
  if (key.kind === 'rsa') return verifyRsaPss384(key.rsa, message, signature);
  const fixed = fixedSizeSignature(key.curve, signature);
  if (!fixed || !isSignatureInRange(key.curve, fixed)) return false;
  const verify = key.curve.name === 'P-256' ? verifyEcdsaP256 : verifyEcdsaP384;
  return verify(key.point, message, fixed);
}
