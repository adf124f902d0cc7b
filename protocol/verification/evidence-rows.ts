import type {
  AttestationCheck,
  EvidenceInput,
  EvidenceResult,
  EvidenceVerifier,
} from '../attestation/evidence.ts';
import type { HardwarePolicy } from '../attestation/policy.ts';
import { toHex } from '../bytes.ts';
import { type Demands, demandedHardware } from '../demands.ts';
import { findGrace } from '../log/find-grace.ts';
import type { Ledger, Logged } from '../log/ledger.ts';
import type { Check, Row, RowId } from '../report.ts';
import type { Answer } from '../session/answer.ts';
import { batchLeaf, foldPath, reportData } from '../session/batch.ts';
import { verifyError } from './errors.ts';
import { check, type Failure, makeRow, skipped } from './row.ts';

export interface EvidenceRows {
  rows: Row[];
  verifier: EvidenceVerifier | null;
  result: EvidenceResult | null;
  /** The log's grace without which the platform would be out of date. */
  grace: Logged<'grace'> | null;
}

interface Judged {
  verifier: EvidenceVerifier;
  result: EvidenceResult;
  grace: Logged<'grace'> | null;
}

/** The preset that the person demands of this type of hardware, and whether it alone refuses the platform. */
interface Demanded {
  preset: string | undefined;
  refuses: boolean;
}

type EvidenceRowId = Extract<RowId, 'evidence' | 'collateral' | 'platform' | 'binding'>;

/** Papers that ran out or were not sent: only the operator can mend that, and it is no sign of an attack. */
const isPaper = (code: string) => /^WAX_(X509|CRL|TDX|NITRO)_[A-Z_]*(DATES|MISSING)$/.test(code);
const isDebug = (code: string) => /_(DEBUG|MIGRATION|MIGRATABLE)$/.test(code);
const isUnaccepted = (code: string) =>
  code === 'WAX_ATTESTATION_PLATFORM' || code.endsWith('_PRODUCT_POLICY');

/** C8, in all evidence: a certificate or list is in date. */
const isOfDates = (id: string) => id.startsWith('C8.');

/** Row of a check: by its layer, except that dates of certificates belong to the papers wherever they are met. */
function rowOf({ id, layer, code }: AttestationCheck): EvidenceRowId {
  if (layer === 'binding') return 'binding';
  // Nitro has no papers beside its document: the dates of the certificates in it are all that row 3 has.
  if (layer === 'collateral' || isOfDates(id) || isPaper(code ?? '')) return 'collateral';
  return layer === 'policy' ? 'platform' : 'evidence';
}

function passedSentence(id: EvidenceRowId, vendor: string, hasLists: boolean): string {
  return {
    evidence: `${vendor} certified this exact chip, and the chip signed this proof.`,
    collateral: hasLists
      ? `${vendor}'s certificates and revocation lists are signed, current, and this chip is not on the list.`
      : `${vendor}'s certificates are current. ${vendor} publishes no list of withdrawn ones.`,
    platform: "The chip's security software is recent enough, and no one can look inside with a debugger.",
    binding: 'The proof holds a random number your browser chose a moment ago.',
  }[id];
}

