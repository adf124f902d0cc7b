/**
 * SEV-SNP evidence: all checks of section 2.1 of the attestation reference, C1 to C10 and S1 to S13.
 * Endorsements, in the order of wire format B2: VCEK (or VLEK), ASK (or ASVK), ARK, revocation list.
 * @module
 */
import { equalBytes, toHex } from '../../bytes.ts';
import { verifyEcdsaP384 } from '../../signatures.ts';
import { checkCertificate, checkCrl, earliestEnd, verifyPinned } from '../chain.ts';
import { CheckList, type Found } from '../check-list.ts';
import { type RevocationList, verifyNotRevoked } from '../crl.ts';
import { isSignatureInRange, p384 } from '../curves.ts';
import { attestationError } from '../errors.ts';
import type { EvidenceInput, EvidenceResult, EvidenceVerifier } from '../evidence.ts';
import { type Certificate, verifyEndEntity, verifyIssuedBy } from '../x509.ts';
import {
  readProduct,
  verifyChainNames,
  verifyChipId,
  verifyKind,
  verifyProductName,
  verifyReportedTcb,
} from './agreement.ts';
import { type ChipCertificate, parseChipCertificate } from './chip-certificate.ts';
import { chipClaims, reportClaims } from './claims.ts';
import { snpError } from './errors.ts';
import {
  readSignature,
  verifyAlgorithm,
  verifyKeyInfo,
  verifyPolicyBit,
  verifyReserved,
  verifyVersion,
} from './form.ts';
import type { SnpPolicy } from './policy.ts';
import {
  chipPolicyChecks,
  parseTcbs,
  reportPolicyChecks,
  tcbPolicyChecks,
  verifyProductAccepted,
} from './policy-checks.ts';
import { productFacts, type SnpLine, type SnpProduct } from './product.ts';
import { parseSnpReport, type SnpReport } from './report.ts';

/** SHA-256 of the DER of the root certificate of each chain. */
type SnpRoots = Readonly<Partial<Record<SnpLine, string>>>;

export interface SnpVerifierOptions {
  readonly code: number;
  readonly type: SnpPolicy['type'];
  readonly vendor: string;
  readonly simulated: boolean;
  readonly roots: SnpRoots;
}

const MAX_ENDORSEMENT = 256 * 1024;

function checkForm(checks: CheckList, { evidence, endorsements }: EvidenceInput) {
  const report = checks.run('C1', 'format', 'The report has exactly the size of a report.', [], () =>
    parseSnpReport(evidence),
  );
  checks.run('C10', 'format', 'The endorsements are of the number and size that reports have.', [], () => {
    if (endorsements.length > 4 || endorsements.some((item) => item.length > MAX_ENDORSEMENT)) {
      throw attestationError('WAX_ATTESTATION_ENDORSEMENTS', `${endorsements.length}`);
    }
  });
  const form = (id: string, text: string, judge: (report: SnpReport) => void) =>
    checks.run(id, 'format', text, [report], judge);
  form('S1.version', 'The report has a known version.', verifyVersion);
  form('S1.reserved', 'All reserved fields are zero.', verifyReserved);
  form('S1.algorithm', 'The report is signed with ECDSA P-384.', verifyAlgorithm);
  form('S1.key-info', 'The report is signed by a versioned chip key.', verifyKeyInfo);
  form('S1.policy-bit', 'The guest policy has the bit that is always set.', verifyPolicyBit);
  const signature = checks.run(
    'S2.form',
    'format',
    'The signature field is well-formed.',
    [report],
    readSignature,
  );
  return { report, signature };
}

function checkChain(checks: CheckList, { endorsements, at }: EvidenceInput) {
  const leaf = checkCertificate(checks, 'vcek', endorsements[0], at);
  const ask = checkCertificate(checks, 'ask', endorsements[1], at);
  const ark = checkCertificate(checks, 'ark', endorsements[2], at);
  const chip = checks.run(
    'S4.extensions',
    'crypto',
    'The chip certificate names chip and firmware.',
    [leaf],
    parseChipCertificate,
  );
  checks.run(
    'S4.vcek',
    'crypto',
    'The chip certificate is issued by the product key.',
    [leaf, ask],
    async (it, issuer) => {
      verifyEndEntity(it);
      await verifyIssuedBy(it, issuer, 0);
    },
  );
  checks.run('S4.ask', 'crypto', 'The product key is issued by the root.', [ask, ark], (it, issuer) =>
    verifyIssuedBy(it, issuer, 1),
  );
  checks.run('S4.ark', 'crypto', 'The root is issued by itself.', [ark], (it) => verifyIssuedBy(it, it, 1));
  return { ask, ark, chip };
}

