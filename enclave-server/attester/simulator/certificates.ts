/**
 * Makes certificates and revocation lists of the form AMD uses, for the simulator and for tests. Signing is
 * left to the caller: a function from bytes to signature and the AlgorithmIdentifier that names it.
 */
import { constants, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  bitString,
  boolean,
  explicit,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  set,
  smallInteger,
  time,
  utf8String,
} from './der-writer.ts';

export interface Signer {
  /** AlgorithmIdentifier, DER. */
  readonly algorithm: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export interface ExtensionFields {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

export interface CertificateFields {
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly ExtensionFields[];
}

export interface CrlFields {
  readonly issuer: Uint8Array;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked?: readonly Uint8Array[];
}

const sha384 = () => sequence(oid('2.16.840.1.101.3.4.2.2'), nothing());

/** RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 (RFC 4055 section 3.1). */
const pssAlgorithm = sequence(
  oid('1.2.840.113549.1.1.10'),
  sequence(
    explicit(0, sha384()),
    explicit(1, sequence(oid('1.2.840.113549.1.1.8'), sha384())),
    explicit(2, smallInteger(48)),
  ),
);

/** Signs as AMD's chains do. */
export function rsaSigner(key: KeyObject): Signer {
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
  return { algorithm: pssAlgorithm, sign: (message) => new Uint8Array(sign('sha384', message, options)) };
}

/** A private key from PKCS #8 in base64. */
export function privateKey(pkcs8: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8, 'base64'), format: 'der', type: 'pkcs8' });
}

/** SubjectPublicKeyInfo of a key, DER. */
export function publicKeyInfo(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}

/** A Name of one common name under one organisation. */
export function name(organisation: string, commonName: string): Uint8Array {
  const attribute = (type: string, text: string) => set(sequence(oid(type), utf8String(text)));
  return sequence(attribute('2.5.4.10', organisation), attribute('2.5.4.3', commonName));
}

/** basicConstraints (critical) of a CA. */
export function caConstraints(pathLength?: number): ExtensionFields {
  const fields = pathLength === undefined ? [boolean(true)] : [boolean(true), smallInteger(pathLength)];
  return { oid: '2.5.29.19', critical: true, value: sequence(...fields) };
}

/** keyUsage (critical): the one byte of bits, first bit highest. */
export function keyUsage(bits: number): ExtensionFields {
  const unused = Math.log2(bits & -bits);
  return { oid: '2.5.29.15', critical: true, value: bitString(Uint8Array.of(bits), unused) };
}

function extension({ oid: id, critical, value }: ExtensionFields): Uint8Array {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function signed(tbs: Uint8Array, signer: Signer): Uint8Array {
  return sequence(tbs, signer.algorithm, bitString(signer.sign(tbs)));
}

/** A certificate, version 3, DER. */
export function makeCertificate(fields: CertificateFields, signer: Signer): Uint8Array {
  const tbs = sequence(
    explicit(0, smallInteger(2)),
    integer(fields.serial),
    signer.algorithm,
    fields.issuer,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    fields.publicKey,
    explicit(3, sequence(...fields.extensions.map(extension))),
  );
  return signed(tbs, signer);
}

/** A revocation list, version 2, DER. */
export function makeCrl(fields: CrlFields, signer: Signer): Uint8Array {
  const entries = (fields.revoked ?? []).map((serial) => sequence(integer(serial), time(fields.thisUpdate)));
  const crlNumber = extension({ oid: '2.5.29.20', value: smallInteger(1) });
  const tbs = sequence(
    smallInteger(1),
    signer.algorithm,
    fields.issuer,
    time(fields.thisUpdate),
    time(fields.nextUpdate),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(0, sequence(crlNumber)),
  );
  return signed(tbs, signer);
}
