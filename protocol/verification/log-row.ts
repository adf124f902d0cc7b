import { findProblem, type LogProblem, type LogProblemKind, type LogView } from '../log/accept.ts';
import type { LogState } from '../log/state.ts';
import type { TrustDomain } from '../policy.ts';
import type { Check, FailureState, Row } from '../report.ts';
import { type Failure, makeRow } from './row.ts';

/** A log that shrinks has told two stories as much as one that forks. */
const states: Record<LogProblemKind, FailureState> = {
  fork: 'fork',
  rollback: 'fork',
  signature: 'failed',
  quorum: 'log-too-old',
  age: 'log-too-old',
  clock: 'clock',
  update: 'update',
  unreachable: 'log-unreachable',
};

function sentenceFor({ kind, detail }: LogProblem): string {
  const sentences: Record<LogProblemKind, string> = {
    fork: 'The public log has told two different stories.',
    rollback: 'The public log shows less than it has shown before.',
    signature: "The log's signature is wrong.",
    quorum: `Only ${detail} witnesses signed.`,
    age: 'The witnesses last signed too long ago: something may have been revoked since.',
    clock: "Your computer's clock and the witnesses disagree. This is not an attack.",
    update: 'The log contains a rule that this version of Waxseal does not understand.',
    unreachable: 'The public log does not answer, and there is no good copy of it.',
  };
  return sentences[kind];
}

/**
 * What stands in the way right now. A log that cannot be reached is none: the last good copy serves until its
 * cosignatures are too old, which `findProblem` judges.
 */
function problemOf({ state, problem }: LogView, domain: TrustDomain, systemTime: number): LogProblem | null {
  if (problem !== null && problem.kind !== 'unreachable') return problem;
  if (state === null) return problem;
  return findProblem({ domain, state, systemTime });
}

/** Row 6: signature, quorum, age and growth of the log, as the last sync and this moment's clock have it. */
export function checkLog(log: LogView, domain: TrustDomain, systemTime: number): Row {
  const problem = problemOf(log, domain, systemTime);
  const { state } = log;
  const checkpoint = state?.checkpoint ?? null;
  const text = 'Signed by the log, cosigned by a fresh quorum, and grown from what was known before.';
  const check: Check =
    problem === null && checkpoint !== null
      ? { id: 'B9.6', state: 'pass', code: null, text }
      : {
          id: 'B9.6',
          state: 'fail',
          code: problem?.code ?? 'WAX_ACCEPT_CHECKPOINT',
          text: problem?.detail ?? '',
        };
  const count = checkpoint?.cosignatures.length ?? 0;
  return makeRow('log', {
    checks: [check],
    passed: `${checkpoint?.size ?? 0} entries, only ever added to; ${count} witnesses saw the same log.`,
    failure: (): Failure => {
      const kind = problem?.kind ?? 'unreachable';
      return {
        variant: kind,
        leadsTo: states[kind],
        sentence: sentenceFor(problem ?? unreached(systemTime)),
      };
    },
    evidence: {
      origin: domain.log.origin,
      quorum: `${domain.quorum} of ${domain.witnesses.length}`,
      ...(checkpoint && {
        size: checkpoint.size,
        root: checkpoint.root,
        cosignedAt: new Date(checkpoint.cosignedAt).toISOString(),
        witnesses: checkpoint.cosignatures.map(({ name }) => name),
      }),
    },
  });
}

const unreached = (systemTime: number): LogProblem => ({
  kind: 'unreachable',
  code: 'WAX_ACCEPT_CHECKPOINT',
  detail: '',
  checkpoints: [],
  cosignedAt: null,
  systemTime,
});

/** The part of the report that names log and witnesses. */
export function describeLog(state: LogState | null, domain: TrustDomain) {
  if (!state?.checkpoint) return null;
  const { size, root, cosignatures } = state.checkpoint;
  return {
    origin: domain.log.origin,
    size,
    root,
    quorum: domain.quorum,
    witnesses: cosignatures.map(({ name, at }) => ({ name, at: new Date(at).toISOString() })),
  };
}
