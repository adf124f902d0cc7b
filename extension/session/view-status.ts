/** From what is known of log, service and session to the one state that a view shows. @module */
import type { VerificationReport } from '../../protocol/report.ts';
import type { ForkEvidence } from '../ui/surfaces/chat.ts';
import type { Figures, Progress, StateId, Status } from '../ui/surfaces/status.ts';
import type { ChatStatus } from './chat-status.ts';
import type { ServiceFailure } from './enclave-client.ts';
import { failureFigures, logFigures, reportFigures, serviceFigures } from './figures.ts';
import type { Choice, HeldLog } from './trust.ts';

export interface Known {
  readonly choice: Choice;
  readonly chat: ChatStatus;
  /** Null before the background was asked. */
  readonly log: HeldLog | null;
  /** The person asked for a new check: it is shown even if the last one still holds. */
  readonly asked: boolean;
  /** The last message went out sealed to a program that is no longer the one there. */
  readonly sealedBefore: boolean;
  readonly now: number;
}

const isForked = (log: HeldLog | null) => log?.problem?.kind === 'fork' || log?.problem?.kind === 'rollback';

/** A silent server and a busy one are no sign of an attack; one that talks nonsense proved nothing. */
function failureState({ error }: ServiceFailure): StateId {
  if (error.code === 'WAX_SERVICE_BUSY' || error.code === 'WAX_SERVICE_UNAVAILABLE') return 'busy';
  return error.code === 'WAX_SERVICE_SIZE' || error.code === 'WAX_SERVICE_REFUSED'
    ? 'not-understood'
    : 'cannot-reach';
}

function holds(report: VerificationReport | null, now: number): report is VerificationReport {
  return report?.verdict === 'pass' && Date.parse(report.expiresAt ?? '') > now;
}

function stateOf({ chat, log, asked, now }: Known): StateId {
  const { report } = chat;
  if (isForked(log)) return 'fork';
  if (chat.phase === 'unreachable') {
    // While the log is silent too, its state says more than that of the service.
    return failureState(chat.failure);
  }
  if (report === null || chat.phase === 'idle') return 'checking';
  // A check that runs ahead of need changes nothing that is shown.
  if (chat.phase === 'checking' && (asked || !holds(report, now))) return 'checking';
  if (report.verdict === 'fail') return report.state;
  if (!holds(report, now)) return 'stale';
  return log?.problem?.kind === 'unreachable' && report.state !== 'simulated'
    ? 'log-unreachable'
    : report.state;
}

/** The state of a chat view. */
export function chatStatus(known: Known): Status {
  const { choice, chat, log, now, sealedBefore } = known;
  const figures: Figures = {
    ...serviceFigures(choice),
    ...(chat.report && reportFigures(chat.report, now)),
    ...(log && logFigures(choice, log, now)),
    ...(chat.phase === 'unreachable' && failureFigures(chat.failure, chat.retryAt)),
    ...(sealedBefore && { sealedBefore }),
  };
  return { id: stateOf(known), simulated: chat.report?.simulated ?? false, figures };
}

/** How far a check has come; all rows of a verdict arrive together. */
export function chatProgress({ chat }: Known): Progress {
  return { phase: chat.phase === 'checking' ? chat.step : 'log', rows: [] };
}

/** What the log signed, without the signatures: those of witnesses are renewed all the time. */
const signedText = (note: string) => note.split('\n\n', 1)[0];

/** What proves that a log contradicts itself; null while it does not. */
export function forkEvidence({ choice, log }: Pick<Known, 'choice' | 'log'>): ForkEvidence | null {
  const problem = log?.problem;
  if (!problem || !isForked(log)) return null;
  const { domain } = choice;
  // What contradicts only the pin is shown by one signed checkpoint, and by who wrote the pin.
  const said = { format: 'waxseal-fork/1', log: domain.log.origin, key: domain.log.key.text, problem };
  const shown = signedText(problem.checkpoints.at(-1) ?? '');
  const evidence = log.evidence.findLast(({ checkpoints }) => signedText(checkpoints[1]) === shown);
  return {
    log: domain.log.origin,
    code: problem.code,
    first: { seenAt: log.state?.checkpoint?.cosignedAt ?? problem.systemTime },
    second: { seenAt: problem.systemTime },
    document: JSON.stringify(evidence ?? said, null, 2),
  };
}
