/** Checks of the quote's chain and signatures (T2 to T5). */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes } from '../../bytes.ts';
import { verifyEcdsaP256 } from '../../signatures.ts';
import { checkCertificate, verifyPinned } from '../chain.ts';
import type { CheckList, Found } from '../check-list.ts';
import { isOnCurve, isSignatureInRange, p256 } from '../curves.ts';
import { parsePemChain } from '../pem.ts';
import { type Certificate, verifyEndEntity, verifyIssuedBy } from '../x509.ts';
import { tdxError } from './errors.ts';
import { parsePckPlatform } from './pck.ts';
import type { TdxQuote } from './quote.ts';

const CA_NAMES = ['Intel SGX PCK Platform CA', 'Intel SGX PCK Processor CA'];

/** x ‖ y as an uncompressed point. */
const toPoint = (key: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(4), key);

/** The chain inside the quote, up to the pinned root, and what it says about the platform. */
export function checkChain(checks: CheckList, quote: Found<TdxQuote>, at: number, pin: string) {
  const chain = checks.run('T5.chain', 'crypto', 'The quote carries a certificate chain.', [quote], (it) => {
    const certificates = parsePemChain(it.chain);
    if (certificates.length !== 3)
      throw tdxError('WAX_TDX_CERTIFICATION', `${certificates.length} certificates`);
    return certificates;
  });
  const der = async (index: number) => (await chain)?.[index];
  const pck = checkCertificate(checks, 'pck', der(0), at);
  const ca = checkCertificate(checks, 'ca', der(1), at);
  const root = checkCertificate(checks, 'root', der(2), at);
  checks.run('C3', 'crypto', 'The chain ends in the pinned root.', [root], (it) => verifyPinned(it, [pin]));
  checks.run(
    'T5.names',
    'crypto',
    'The chain has the names and keys that Intel uses.',
    [pck, ca],
    (leaf, issuer) => {
      const names =
        leaf.subjectCommonName === 'Intel SGX PCK Certificate' && CA_NAMES.includes(issuer.subjectCommonName);
      if (!names || leaf.publicKey.kind !== 'ec' || leaf.publicKey.curve !== p256)
        throw tdxError('WAX_TDX_CHAIN');
    },
  );
  checks.run(
    'T5.pck',
    'crypto',
    'The platform certificate is issued by the platform CA.',
    [pck, ca],
    async (it, issuer) => {
      verifyEndEntity(it);
      await verifyIssuedBy(it, issuer, 0);
    },
  );
  checks.run('T5.ca', 'crypto', 'The platform CA is issued by the root.', [ca, root], (it, issuer) =>
    verifyIssuedBy(it, issuer, 1),
  );
  const platform = checks.run(
    'T5.extension',
    'crypto',
    'The platform certificate names platform and firmware.',
    [pck],
    parsePckPlatform,
  );
  return { pck, ca, root, platform };
}

/** The quote is signed by a key that a genuine quoting enclave on this platform vouched for. */
export function checkSignatures(checks: CheckList, quote: Found<TdxQuote>, pck: Found<Certificate>): void {
  checks.run(
    'C5',
    'crypto',
    'The numbers in the signatures are in range.',
    [quote],
    ({ signature, qeReportSignature }) => {
      if (![signature, qeReportSignature].every((it) => isSignatureInRange(p256, it)))
        throw tdxError('WAX_TDX_SIGNATURE_RANGE');
    },
  );
  checks.run(
    'C6.attestation-key',
    'crypto',
    'The attestation key is a valid key.',
    [quote],
    ({ attestationKey }) => {
      if (!isOnCurve(p256, toPoint(attestationKey))) throw tdxError('WAX_TDX_ATTESTATION_KEY');
    },
  );
  checks.run(
    'T2',
    'crypto',
    'The quote is signed by its attestation key.',
    [quote],
    async ({ attestationKey, signed, signature }) => {
      if (!(await verifyEcdsaP256(toPoint(attestationKey), signed, signature)))
        throw tdxError('WAX_TDX_SIGNATURE');
    },
  );
  checks.run(
    'T3',
    'crypto',
    'The quoting enclave vouched for the attestation key.',
    [quote],
    ({ attestationKey, qeAuthData, qeReport }) => {
      const binding = concatBytes(sha256(concatBytes(attestationKey, qeAuthData)), new Uint8Array(32));
      if (!equalBytes(binding, qeReport.reportData)) throw tdxError('WAX_TDX_KEY_BINDING');
    },
  );
  checks.run(
    'T4',
    'crypto',
    'The platform certified the quoting enclave.',
    [quote, pck],
    async ({ qeReport, qeReportSignature }, { publicKey }) => {
      const verified =
        publicKey.kind === 'ec' && (await verifyEcdsaP256(publicKey.point, qeReport.raw, qeReportSignature));
      if (!verified) throw tdxError('WAX_TDX_QE_SIGNATURE');
    },
  );
}
