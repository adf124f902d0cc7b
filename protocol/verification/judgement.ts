/**
 * Every row of wire format B9 for one exchange, at one moment, and the verdict that follows. It leads to no key:
 * verify.ts keeps what it finds, and a receipt is judged by the same rows years later.
 * @module
 */
import type { EvidenceVerifier } from '../attestation/evidence.ts';
import type { Demands } from '../demands.ts';
import type { LogView } from '../log/accept.ts';
import type { TrustDomain } from '../policy.ts';
import {
  type FailureState,
  failureStates,
  type ReportState,
  type Row,
  type VerificationReport,
} from '../report.ts';
import type { Clock, Handshake, SentAt } from '../session/client-session.ts';
import { checkAnswer } from './answer-row.ts';
import { checkEvidence } from './evidence-rows.ts';
import { checkLifetime } from './lifetime-row.ts';
import { checkLog, describeLog } from './log-row.ts';
import { checkMachine, checkRelease, describeRelease } from './release-rows.ts';
import { checkWire } from './wire-row.ts';

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
  /** What the person demands of hardware beyond the trust domain; nothing unless said. */
  demands?: Demands;
  log: LogView;
  clock: Clock;
  /** The kinds of evidence that this build accepts. */
  verifiers: readonly EvidenceVerifier[];
}

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

/**
 * Judges an exchange. Never throws for what the server or the log did.
 * @param sealed whether the key was used: from then on the session's lifetime counts, not the offer's
 * @returns the report, and what a session needs if every row passed
 */
export async function judge(
  exchange: Exchange,
  surroundings: Surroundings,
  sealed: boolean,
): Promise<{ report: VerificationReport; handshake: Handshake | null }> {
  const startedAt = surroundings.clock.monotonic();
  const { domain, imported, demands = {}, log, clock, verifiers } = surroundings;
  const { service, sentAt, offer } = exchange;
  const systemTime = clock.now();
  const { row: answerRow, answer, statement } = checkAnswer(exchange.answerBody);
  // Papers are judged at the same time as everything else: a clock that was set back revives none of them.
  const at = Math.max(systemTime, log.state?.newestCosignedAt ?? 0);
  // Before a first checkpoint is accepted nothing is known of any release, which is not "unknown".
  const state = log.state?.checkpoint ? log.state : null;
  const evidence = await checkEvidence(answer, offer.nonce, {
    hardware: domain.hardware,
    demands,
    verifiers,
    at,
    ledger: state?.ledger ?? null,
  });
  const claims = { answer, statement, ...evidence };
  const place = { domain, state, service, systemTime };
  const { row: releaseRow, release, retiresAt } = checkRelease(claims, place);
  const { header } = answer ?? { header: { offerTtlS: 0, sessionTtlS: 0 } };
  const lifetimeS = sealed ? header.sessionTtlS : header.offerTtlS;
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
  return { report, handshake };
}
