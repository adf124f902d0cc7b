/**
 * The verdict on an answer, and the only way from it to a sealing key. `verifyAnswer` makes a report in which
 * every check has its row; `sealTo` takes the key out only for a report that this module made itself and in
 * which every row passes now. The key lies in a map that nobody else can read, so neither a cast nor a copied
 * report leads to it.
 * @module
 */
import type { EvidenceVerifier } from './attestation/evidence.ts';
import type { LogView } from './log/accept.ts';
import { formatTrustDomain, type TrustDomain } from './policy.ts';
import {
  type FailureState,
  failureStates,
  type ReportState,
  type Row,
  type VerificationReport,
} from './report.ts';
import { ClientSession, type Clock, type Handshake, type SentAt } from './session/client-session.ts';
import { admitHandshake } from './session/verified-handshake.ts';
import { checkAnswer } from './verification/answer-row.ts';
import { verifyError } from './verification/errors.ts';
import { checkEvidence } from './verification/evidence-rows.ts';
import { checkLifetime } from './verification/lifetime-row.ts';
import { checkLog, describeLog } from './verification/log-row.ts';
import { checkMachine, checkRelease, describeRelease } from './verification/release-rows.ts';
import { checkWire } from './verification/wire-row.ts';

/** What a client sent and got. */
export interface Exchange {
  /** From `createOffer`: the nonce in it is ours, and the report must answer it. */
  offer: { body: Uint8Array; nonce: Uint8Array };
  answerBody: Uint8Array;
  /** Origin of the service that was asked. */
  service: string;
  sentAt: SentAt;
}

/** What the verdict is given under; at a later look any of it may have changed. */
export interface Surroundings {
  domain: TrustDomain;
  /** Whether the person imported this trust domain; it then looks different for good. */
  imported: boolean;
  log: LogView;
  clock: Clock;
  /** The kinds of evidence that this build accepts. */
  verifiers: readonly EvidenceVerifier[];
}

interface Verified {
  exchange: Exchange;
  /** The trust domain that the verdict holds under, as its file. */
  domain: string;
  /** Null unless every row passed. */
  handshake: Handshake | null;
  use: KeyUse;
}

/** One for an answer, shared by every report on it: its key is for one session, whichever report leads there. */
interface KeyUse {
  /** From then on the session's lifetime counts, not the offer's. */
  sealed: boolean;
}

const verified = new WeakMap<VerificationReport, Verified>();

function failureState(rows: readonly Row[]): FailureState | null {
  const asked = new Set(rows.map((row) => row.leadsTo));
  const loudest = failureStates.find((state) => asked.has(state));
  // A row that could not be judged never passes; the row that kept it from being judged has failed.
  return loudest ?? (rows.every((row) => row.state === 'pass') ? null : 'failed');
}

function passedState(
  { imported }: Surroundings,
  { simulated, inGrace }: { simulated: boolean; inGrace: boolean },
): ReportState {
  if (simulated) return 'simulated';
  // Said in an imported domain too: it is about this machine, and the report names the domain anyway.
  if (inGrace) return 'sealed-grace';
  return imported ? 'sealed-imported' : 'sealed';
}

