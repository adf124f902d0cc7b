import { parseCertificate } from '../../../protocol/attestation/x509.ts';

/** Place of a certificate in an SEV-SNP chain, by its name; null if it is none of them. */
function placeOf(der: Uint8Array): number | null {
  try {
    const name = parseCertificate(der).subjectCommonName;
    if (name === 'SEV-VCEK' || name === 'SEV-VLEK') return 0;
    if (name.startsWith('SEV-')) return 1;
    return name.startsWith('ARK-') ? 2 : null;
  } catch {
    // The verifier says what is wrong with it.
    return null;
  }
}

/**
 * Puts the certificates of an SEV-SNP chain in order (chip, product, root), since people have them in any; a
 * missing one is empty. Where that is not clear, the order that was given stands.
 */
export function orderSnpCertificates(certificates: readonly Uint8Array[]): Uint8Array[] {
  const places = certificates.map(placeOf);
  const clear = places.every((place) => place !== null) && new Set(places).size === places.length;
  const padded = [0, 1, 2].map(
    (place) => certificates[clear ? places.indexOf(place) : place] ?? new Uint8Array(),
  );
  return [...padded, ...(clear ? [] : certificates.slice(3))];
}
