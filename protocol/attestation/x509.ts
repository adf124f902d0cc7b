/**
 * The certificate profile of the vendors' chains: version 3, one of three signature schemes, exact DER, no
 * algorithm agility, no path building. What RFC 5280 allows beyond that is refused.
 * @module
 */
import { equalBytes, parseUtf8 } from '../bytes.ts';
import {
  type PublicKey,
  readPublicKey,
  readSignatureScheme,
  type SignatureScheme,
  verifySigned,
} from './algorithms.ts';
import { DerReader, explicitTag, readDerSequence, tags, unsignedHex } from './der.ts';
import { attestationError } from './errors.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { oids } from './oids.ts';

/** Largest certificate of any vendor chain seen is under 2 KiB. */
const MAX_CERTIFICATE = 8 * 1024;

export interface Certificate {
  /** The whole certificate. */
  readonly der: Uint8Array;
  /** The signed part. */
  readonly tbs: Uint8Array;
  readonly scheme: SignatureScheme;
  readonly signature: Uint8Array;
  /** Hexadecimal without leading zero bytes. AMD numbers every VCEK 0. */
  readonly serial: string;
  /** The names as DER; they are compared byte for byte. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly subjectCommonName: string;
  /** Epoch ms, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: PublicKey;
  readonly extensions: Extensions;
}

function readCommonName(name: Uint8Array): string {
  const sets = readDerSequence(name);
  const found: string[] = [];
  while (sets.next !== null) {
    const set = sets.enter(tags.set);
    const attribute = set.enter(tags.sequence);
    set.end();
    const type = attribute.oid();
    const value = attribute.element();
    attribute.end();
    if (value.tag !== tags.utf8String && value.tag !== tags.printableString && value.tag !== tags.ia5String) {
      throw attestationError('WAX_X509_FORM', 'a name of an unknown string type');
    }
    if (type === oids.commonName) found.push(parseUtf8(value.content));
  }
  const [commonName] = found;
  if (commonName === undefined || found.length !== 1)
    throw attestationError('WAX_X509_FORM', 'not one common name');
  return commonName;
}

/**
 * Parses one certificate.
 * @throws WAX_X509_… or WAX_DER_…; nothing else
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CERTIFICATE) throw attestationError('WAX_X509_SIZE', `${der.length} bytes`);
  const certificate = readDerSequence(der);
  const tbs = certificate.expect(tags.sequence);
  const outer = certificate.expect(tags.sequence);
  const signature = certificate.bitStringBytes();
  certificate.end();

  const fields = new DerReader(tbs.content);
  const version = fields.enter(explicitTag(0));
  if (version.integer(255) !== 2) throw attestationError('WAX_X509_FORM', 'not version 3');
  version.end();
  const serial = unsignedHex(fields.integerBytes());
  const inner = fields.expect(tags.sequence);
  if (!equalBytes(inner.raw, outer.raw))
    throw attestationError('WAX_X509_ALGORITHM', 'named twice, differently');
  const scheme = readSignatureScheme(new DerReader(inner.content));
  const issuer = fields.expect(tags.sequence).raw;
  const validity = fields.enter(tags.sequence);
  const notBefore = validity.time();
  const notAfter = validity.time();
  validity.end();
  const subject = fields.expect(tags.sequence).raw;
  const publicKey = readPublicKey(fields.enter(tags.sequence));
  const wrapped = fields.enter(explicitTag(3));
  fields.end();
  const extensions = readExtensions(wrapped.enter(tags.sequence));
  wrapped.end();
  readCommonName(issuer);
  return {
    der,
    tbs: tbs.raw,
    scheme,
    signature,
    serial,
    issuer,
    subject,
    subjectCommonName: readCommonName(subject),
    notBefore,
    notAfter,
    publicKey,
    extensions,
  };
}

/** Says that `at` (epoch ms) lies within the validity. */
export function verifyDates(certificate: Certificate, at: number): void {
  if (!(at >= certificate.notBefore && at <= certificate.notAfter)) {
    const from = new Date(certificate.notBefore).toISOString();
    throw attestationError('WAX_X509_DATES', `${from} to ${new Date(certificate.notAfter).toISOString()}`);
  }
}

/**
 * Says that `issuer` issued `certificate`: names match byte for byte, the issuer is a CA that may sign
 * certificates, key and scheme match, the signature verifies. `below` is the number of CA certificates
 * between the issuer and the end of the chain.
 */
export async function verifyIssuedBy(
  certificate: Certificate,
  issuer: Certificate,
  below: number,
): Promise<void> {
  if (!equalBytes(certificate.issuer, issuer.subject)) {
    throw attestationError(
      'WAX_X509_ISSUER',
      `${certificate.subjectCommonName} under ${issuer.subjectCommonName}`,
    );
  }
  const { basicConstraints, keyUsage } = issuer.extensions;
  if (!basicConstraints?.ca || (basicConstraints.pathLength ?? below) < below) {
    throw attestationError('WAX_X509_USAGE', `${issuer.subjectCommonName} is not a CA for this chain`);
  }
  if (keyUsage && !keyUsage.keyCertSign) {
    throw attestationError('WAX_X509_USAGE', `${issuer.subjectCommonName} may not sign certificates`);
  }
  const { scheme, tbs, signature } = certificate;
  if (!(await verifySigned(issuer.publicKey, scheme, tbs, signature))) {
    throw attestationError('WAX_X509_SIGNATURE', certificate.subjectCommonName);
  }
}

/** Says that the certificate is an end of a chain: no CA, may sign, may not sign certificates. */
export function verifyEndEntity(certificate: Certificate): void {
  const { basicConstraints, keyUsage } = certificate.extensions;
  const isCa = basicConstraints?.ca === true || basicConstraints?.pathLength !== undefined;
  const badUsage = keyUsage !== null && (keyUsage.keyCertSign || !keyUsage.digitalSignature);
  if (isCa || badUsage) throw attestationError('WAX_X509_USAGE', certificate.subjectCommonName);
}
