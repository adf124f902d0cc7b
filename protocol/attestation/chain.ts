/** Checks that every kind of evidence makes on the certificates and revocation lists that come with it. */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../bytes.ts';
import { verifyPublicKey } from './algorithms.ts';
import type { CheckList, Found } from './check-list.ts';
import { parseCrl, type RevocationList, verifyCrlDates, verifyCrlIssuer } from './crl.ts';
import { attestationError } from './errors.ts';
import type { Layer } from './evidence.ts';
import { type Certificate, parseCertificate, verifyDates } from './x509.ts';

/** SHA-256 of a DER certificate, in hexadecimal: how roots are pinned. */
export function fingerprint(der: Uint8Array): string {
  return toHex(sha256(der));
}

/** C3: the root of a supplied chain is trusted only if it is, byte for byte, one that the code names. */
export function verifyPinned(root: Certificate, pins: readonly string[]): void {
  const found = fingerprint(root.der);
  if (!pins.includes(found))
    throw attestationError('WAX_X509_ROOT', `${root.subjectCommonName} ${found.slice(0, 16)}`);
}

/**
 * C4, C6 and C8 for one certificate: its form, its key, its dates.
 * @param der the supplied bytes, or undefined if the chain ends before
 * @param name what the certificate is called in ids and sentences, such as `vcek`
 */
export function checkCertificate(
  checks: CheckList,
  name: string,
  der: Uint8Array | undefined | Promise<Uint8Array | undefined>,
  at: number,
  layer: Layer = 'crypto',
): Promise<Certificate | null> {
  const label = name.toUpperCase();
  const certificate = checks.run(
    `C4.${name}`,
    layer,
    `The ${label} certificate is well-formed.`,
    [],
    async () => {
      const bytes = await der;
      if (bytes === undefined || bytes.length === 0) throw attestationError('WAX_X509_MISSING', label);
      return parseCertificate(bytes);
    },
  );
  checks.run(
    `C6.${name}`,
    layer,
    `The key of the ${label} certificate is a valid key.`,
    [certificate],
    (it) => verifyPublicKey(it.publicKey),
  );
  checks.run(`C8.${name}`, layer, `The ${label} certificate is in date.`, [certificate], (it) =>
    verifyDates(it, at),
  );
  return certificate;
}

/** C7 and C8 for one revocation list: its form, its issuer's signature, its dates. */
export function checkCrl(
  checks: CheckList,
  name: string,
  der: Uint8Array | undefined,
  issuer: Found<Certificate>,
  at: number,
): Promise<RevocationList | null> {
  const list = checks.run(`C7.${name}.form`, 'collateral', 'The revocation list is well-formed.', [], () => {
    if (der === undefined || der.length === 0) throw attestationError('WAX_CRL_MISSING');
    return parseCrl(der);
  });
  checks.run(
    `C7.${name}`,
    'collateral',
    'The revocation list is signed by its issuer.',
    [list, issuer],
    verifyCrlIssuer,
  );
  checks.run(`C8.${name}`, 'collateral', 'The revocation list is in date.', [list], (it) =>
    verifyCrlDates(it, at),
  );
  return list;
}

/** The earliest of these ends; 0 if one of them could not be read. */
export function earliestEnd(ends: readonly (number | undefined)[]): number {
  return Math.min(...ends.map((end) => end ?? 0));
}
