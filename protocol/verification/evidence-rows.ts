import type { AttestationCheck, EvidenceResult, EvidenceVerifier } from '../attestation/evidence.ts';
import { toHex } from '../bytes.ts';
import type { TrustDomain } from '../policy.ts';
import type { Check, Row, RowId } from '../report.ts';
import type { Answer } from '../session/answer.ts';
import { batchLeaf, foldPath, reportData } from '../session/batch.ts';
import { verifyError } from './errors.ts';
import { check, type Failure, makeRow, skipped } from './row.ts';

export interface EvidenceRows {
  rows: Row[];
  verifier: EvidenceVerifier | null;
  result: EvidenceResult | null;
}

type EvidenceRowId = Extract<RowId, 'evidence' | 'collateral' | 'platform' | 'binding'>;

/** Papers that ran out or were not sent: only the operator can mend that, and it is no sign of an attack. */
const isPaper = (code: string) => /^WAX_(X509|CRL|TDX|NITRO)_[A-Z_]*(DATES|MISSING)$/.test(code);
const isDebug = (code: string) => /_(DEBUG|MIGRATION|MIGRATABLE)$/.test(code);
const isUnaccepted = (code: string) =>
  code === 'WAX_ATTESTATION_PLATFORM' || code.endsWith('_PRODUCT_POLICY');

/** Row of a check: by its layer, except that dates of certificates belong to the papers wherever they are met. */
function rowOf({ layer, code }: AttestationCheck): EvidenceRowId {
  if (layer === 'binding') return 'binding';
  if (layer === 'collateral' || isPaper(code ?? '')) return 'collateral';
  return layer === 'policy' ? 'platform' : 'evidence';
}

function passedSentence(id: EvidenceRowId, vendor: string): string {
  return {
    evidence: `${vendor} certified this exact chip, and the chip signed this proof.`,
    collateral: `${vendor}'s certificates and revocation lists are signed, current, and this chip is not on the list.`,
    platform: "The chip's security software is recent enough, and no one can look inside with a debugger.",
    binding: 'The proof holds a random number your browser chose a moment ago.',
  }[id];
}

function failureOf(id: EvidenceRowId, vendor: string, code: string): Failure {
  const failed = (variant: string | null, sentence: string): Failure => ({
    variant,
    leadsTo: 'failed',
    sentence,
  });
  if (id === 'binding') return failed(null, 'The proof was made for somebody else, or earlier.');
  if (id === 'evidence') return failed(null, `The proof is not signed by a chip that ${vendor} made.`);
  if (id === 'platform') {
    if (isDebug(code))
      return failed('debug', 'The machine was started in a mode that lets its owner look inside.');
    if (isUnaccepted(code)) return failed('unaccepted', 'Your rules do not accept this kind of hardware.');
    return {
      variant: 'old',
      leadsTo: 'papers',
      sentence: "The chip's security software is older than Waxseal accepts.",
    };
  }
  if (isPaper(code))
    return {
      variant: 'dated',
      leadsTo: 'papers',
      sentence: `A paper of ${vendor} is missing or out of date.`,
    };
  if (/_(REVOKED|DENIED)$/.test(code))
    return failed('revoked', `${vendor} has withdrawn this chip's certificate.`);
  return failed('unsigned', `The papers are not signed by ${vendor}.`);
}

const ids: readonly EvidenceRowId[] = ['evidence', 'collateral', 'platform', 'binding'];

function rowsOf(verifier: EvidenceVerifier, result: EvidenceResult): Row[] {
  const evidence = {
    evidence: { type: verifier.type, product: result.product, hardwareId: result.hardwareId },
    collateral: { validUntil: result.notAfter > 0 ? new Date(result.notAfter).toISOString() : null },
    platform: { ...result.claims },
    binding: { reportData: result.reportData && toHex(result.reportData) },
  };
  return ids.map((id) => {
    const checks: Check[] = result.checks
      .filter((one) => rowOf(one) === id)
      .map(({ id: name, state, code, text }) => ({ id: name, state, code: code ?? null, text }));
    return makeRow(id, {
      checks,
      passed: passedSentence(id, verifier.vendor),
      failure: (code) => failureOf(id, verifier.vendor, code),
      evidence: evidence[id],
    });
  });
}

/** Without a verifier for this evidence nothing about it can be said; row 2 fails and the others are skipped. */
function unverifiable(evidenceType: number | null): Row[] {
  const about = 'This build can verify this type of evidence.';
  const first =
    evidenceType === null
      ? skipped('B9.2', about)
      : check('B9.2', about, () => {
          throw verifyError('WAX_VERIFY_EVIDENCE_TYPE', `type ${evidenceType}`);
        });
  return ids.map((id) =>
    makeRow(id, {
      checks: id === 'evidence' ? [first] : [skipped('B9.2', about)],
      passed: '',
      failure: () => ({
        variant: 'type',
        leadsTo: 'failed',
        sentence: 'The proof is of a kind that this version of Waxseal does not accept.',
      }),
    }),
  );
}

/**
 * Rows 2 to 5: the evidence, its papers, the platform, and that it answers *this* offer. The expected report
 * data is computed from the nonce that we sent, never from one in the answer.
 */
export async function checkEvidence(
  answer: Answer | null,
  nonce: Uint8Array,
  { domain, verifiers, at }: { domain: TrustDomain; verifiers: readonly EvidenceVerifier[]; at: number },
): Promise<EvidenceRows> {
  const verifier = verifiers.find((candidate) => candidate.code === answer?.evidenceType) ?? null;
  if (answer === null || verifier === null) {
    return { rows: unverifiable(answer?.evidenceType ?? null), verifier: null, result: null };
  }
  const { headerBytes, pk, slot, path, statement, evidence, endorsements } = answer;
  const root = foldPath(batchLeaf({ nonce, headerBytes, pk }), slot, path);
  const result = await verifier.verify({
    evidence,
    endorsements,
    policy: domain.hardware[verifier.type],
    at,
    expectedReportData: reportData(root, statement),
  });
  return { rows: rowsOf(verifier, result), verifier, result };
}
