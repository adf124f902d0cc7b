/**
 * Certificate revocation lists (RFC 5280 section 5): complete lists of one issuer, nothing indirect and no
 * deltas. A list that is absent, unsigned or out of date is a rejection, never a shrug.
 * @module
 */
import { equalBytes } from '../bytes.ts';
import { readSignatureScheme, type SignatureScheme, verifySigned } from './algorithms.ts';
import { DerReader, explicitTag, readDerSequence, tags, unsignedHex } from './der.ts';
import { attestationError } from './errors.ts';
import { readExtensionMap } from './extensions.ts';
import type { Certificate } from './x509.ts';

const MAX_CRL = 256 * 1024;

export interface RevocationList {
  readonly tbs: Uint8Array;
  readonly scheme: SignatureScheme;
  readonly signature: Uint8Array;
  readonly issuer: Uint8Array;
  /** Epoch ms, both inclusive. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** Serial numbers in hexadecimal without leading zero bytes. */
  readonly revoked: ReadonlySet<string>;
}

function readRevoked(list: DerReader): Set<string> {
  const revoked = new Set<string>();
  while (list.next !== null) {
    const entry = list.enter(tags.sequence);
    revoked.add(unsignedHex(entry.integerBytes()));
    entry.time();
    // A critical entry extension (certificateIssuer) would make the list indirect: refused.
    const extensions = entry.enterOptional(tags.sequence);
    if (extensions) readExtensionMap(extensions, []);
    entry.end();
  }
  return revoked;
}

/**
 * Parses one revocation list.
 * @throws WAX_CRL_…, WAX_X509_EXTENSION, WAX_X509_ALGORITHM or WAX_DER_…
 */
export function parseCrl(der: Uint8Array): RevocationList {
  if (der.length > MAX_CRL) throw attestationError('WAX_CRL_SIZE', `${der.length} bytes`);
  const list = readDerSequence(der);
  const tbs = list.expect(tags.sequence);
  const outer = list.expect(tags.sequence);
  const signature = list.bitStringBytes();
  list.end();

  const fields = new DerReader(tbs.content);
  if (fields.integer(255) !== 1) throw attestationError('WAX_CRL_FORM', 'not version 2');
  const inner = fields.expect(tags.sequence);
  if (!equalBytes(inner.raw, outer.raw))
    throw attestationError('WAX_X509_ALGORITHM', 'named twice, differently');
  const scheme = readSignatureScheme(new DerReader(inner.content));
  const issuer = fields.expect(tags.sequence).raw;
  const thisUpdate = fields.time();
  if (fields.next !== tags.utcTime && fields.next !== tags.generalizedTime) {
    throw attestationError('WAX_CRL_FORM', 'no next update');
  }
  const nextUpdate = fields.time();
  const entries = fields.enterOptional(tags.sequence);
  const revoked = entries ? readRevoked(entries) : new Set<string>();
  const wrapped = fields.enterOptional(explicitTag(0));
  if (wrapped) {
    // Delta lists and issuing distribution points are critical, and so refused.
    readExtensionMap(wrapped.enter(tags.sequence), []);
    wrapped.end();
  }
  fields.end();
  return { tbs: tbs.raw, scheme, signature, issuer, thisUpdate, nextUpdate, revoked };
}

/** Says that `issuer` signed the list and may sign lists (check C7). */
export async function verifyCrlIssuer(list: RevocationList, issuer: Certificate): Promise<void> {
  if (!equalBytes(list.issuer, issuer.subject))
    throw attestationError('WAX_CRL_ISSUER', issuer.subjectCommonName);
  if (issuer.extensions.keyUsage && !issuer.extensions.keyUsage.crlSign) {
    throw attestationError('WAX_X509_USAGE', `${issuer.subjectCommonName} may not sign revocation lists`);
  }
  if (!(await verifySigned(issuer.publicKey, list.scheme, list.tbs, list.signature))) {
    throw attestationError('WAX_CRL_SIGNATURE', issuer.subjectCommonName);
  }
}

/** Says that `at` (epoch ms) lies between this and the next update (check C8). */
export function verifyCrlDates(list: RevocationList, at: number): void {
  if (!(at >= list.thisUpdate && at <= list.nextUpdate)) {
    const from = new Date(list.thisUpdate).toISOString();
    throw attestationError('WAX_CRL_DATES', `${from} to ${new Date(list.nextUpdate).toISOString()}`);
  }
}

/** Says that none of these certificates of the list's issuer is on the list. */
export function verifyNotRevoked(list: RevocationList, certificates: readonly Certificate[]): void {
  for (const certificate of certificates) {
    if (list.revoked.has(certificate.serial)) {
      throw attestationError(
        'WAX_CRL_REVOKED',
        `${certificate.subjectCommonName}, serial ${certificate.serial}`,
      );
    }
  }
}