function checkPolicy(
  checks: CheckList,
  expected: SnpPolicy['type'],
  { policy: given }: EvidenceInput,
  report: Found<SnpReport>,
  chip: Found<ChipCertificate>,
  product: Found<SnpProduct>,
) {
  const policy = checks.run('policy', 'policy', 'This kind of hardware is accepted here.', [], () => {
    if (given === undefined) throw attestationError('WAX_ATTESTATION_PLATFORM', expected);
    if (given.type !== expected)
      throw attestationError('WAX_ATTESTATION_POLICY', `${given.type} for ${expected}`);
    return given as SnpPolicy;
  });
  checks.run(
    'S3.policy',
    'policy',
    'This processor product is accepted.',
    [product, policy],
    verifyProductAccepted,
  );
  const tcbs = checks.run(
    'S7.form',
    'policy',
    'The firmware versions are of the form that this product has.',
    [report, product],
    parseTcbs,
  );
  for (const { id, text, judge } of tcbPolicyChecks)
    checks.run(id, 'policy', text, [tcbs, policy, product], judge);
  for (const { id, text, judge } of chipPolicyChecks)
    checks.run(id, 'policy', text, [report, policy, chip], judge);
  for (const { id, text, judge } of reportPolicyChecks) {
    checks.run(id, 'policy', text, [report, policy], (it, rules) => judge({ report: it, policy: rules }));
  }
}

async function verifySnp(options: SnpVerifierOptions, input: EvidenceInput): Promise<EvidenceResult> {
  const checks = new CheckList();
  const { report, signature } = checkForm(checks, input);
  const { ask, ark, chip } = checkChain(checks, input);

  const product = checks.run('S3', 'crypto', 'The report names a known processor.', [report], async (it) =>
    readProduct(it, it.version >= 3 ? null : await chip),
  );
  checks.run(
    'C2',
    'crypto',
    'Report and chip certificate name the same processor.',
    [product, chip],
    verifyProductName,
  );
  checks.run(
    'C3',
    'crypto',
    'The chain ends in the pinned root for this processor.',
    [ark, product],
    (root, it) => {
      const pin = options.roots[productFacts[it].line];
      verifyPinned(root, pin === undefined ? [] : [pin]);
    },
  );
  checks.run(
    'S4.names',
    'crypto',
    'The chain has the names and keys of this processor.',
    [product, chip, ask, ark],
    verifyChainNames,
  );
  checks.run(
    'S4.kind',
    'crypto',
    'The report was signed by the kind of key that the certificate is for.',
    [report, chip],
    verifyKind,
  );
  checks.run('C5', 'crypto', 'The numbers in the signature are in range.', [signature], (it) => {
    if (!isSignatureInRange(p384, it)) throw snpError('WAX_SNP_SIGNATURE_RANGE');
  });
  checks.run(
    'S2',
    'crypto',
    'The report is signed by the chip.',
    [report, signature, chip],
    async (it, bytes, { point }) => {
      if (!(await verifyEcdsaP384(point, it.signed, bytes))) throw snpError('WAX_SNP_SIGNATURE');
    },
  );
  checks.run(
    'S5',
    'crypto',
    'The certificate is for the firmware that the report names.',
    [report, chip, product],
    verifyReportedTcb,
  );
  checks.run(
    'S6',
    'crypto',
    'The certificate is for the chip that the report names.',
    [report, chip, product],
    verifyChipId,
  );

  const crl = checkCrl(checks, 'crl', input.endorsements[3], ark, input.at);
  checks.run('S13', 'collateral', 'The product key is not revoked.', [crl, ask], (list, it) =>
    verifyNotRevoked(list, [it]),
  );

  checkPolicy(checks, options.type, input, report, chip, product);
  checks.run('S12', 'binding', 'The report answers this challenge.', [report], ({ reportData }) => {
    if (input.expectedReportData?.length !== 64) throw snpError('WAX_SNP_BINDING_ABSENT');
    if (!equalBytes(reportData, input.expectedReportData)) throw snpError('WAX_SNP_BINDING');
  });

  const found = await Promise.all([report, chip, product, ask, ark, crl]);
  return resultOf(await checks.rows(), ...found);
}

/** What the checks found, beside their rows. */
function resultOf(
  checks: EvidenceResult['checks'],
  report: SnpReport | null,
  chip: ChipCertificate | null,
  product: SnpProduct | null,
  ask: Certificate | null,
  ark: Certificate | null,
  crl: RevocationList | null,
): EvidenceResult {
  return {
    checks,
    claims: {
      ...(report && { report: reportClaims(report, product) }),
      ...(chip && { chip: chipClaims(chip) }),
    },
    measurement: report && { launchDigest: toHex(report.measurement) },
    reportData: report?.reportData ?? null,
    hardwareId: chip?.hardwareId ? toHex(chip.hardwareId) : null,
    product,
    notAfter: earliestEnd([chip?.certificate.notAfter, ask?.notAfter, ark?.notAfter, crl?.nextUpdate]),
  };
}

/** A verifier for SEV-SNP reports whose chains end in the given roots. */
export function createSnpVerifier(options: SnpVerifierOptions): EvidenceVerifier {
  const { code, type, vendor, simulated } = options;
  return { code, type, vendor, simulated, verify: (input) => verifySnp(options, input) };
}