function failureOf(id: EvidenceRowId, vendor: string, code: string, byDemand: boolean): Failure {
  const failed = (variant: string | null, sentence: string): Failure => ({
    variant,
    leadsTo: 'failed',
    sentence,
  });
  if (id === 'binding') return failed(null, 'The proof was made for somebody else, or earlier.');
  if (id === 'evidence') return failed(null, `The proof is not signed by a chip that ${vendor} made.`);
  if (id === 'platform') {
    if (byDemand)
      return failed('demanded', 'The chip does not meet the stricter rule that you chose under Options.');
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

const GRACE_SENTENCE =
  "The chip's security software waits for a patch, and publishers accepted that in public for some days.";

function describeGrace({ index, signers, publisherCount, statement }: Logged<'grace'>) {
  const { event, reason, expires } = statement;
  return {
    entry: index,
    publishers: signers,
    publisherCount,
    event,
    reason,
    expires: new Date(expires).toISOString(),
  };
}

function rowsOf({ verifier, result, grace }: Judged, { preset, refuses }: Demanded): Row[] {
  const evidence = {
    evidence: { type: verifier.type, product: result.product, hardwareId: result.hardwareId },
    collateral: { validUntil: result.notAfter > 0 ? new Date(result.notAfter).toISOString() : null },
    platform: {
      ...result.claims,
      ...(grace && { grace: describeGrace(grace) }),
      ...(preset !== undefined && { demandedPreset: preset }),
    },
    binding: { reportData: result.reportData && toHex(result.reportData) },
  };
  const hasLists = result.checks.some(({ layer }) => layer === 'collateral');
  return ids.map((id) => {
    const checks: Check[] = result.checks
      .filter((one) => rowOf(one) === id)
      .map(({ id: name, state, code, text }) => ({ id: name, state, code: code ?? null, text }));
    return makeRow(id, {
      checks,
      passed: grace && id === 'platform' ? GRACE_SENTENCE : passedSentence(id, verifier.vendor, hasLists),
      failure: (code) => failureOf(id, verifier.vendor, code, refuses),
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
 * Judges strictly first. Only evidence that is out of date by an event for which the log holds a live grace is
 * judged once more with that one status accepted; every other check has to pass all the same.
 */
async function judgeUnderGrace(
  verifier: EvidenceVerifier,
  input: EvidenceInput,
  ledger: Ledger | null,
): Promise<Judged> {
  const strict = await verifier.verify(input);
  const { policy, at } = input;
  const { outdatedBy } = strict;
  const isRefused = strict.checks.some(({ code }) => code === 'WAX_TDX_OUT_OF_DATE');
  if (!isRefused || outdatedBy === undefined || ledger === null || policy?.type !== 'tdx' || !policy.grace) {
    return { verifier, result: strict, grace: null };
  }
  const grace = findGrace(ledger, 'tdx', outdatedBy, at);
  if (grace === null) return { verifier, result: strict, grace };
  const tolerant = { ...policy, statuses: [...policy.statuses, 'OutOfDate' as const] };
  return { verifier, result: await verifier.verify({ ...input, policy: tolerant }), grace };
}

const refusesPlatform = ({ result }: Judged) =>
  result.checks.some((one) => one.state === 'fail' && rowOf(one) === 'platform');

interface EvidencePlace {
  /** What the trust domain accepts, and what the person demands beyond it. */
  hardware: HardwarePolicy;
  demands: Demands;
  verifiers: readonly EvidenceVerifier[];
  /** Epoch ms. */
  at: number;
  /** What the accepted log adds up to; null before a first checkpoint. */
  ledger: Ledger | null;
}

/**
 * Rows 2 to 5: the evidence, its papers, the platform, and that it answers *this* offer. The expected report
 * data is computed from the nonce that we sent, never from one in the answer.
 */
export async function checkEvidence(
  answer: Answer | null,
  nonce: Uint8Array,
  { hardware, demands, verifiers, at, ledger }: EvidencePlace,
): Promise<EvidenceRows> {
  const verifier = verifiers.find((candidate) => candidate.code === answer?.evidenceType) ?? null;
  if (answer === null || verifier === null) {
    const rows = unverifiable(answer?.evidenceType ?? null);
    return { rows, verifier: null, result: null, grace: null };
  }
  const { headerBytes, pk, slot, path, statement, evidence, endorsements } = answer;
  const root = foldPath(batchLeaf({ nonce, headerBytes, pk }), slot, path);
  const input: EvidenceInput = {
    evidence,
    endorsements,
    policy: demandedHardware(hardware, demands)[verifier.type],
    at,
    expectedReportData: reportData(root, statement),
  };
  const judged = await judgeUnderGrace(verifier, input, ledger);
  const preset = demands[verifier.type];
  // Whose rule it was is for the words only: what the demand refuses stays refused.
  const own =
    preset !== undefined && refusesPlatform(judged)
      ? await judgeUnderGrace(verifier, { ...input, policy: hardware[verifier.type] }, ledger)
      : null;
  const refuses = own !== null && !refusesPlatform(own);
  return { rows: rowsOf(judged, { preset, refuses }), ...judged };
}
