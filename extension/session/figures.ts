/** The facts that the words of a state are made of, taken from a report, the log and a failure. @module */
import type { JsonValue } from '../../protocol/json.ts';
import type { VerificationReport } from '../../protocol/report.ts';
import type { Figures } from '../ui/surfaces/status.ts';
import type { ServiceFailure } from './enclave-client.ts';
import type { Choice, HeldLog } from './trust.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

type Facts = { [Name in keyof Figures]?: Figures[Name] | undefined };

/** Leaves out what is not known: a missing fact drops its clause. */
function known(facts: Facts): Figures {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** What is known of the service before anybody answered. */
export function serviceFigures({ enclave, domain }: Choice): Figures {
  const relay = enclave.relay && { host: new URL(enclave.relay.url).host, operator: enclave.relay.operator };
  return known({
    service: new URL(enclave.service).host,
    operator: enclave.name,
    domain: domain.name,
    relay,
  });
}

/** Hours since a quorum of witnesses signed, and for how many more that is enough. */
function logAge({ domain }: Choice, { state }: HeldLog, now: number): Facts {
  if (!state?.checkpoint) return {};
  const hours = Math.max(0, Math.floor((now - state.checkpoint.cosignedAt) / HOUR));
  return { hours, hoursLeft: Math.max(0, domain.freshness.cosignatureHours - hours) };
}

/** What the log says about itself. */
export function logFigures(choice: Choice, log: HeldLog, now: number): Figures {
  const { problem, answeredAt } = log;
  const witnessTime =
    problem?.kind === 'clock' && problem.cosignedAt !== null
      ? { at: problem.cosignedAt, agree: choice.domain.quorum, localAt: problem.systemTime }
      : undefined;
  return known({ ...logAge(choice, log, now), witnessTime, logAnsweredAt: answeredAt ?? undefined });
}

const isMap = (value: JsonValue | undefined): value is { [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const papers: readonly [pattern: RegExp, paper: NonNullable<Figures['paper']>][] = [
  [/CRL/, 'revocation-list'],
  [/X509|CERT/, 'certificate'],
  [/TCB|FIRMWARE|VERSION/, 'firmware'],
];

/** The grace that a report stands on: when it ends, and who accepted it. */
function graceFigures(report: VerificationReport): Facts {
  const grace = report.rows.find(({ id }) => id === 'platform')?.evidence.grace;
  if (report.state !== 'sealed-grace' || !isMap(grace)) return {};
  const { expires, publishers, publisherCount } = grace;
  if (typeof expires !== 'string' || !Array.isArray(publishers) || typeof publisherCount !== 'number')
    return {};
  return { endsAt: Date.parse(expires), publishers: { signed: publishers.length, all: publisherCount } };
}

/** What a report says. */
export function reportFigures(report: VerificationReport, now: number): Figures {
  const failed = report.rows.find(({ state }) => state === 'fail');
  const code = failed?.code ?? undefined;
  const paper = papers.find(([pattern]) => report.state === 'papers' && pattern.test(code ?? ''))?.[1];
  const validUntil = report.rows.find(({ id }) => id === 'collateral')?.evidence.validUntil;
  const endsAt = typeof validUntil === 'string' ? Date.parse(validUntil) : undefined;
  return known({
    model: report.models[0]?.id,
    // Nobody made a chip that is only played.
    vendor: report.simulated ? undefined : (report.vendor ?? undefined),
    paper,
    endsAt: paper === undefined ? undefined : endsAt,
    minutes: Math.max(0, Math.floor((now - Date.parse(report.checkedAt)) / MINUTE)),
    release: report.release?.version,
    publishers: report.release
      ? { signed: report.release.publishers.length, all: report.release.publisherCount }
      : undefined,
    code,
    ...graceFigures(report),
  });
}

/** What is known of a service that gave no usable answer. */
export function failureFigures({ error }: ServiceFailure, retryAt: number | null): Figures {
  return known({ code: error.code, retryAt: retryAt ?? undefined });
}
