/**
 * Intel's provisioning certification service (PCS API version 4): TCB info, QE identity and revocation lists
 * for the platform that a quote names.
 * @module
 */
import { parsePemChain } from '../../protocol/attestation/pem.ts';
import { parsePckPlatform } from '../../protocol/attestation/tdx/pck.ts';
import { parseTdxQuote } from '../../protocol/attestation/tdx/quote.ts';
import { parseCertificate } from '../../protocol/attestation/x509.ts';
import { toHex, utf8 } from '../../protocol/bytes.ts';
import { stapleError } from './errors.ts';
import { askVendor, type VendorAnswer, type VendorClientOptions } from './vendor-client.ts';

export const PCS = 'https://api.trustedservices.intel.com';
export const PCS_ROOT_CRL = 'https://certificates.trustedservices.intel.com';

/** The two authorities that issue PCK certificates, by the name in the certificate. */
const AUTHORITIES: Readonly<Record<string, string>> = {
  'Intel SGX PCK Platform CA': 'platform',
  'Intel SGX PCK Processor CA': 'processor',
};

function platformOf(evidence: Uint8Array): { fmspc: string; authority: string } {
  const [leaf, issuer] = parsePemChain(parseTdxQuote(evidence).chain).map(parseCertificate);
  const authority = AUTHORITIES[issuer?.subjectCommonName ?? ''];
  if (!leaf || authority === undefined) throw stapleError('WAX_STAPLE_EVIDENCE', 'PCK chain');
  return { fmspc: toHex(parsePckPlatform(leaf).fmspc), authority };
}

/** The chain that comes beside a document in a header, percent-encoded. */
function chainOf({ headers }: VendorAnswer, name: string): Uint8Array {
  try {
    return utf8(decodeURIComponent(headers.get(name) ?? ''));
  } catch (cause) {
    throw stapleError('WAX_STAPLE_VENDOR', name, { cause });
  }
}

/** TCB info, QE identity, signing chain, PCK list and root list for this quote, in the order of wire format B2. */
export async function fetchTdxEndorsements(
  evidence: Uint8Array,
  { base, rootCrl }: { base: string; rootCrl: string },
  options: VendorClientOptions,
): Promise<Uint8Array[]> {
  const { fmspc, authority } = platformOf(evidence);
  const tdx = `${base}/tdx/certification/v4`;
  const tcbInfo = await askVendor(`${tdx}/tcb?fmspc=${fmspc}`, options);
  const qeIdentity = await askVendor(`${tdx}/qe/identity`, options);
  const pckCrl = await askVendor(`${base}/sgx/certification/v4/pckcrl?ca=${authority}&encoding=der`, options);
  const root = await askVendor(`${rootCrl}/IntelSGXRootCA.der`, options);
  const signingChain = chainOf(tcbInfo, 'TCB-Info-Issuer-Chain');
  return [tcbInfo.body, qeIdentity.body, signingChain, pckCrl.body, root.body];
}
