/**
 * Checks a receipt, without asking anybody: the same rows as before the Send, at the time of the receipt, over
 * the bytes in it. What that proves and to whom is section "What it proves" of docs/receipts.md.
 * @module
 */
import type { EvidenceVerifier } from '../attestation/evidence.ts';
import { equalBytes, parseBase64 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import { checkCheckpoint } from '../log/accept.ts';
import {
  type CosignedCheckpoint,
  emptyState,
  type Grown,
  type LogState,
  parseLogState,
  pinText,
  rootOf,
} from '../log/state.ts';
import { formatTrustDomain, type TrustDomain } from '../policy.ts';
import type { Check, VerificationReport } from '../report.ts';
import { parseOffer } from '../session/offer.ts';
import { judge } from '../verification/judgement.ts';
import { check, skipped } from '../verification/row.ts';
import { receiptError } from './errors.ts';
import { domainDigest, type Receipt } from './receipt.ts';

/** How far two clocks may be apart before the receipt counts as one from the future. */
const CLOCK_SKEW = 300_000;

export interface ReceiptSurroundings {
  /** The rules of whoever checks. */
  domain: TrustDomain;
  verifiers: readonly EvidenceVerifier[];
  /** Wall clock, milliseconds. */
  now: number;
  /**
   * What the log's own entries add up to at the size in the receipt, where they are at hand. Without them the
   * receipt's own account of them is taken, which proves nothing to anybody but the person whose file it is.
   */
  entries: Grown | null;
}

export interface ReceiptReport {
  format: 'waxseal-receipt-report/1';
  verdict: 'pass' | 'fail';
  /** Whether the approval was found by reading the log's entries, or only told by the receipt. */
  approval: 'read' | 'told';
  /** The rows, judged again at the time of the receipt. */
  report: VerificationReport;
  /** What belongs to the receipt and not to the answer. */
  checks: Check[];
}

/** The number of entries that `ReceiptSurroundings.entries` has to cover. */
export function receiptLogSize(receipt: Receipt, domain: TrustDomain): number {
  return heldState(receipt, domain).ledger.size;
}

function heldState({ log }: Receipt, domain: TrustDomain): LogState {
  try {
    return parseLogState(log, domain);
  } catch (cause) {
    // The text is somebody else's here: what is missing or of another type in it is its fault, too.
    throw receiptError('WAX_RECEIPT_LOG', cause instanceof CodedError ? cause.code : '', { cause });
  }
}

/** The log of the receipt, as far as signatures vouch for it. */
async function verifiedState(
  receipt: Receipt,
  { domain, entries }: ReceiptSurroundings,
): Promise<{ state: LogState; checkpoint: CosignedCheckpoint }> {
  const held = heldState(receipt, domain);
  if (typeof held.checkpoint?.note !== 'string') throw receiptError('WAX_RECEIPT_LOG', 'no checkpoint');
  // Nothing that the file says of its checkpoint is taken over: all of it is read out of the signed note.
  const context = { domain, state: emptyState(domain), systemTime: receipt.checkedAt };
  const checked = await checkCheckpoint(held.checkpoint.note, context);
  if (!checked.ok) throw receiptError('WAX_RECEIPT_LOG', checked.problem.code);
  const { checkpoint } = checked;
  const root = parseBase64(checkpoint.root, 32);
  const grown = entries ?? held;
  if (grown.ledger.size !== checkpoint.size || !equalBytes(rootOf(grown), root)) {
    throw receiptError(
      entries === null ? 'WAX_RECEIPT_LOG' : 'WAX_RECEIPT_ENTRIES',
      `size ${checkpoint.size}`,
    );
  }
  const { format } = held;
  const { frontier, ledger } = grown;
  const newestCosignedAt = checkpoint.cosignedAt;
  // The quorum's signatures stand for the tree of that time; a pin may have come long after it.
  const pinned = pinText(domain);
  const state = { format, frontier, ledger, checkpoint, newestCosignedAt, pending: null, pinned };
  return { state, checkpoint };
}

/** The parts of a report that follow from the bytes alone, whoever makes it and how long it took. */
function essence(report: { [key: string]: JsonValue }): string {
  const rows = Array.isArray(report.rows) ? report.rows : [];
  const outcomes = rows.map((row) => {
    const { id, state, code } = (row ?? {}) as { [key: string]: JsonValue };
    return [id, state, code];
  });
  return JSON.stringify([
    report.verdict,
    report.service,
    report.models,
    report.release,
    report.log,
    outcomes,
  ]);
}

const plain = (report: VerificationReport) =>
  JSON.parse(JSON.stringify(report)) as { [key: string]: JsonValue };

/**
 * Judges a receipt at the time that it names. The report that comes out leads to no key.
 * @throws WAX_RECEIPT_LOG, WAX_RECEIPT_ENTRIES, WAX_SESSION_OFFER when there is nothing that could be judged
 */
export async function verifyReceipt(
  receipt: Receipt,
  surroundings: ReceiptSurroundings,
): Promise<ReceiptReport> {
  const { domain, verifiers, now, entries } = surroundings;
  const { sentAt, checkedAt, turn } = receipt;
  const { state } = await verifiedState(receipt, surroundings);
  const exchange = {
    offer: { body: receipt.offer, ...parseOffer(receipt.offer) },
    answerBody: receipt.answer,
    service: receipt.service,
    sentAt: { now: sentAt, monotonic: 0 },
  };
  const clock = { now: () => checkedAt, monotonic: () => checkedAt - sentAt };
  const log = { state, problem: null };
  let report: VerificationReport;
  try {
    ({ report } = await judge(exchange, { domain, imported: false, log, clock, verifiers }, turn.number > 0));
  } catch (cause) {
    // Only a ledger that was not made by us can have another shape than the checks expect.
    throw receiptError('WAX_RECEIPT_LOG', 'ledger', { cause });
  }
  const sameRules = domainDigest(formatTrustDomain(domain)) === receipt.domain.sha256;
  const told = 'The report in the receipt is the one that its contents lead to.';
  const checks = [
    check('R1', 'It is not from the future.', () => {
      if (Math.max(sentAt, checkedAt) > now + CLOCK_SKEW) throw receiptError('WAX_RECEIPT_TIME');
    }),
    // Under other rules the same bytes may lead elsewhere.
    sameRules
      ? check('R2', told, () => {
          if (essence(receipt.report) !== essence(plain(report))) throw receiptError('WAX_RECEIPT_REPORT');
        })
      : skipped('R2', told),
    check('R3', 'The model is one that the enclave stated.', () => {
      const { model } = turn;
      if (model && !report.models.some(({ id, sha256 }) => id === model.id && sha256 === model.sha256)) {
        throw receiptError('WAX_RECEIPT_MODEL');
      }
    }),
  ];
  const failed = report.verdict === 'fail' || checks.some(({ state: outcome }) => outcome === 'fail');
  return {
    format: 'waxseal-receipt-report/1',
    verdict: failed ? 'fail' : 'pass',
    approval: entries === null ? 'told' : 'read',
    report,
    checks,
  };
}