async function judge(exchange: Exchange, surroundings: Surroundings, use: KeyUse) {
  const startedAt = surroundings.clock.monotonic();
  const { domain, imported, log, clock, verifiers } = surroundings;
  const { service, sentAt, offer } = exchange;
  const systemTime = clock.now();
  const { row: answerRow, answer, statement } = checkAnswer(exchange.answerBody);
  // Papers are judged at the same time as everything else: a clock that was set back revives none of them.
  const at = Math.max(systemTime, log.state?.newestCosignedAt ?? 0);
  // Before a first checkpoint is accepted nothing is known of any release, which is not "unknown".
  const state = log.state?.checkpoint ? log.state : null;
  const surrounding = { domain, verifiers, at, ledger: state?.ledger ?? null };
  const evidence = await checkEvidence(answer, offer.nonce, surrounding);
  const claims = { answer, statement, ...evidence };
  const place = { domain, state, service, systemTime };
  const { row: releaseRow, release, retiresAt } = checkRelease(claims, place);
  const { header } = answer ?? { header: { offerTtlS: 0, sessionTtlS: 0 } };
  const lifetimeS = use.sealed ? header.sessionTtlS : header.offerTtlS;
  const rows: Row[] = [
    answerRow,
    ...evidence.rows,
    checkLog(log, domain, systemTime),
    releaseRow,
    checkMachine(claims, place),
    checkWire(statement, release?.statement.wire ?? null),
    checkLifetime(answer, lifetimeS, sentAt, clock),
  ];
  const failure = failureState(rows);
  const simulated = evidence.verifier?.simulated ?? false;
  const ends = [
    evidence.result?.notAfter ?? 0,
    release?.statement.expires ?? 0,
    retiresAt ?? Number.POSITIVE_INFINITY,
    evidence.grace?.statement.expires ?? Number.POSITIVE_INFINITY,
    (log.state?.checkpoint?.cosignedAt ?? 0) + domain.freshness.cosignatureHours * 3_600_000,
    sentAt.now + lifetimeS * 1000,
  ];
  const report: VerificationReport = {
    format: 'waxseal-report/1',
    verdict: failure === null ? 'pass' : 'fail',
    state: failure ?? passedState(surroundings, { simulated, inGrace: evidence.grace !== null }),
    simulated,
    service,
    domain: { name: domain.name, imported },
    vendor: evidence.verifier?.vendor ?? null,
    models: (statement?.models ?? []).map((model) => ({ ...model })),
    release: release && describeRelease(release),
    log: describeLog(log.state, domain),
    rows,
    checkedAt: new Date(systemTime).toISOString(),
    expiresAt: failure === null ? new Date(Math.min(...ends)).toISOString() : null,
    tookMs: Math.round(10 * (clock.monotonic() - startedAt)) / 10,
  };
  const handshake: Handshake | null =
    failure === null && answer && statement
      ? { offerBody: offer.body, answerBody: exchange.answerBody, answer, statement, sentAt, clock }
      : null;
  verified.set(report, { exchange, domain: formatTrustDomain(domain), handshake, use });
  return report;
}

/**
 * Runs every check of wire format B9 and keeps every reason. Never throws for what the server or the log did:
 * the report says it.
 */
export function verifyAnswer(exchange: Exchange, surroundings: Surroundings): Promise<VerificationReport> {
  return judge(exchange, surroundings, { sealed: false });
}

function contentOf(report: VerificationReport): Verified {
  const content = verified.get(report);
  if (content === undefined) throw verifyError('WAX_VERIFY_REFUSED', 'not a report of this run');
  return content;
}

/**
 * Looks again at the same answer under the surroundings of this moment: before every Send, and after every
 * sync of the log. The new report replaces the old one.
 * @throws WAX_VERIFY_DOMAIN when the trust domain is not the one that the report was made under
 */
export async function recheck(
  report: VerificationReport,
  surroundings: Surroundings,
): Promise<VerificationReport> {
  const { exchange, domain, use } = contentOf(report);
  if (formatTrustDomain(surroundings.domain) !== domain) throw verifyError('WAX_VERIFY_DOMAIN');
  return judge(exchange, surroundings, use);
}

/**
 * Makes the sealed session, once, if every row passes at this moment.
 * @returns the report of this moment, and the session; null in its place if a row fails now
 * @throws WAX_VERIFY_REFUSED for a report that did not pass, WAX_VERIFY_USED the second time
 */
export async function sealTo(
  report: VerificationReport,
  surroundings: Surroundings,
): Promise<{ report: VerificationReport; session: ClientSession | null }> {
  const content = contentOf(report);
  if (content.use.sealed) throw verifyError('WAX_VERIFY_USED');
  if (content.handshake === null) throw verifyError('WAX_VERIFY_REFUSED');
  const now = await recheck(report, surroundings);
  const { handshake } = contentOf(now);
  if (handshake === null) return { report: now, session: null };
  // Marked before the first await: two Sends at once must not seal to one key.
  if (content.use.sealed) throw verifyError('WAX_VERIFY_USED');
  content.use.sealed = true;
  admitHandshake(handshake);
  return { report: now, session: await ClientSession.open(handshake) };
}
