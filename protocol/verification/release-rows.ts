import type { EvidenceResult, EvidenceVerifier } from '../attestation/evidence.ts';
import { trustedNow } from '../log/accept.ts';
import { findMachine } from '../log/find-machine.ts';
import { findRelease, type ReleaseAnswer, retiredAt } from '../log/find-release.ts';
import type { Logged } from '../log/ledger.ts';
import type { LogState } from '../log/state.ts';
import type { Enclave, TrustDomain } from '../policy.ts';
import type { ApprovedRelease, Check, FailureState, Row } from '../report.ts';
import type { Answer } from '../session/answer.ts';
import type { RuntimeStatement } from '../session/runtime-statement.ts';
import { verifyError } from './errors.ts';
import { check, type Failure, makeRow, skipped } from './row.ts';

export interface Claims {
  answer: Answer | null;
  statement: RuntimeStatement | null;
  verifier: EvidenceVerifier | null;
  result: EvidenceResult | null;
}

export interface ReleaseRow {
  row: Row;
  release: Logged<'release'> | null;
  shape: string | null;
  /** When a newer version retires this one, epoch ms; null if none does. */
  retiresAt: number | null;
}

const failures: Record<string, { variant: string; leadsTo: FailureState; sentence: string }> = {
  WAX_VERIFY_BEHIND: {
    variant: 'behind',
    leadsTo: 'stale',
    sentence: 'The approval may be in a part of the log that this browser has not read yet.',
  },
  WAX_VERIFY_SERVICE: {
    variant: 'service',
    leadsTo: 'failed',
    sentence: 'The server says that it is another service than the one you asked.',
  },
  WAX_VERIFY_ENCLAVE: {
    variant: 'service',
    leadsTo: 'failed',
    sentence: 'Your rules do not name this service.',
  },
  WAX_RELEASE_REVOKED: { variant: 'revoked', leadsTo: 'failed', sentence: 'Its approval was withdrawn.' },
  WAX_RELEASE_SUPERSEDED: { variant: 'retired', leadsTo: 'retired', sentence: 'Its approval was replaced.' },
  WAX_RELEASE_EXPIRED: { variant: 'expired', leadsTo: 'retired', sentence: 'Its approval has ended.' },
  WAX_RELEASE_RETIRED: {
    variant: 'retired',
    leadsTo: 'retired',
    sentence: 'A newer version has replaced it.',
  },
  WAX_RELEASE_NOT_YET: { variant: 'not-yet', leadsTo: 'stale', sentence: 'Its approval has not begun yet.' },
};
const unknown: Failure = {
  variant: 'unknown',
  leadsTo: 'failed',
  sentence: 'The program running on this server is not one that was approved in public.',
};

function search(
  { statement, verifier, result }: Claims,
  { state, enclave, at }: { state: LogState; enclave: Enclave; at: number },
): ReleaseAnswer | null {
  if (!statement || !verifier || !result?.measurement) return null;
  return findRelease(state.ledger, {
    platform: verifier.type,
    measurement: result.measurement,
    configSha256: statement.configSha256,
    models: statement.models,
    service: enclave.service,
    product: enclave.product,
    at,
  });
}

function judge(found: ReleaseAnswer, size: number, hint: number): Check[] {
  const text = 'Measurement, configuration, models and service are all in one live release.';
  if (found.live !== null) return [{ id: 'B9.7', state: 'pass', code: null, text }];
  // A release that we have not read yet looks like one that does not exist: the answer says how far to read.
  if (size < hint && ['WAX_RELEASE_UNKNOWN', 'WAX_RELEASE_PARTIAL'].includes(found.reasons[0]?.code ?? '')) {
    return [
      check('B9.7', text, () => {
        throw verifyError('WAX_VERIFY_BEHIND', `${size} of ${hint} entries`);
      }),
    ];
  }
  return found.reasons.map(({ code, message }) => ({ id: 'B9.7', state: 'fail', code, text: message }));
}

/** Row 7: one live release covers what the hardware measured and what the enclave says about itself. */
export function checkRelease(
  claims: Claims,
  {
    domain,
    state,
    service,
    systemTime,
  }: { domain: TrustDomain; state: LogState | null; service: string; systemTime: number },
): ReleaseRow {
  const enclave = domain.enclaves.find((candidate) => candidate.service === service) ?? null;
  const { statement, result, answer } = claims;
  const named = check('B9.7.domain', 'The trust domain names this service.', () => {
    if (enclave === null) throw verifyError('WAX_VERIFY_ENCLAVE');
  });
  const aboutService = 'The enclave says that it is the service that was asked.';
  const same = statement
    ? check('B9.7.service', aboutService, () => {
        if (statement.service !== service) throw verifyError('WAX_VERIFY_SERVICE');
      })
    : skipped('B9.7.service', aboutService);
  const found = enclave && state && search(claims, { state, enclave, at: trustedNow(state, systemTime) });
  const covered =
    found && state
      ? judge(found, state.ledger.size, answer?.logSizeHint ?? 0)
      : [skipped('B9.7', 'Not judged: the measurement or the log is missing.')];
  const release = found?.live ?? null;
  const closest = release ?? (found?.live === null ? found.closest : null);
  const row = makeRow('release', {
    checks: [named, same, ...covered],
    passed: release
      ? `${release.signers.length} of ${release.publisherCount} publishers approved release ${release.statement.version}.`
      : '',
    failure: (code) => failures[code] ?? unknown,
    evidence: {
      measurement: result?.measurement ? { ...result.measurement } : null,
      configSha256: statement?.configSha256 ?? null,
      models: (statement?.models ?? []).map(({ id, sha256 }) => ({ id, sha256 })),
      ...(closest && {
        entry: closest.index,
        version: closest.statement.version,
        publishers: closest.signers,
        expires: new Date(closest.statement.expires).toISOString(),
        ...(closest.takenBack && {
          takenBackByEntry: closest.takenBack.index,
          reason: closest.takenBack.reason,
        }),
      }),
    },
  });
  return {
    row,
    release,
    shape: found?.live ? found.shape : null,
    retiresAt: release && state ? retiredAt(release, state.ledger) : null,
  };
}

/** The part of the report that names the approval. */
export function describeRelease({ statement, ...logged }: Logged<'release'>): ApprovedRelease {
  return {
    product: statement.product,
    version: statement.version,
    index: logged.index,
    statementSha256: logged.statementSha256,
    publishers: logged.signers,
    threshold: logged.threshold,
    publisherCount: logged.publisherCount,
    notBefore: new Date(statement.notBefore).toISOString(),
    expires: new Date(statement.expires).toISOString(),
    source: { ...statement.source },
  };
}

/** Row 8: the machine is on the log's list, where the trust domain asks for that. */
export function checkMachine(
  { verifier, result }: Claims,
  {
    domain,
    state,
    service,
    systemTime,
  }: { domain: TrustDomain; state: LogState | null; service: string; systemTime: number },
): Row {
  const asked = domain.enclaves.some((enclave) => enclave.service === service && enclave.machines);
  const about = 'The machine is one that the log lists.';
  const list = (): Check[] => {
    if (!verifier || !result || !state) return [skipped('B9.8', about)];
    return [
      check('B9.8', about, () => {
        const { hardwareId } = result;
        const { type } = verifier;
        if (hardwareId === null || type === 'nitro') {
          throw verifyError('WAX_VERIFY_MACHINE_UNKNOWN');
        }
        if (findMachine(state.ledger, type, hardwareId, trustedNow(state, systemTime)) === null) {
          throw verifyError('WAX_VERIFY_MACHINE');
        }
      }),
    ];
  };
  const notAsked: Check = {
    id: 'B9.8',
    state: 'pass',
    code: null,
    text: 'The trust domain does not ask for a list of machines.',
  };
  return makeRow('machine', {
    checks: asked ? list() : [notAsked],
    passed: asked
      ? 'This very machine is one that its operator registered in public.'
      : 'Your rules do not ask for a list of machines.',
    failure: () => ({
      variant: null,
      leadsTo: 'papers',
      sentence: "This machine is not on its operator's public list.",
    }),
    evidence: { asked, hardwareId: result?.hardwareId ?? null },
  });
}
