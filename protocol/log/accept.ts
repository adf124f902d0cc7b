/**
 * Whether a client goes on with what a log shows it: signature, witness quorum, age, clock, and that the log
 * has only grown. Pure functions over a stored state; the download is somebody else's.
 *
 * Quorums intersect in an honest witness (policy.ts), so while the quorum rule holds a log cannot grow two
 * ways in front of two clients. A client still looks itself: it appends the new entries to its own frontier.
 * @module
 */
import { equalBytes, parseBase64, toBase64 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import type { TrustDomain } from '../policy.ts';
import { acceptError } from './accept-errors.ts';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { type Cosignature, verifyCosignatures } from './cosignature.ts';
import { HOUR } from './kinds/kind.ts';
import { type Note, parseNote } from './note.ts';
import { type CosignedCheckpoint, forPin, type LogState, pinText, rootOf } from './state.ts';

export type LogProblemKind =
  | 'fork'
  | 'rollback'
  | 'signature'
  | 'quorum'
  | 'age'
  | 'clock'
  | 'update'
  | 'unreachable';

/** What keeps a client from sealing, or from going on with a log. Plain data. */
export interface LogProblem {
  kind: LogProblemKind;
  code: string;
  detail: string;
  /** Signed checkpoints that prove or show it, the one known longer first. */
  checkpoints: string[];
  /** What a quorum of witnesses says the time is at least, and the system's clock; milliseconds. */
  cosignedAt: number | null;
  systemTime: number;
}

/** The log as a verifier sees it. */
export interface LogView {
  state: LogState | null;
  problem: LogProblem | null;
}

export type Checked = { ok: true; checkpoint: CosignedCheckpoint } | { ok: false; problem: LogProblem };
export type Accepted = { ok: true; state: LogState } | { ok: false; problem: LogProblem };

/** How far clocks may be apart before that is the problem. */
const CLOCK_SKEW = 300_000;

/** What is known when a checkpoint is looked at. */
export interface AcceptContext {
  domain: TrustDomain;
  state: LogState;
  /** The clock of this computer, milliseconds. */
  systemTime: number;
  /** What the server's `Date` header says, if it can be read: only to choose between two wordings. */
  serverTime?: number | null;
}

function problem(
  kind: LogProblemKind,
  error: CodedError,
  { state, systemTime }: Pick<AcceptContext, 'state' | 'systemTime'>,
  more: { checkpoints?: string[]; cosignedAt?: number } = {},
): { ok: false; problem: LogProblem } {
  const { checkpoints = [], cosignedAt = state.newestCosignedAt || null } = more;
  const { code, detail } = error;
  return { ok: false, problem: { kind, code, detail, checkpoints, cosignedAt, systemTime } };
}

/** The time to judge by: the system's, unless a quorum of witnesses has already been later. */
export function trustedNow(state: LogState, systemTime: number): number {
  return Math.max(systemTime, state.newestCosignedAt);
}

/**
 * Checks a checkpoint as the log serves it, before any entry is fetched: its signature, that it is neither
 * smaller than nor at odds with what was accepted or is pinned, quorum, clock and age.
 */
export async function checkCheckpoint(text: string, context: AcceptContext): Promise<Checked> {
  const { domain } = context;
  let note: Note;
  try {
    note = parseNote(text);
    parseCheckpoint(note.text);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return problem('unreachable', acceptError('WAX_ACCEPT_CHECKPOINT', error.code), context);
  }
  let checkpoint: Checkpoint;
  let cosignatures: Cosignature[];
  try {
    checkpoint = await verifyCheckpoint(text, domain.log.key, domain.log.origin);
    cosignatures = await verifyCosignatures(
      note,
      domain.witnesses.map(({ key }) => key),
    );
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return problem('signature', acceptError('WAX_ACCEPT_SIGNATURE', error.code), context, {
      checkpoints: [text],
    });
  }
  return checkGrowth(text, checkpoint, context) ?? checkQuorum(text, checkpoint, cosignatures, context);
}

/** Two signed checkpoints, or one and the pin, that cannot both be of one growing log. */
function checkGrowth(note: string, { size, root }: Checkpoint, context: AcceptContext) {
  const { pin } = context.domain.log;
  const { checkpoint: held } = context.state;
  const checkpoints = held === null ? [note] : [held.note, note];
  if (held !== null && size < held.size) {
    return problem('rollback', acceptError('WAX_ACCEPT_ROLLBACK', `${size} after ${held.size}`), context, {
      checkpoints,
    });
  }
  if (size < pin.size) {
    return problem('rollback', acceptError('WAX_ACCEPT_ROLLBACK', `${size}, pinned ${pin.size}`), context, {
      checkpoints,
    });
  }
  if (held !== null && size === held.size && toBase64(root) !== held.root) {
    return problem('fork', acceptError('WAX_ACCEPT_FORK', `size ${size}`), context, { checkpoints });
  }
  if (size === pin.size && !equalBytes(root, pin.root)) {
    return problem('fork', acceptError('WAX_ACCEPT_PIN', `size ${size}`), context, { checkpoints });
  }
  return null;
}

function checkQuorum(
  note: string,
  { size, root }: Checkpoint,
  cosignatures: readonly Cosignature[],
  context: AcceptContext,
): Checked {
  const { domain, state, systemTime } = context;
  const { quorum } = domain;
  const checkpoints = [note];
  const newestFirst = [...cosignatures].sort((a, b) => b.at - a.at);
  if (newestFirst.length < quorum) {
    const error = acceptError('WAX_ACCEPT_QUORUM', `${newestFirst.length} of ${quorum}`);
    return problem('quorum', error, context, { checkpoints });
  }
  // A few witnesses with a fast clock must not stop everybody; if a quorum has it, the fault is here.
  const usable = newestFirst.filter(({ at }) => at <= trustedNow(state, systemTime) + CLOCK_SKEW);
  const cosignedAt = usable[quorum - 1]?.at;
  if (cosignedAt === undefined) {
    const ahead = newestFirst[quorum - 1]?.at ?? 0;
    return problem('clock', acceptError('WAX_ACCEPT_CLOCK', 'the witnesses are ahead'), context, {
      checkpoints,
      cosignedAt: ahead,
    });
  }
  const checkpoint = { note, size, root: toBase64(root), cosignedAt, cosignatures: usable };
  const late = checkTime(cosignedAt, context);
  return late ?? { ok: true, checkpoint };
}

/** The clock rule and the age of cosignatures. */
function checkTime(cosignedAt: number, context: AcceptContext) {
  const { domain, state, systemTime, serverTime = null } = context;
  const newest = Math.max(cosignedAt, state.newestCosignedAt);
  if (systemTime < newest - CLOCK_SKEW) {
    return problem('clock', acceptError('WAX_ACCEPT_CLOCK', 'the witnesses are ahead'), context, {
      cosignedAt: newest,
    });
  }
  const oldest = trustedNow(state, systemTime) - domain.freshness.cosignatureHours * HOUR;
  if (cosignedAt >= oldest) return null;
  // Old cosignatures may as well be a clock that is ahead. A server that agrees with the witnesses, and not
  // with this computer, tells which; either way nothing is sealed.
  if (serverTime !== null && Math.abs(serverTime - cosignedAt) < domain.freshness.cosignatureHours * HOUR) {
    return problem('clock', acceptError('WAX_ACCEPT_CLOCK', 'the witnesses are behind'), context, {
      cosignedAt,
    });
  }
  return problem('age', acceptError('WAX_ACCEPT_AGE'), context, { cosignedAt });
}

/** What the pending entries lead to, once there are as many as the checkpoint says. */
export function acceptPending(checkpoint: CosignedCheckpoint, context: AcceptContext): Accepted {
  const { domain } = context;
  const state = forPin(context.state, domain);
  const { pin } = domain.log;
  const grown = state.pending ?? { ...state, rootAtPin: null };
  const checkpoints =
    state.checkpoint === null ? [checkpoint.note] : [state.checkpoint.note, checkpoint.note];
  if (toBase64(rootOf(grown)) !== checkpoint.root) {
    return problem('unreachable', acceptError('WAX_ACCEPT_ENTRIES', `size ${checkpoint.size}`), context, {
      checkpoints,
    });
  }
  // From here on the log itself stands for every entry. One that passes the pin with another root is a fork.
  if (grown.rootAtPin !== null && !equalBytes(parseBase64(grown.rootAtPin), pin.root)) {
    return problem('fork', acceptError('WAX_ACCEPT_PIN', `size ${pin.size}`), context, { checkpoints });
  }
  // A tree of the pinned size was compared before any entry was fetched.
  const isHeld = grown.rootAtPin !== null || checkpoint.size === pin.size;
  return {
    ok: true,
    state: {
      format: state.format,
      frontier: grown.frontier,
      ledger: grown.ledger,
      ...(grown.tailBytes === undefined ? {} : { tailBytes: grown.tailBytes }),
      // The same tree may come with older cosignatures, from a cache; what was seen stays seen.
      checkpoint: newer(checkpoint, state.checkpoint),
      newestCosignedAt: Math.max(state.newestCosignedAt, checkpoint.cosignedAt),
      pending: null,
      ...(isHeld ? { pinned: pinText(domain) } : state.pinned === undefined ? {} : { pinned: state.pinned }),
    },
  };
}

/** Whether the accepted tree was held against the pin; one that had passed it when the pin came was not. */
export function isHeldAgainstPin(state: LogState, domain: TrustDomain): boolean {
  return state.pinned === pinText(domain);
}

/**
 * Takes what the log's own tiles say of the tree at the pinned size for a state that was accepted beyond it.
 * @param root the root there, proven to lead to the accepted one; null if the tiles prove nothing
 */
export function acceptPin(root: Uint8Array | null, { domain, state, systemTime }: AcceptContext): Accepted {
  const { pin } = domain.log;
  const context = { state, systemTime };
  const checkpoints = state.checkpoint === null ? [] : [state.checkpoint.note];
  if (root === null) {
    return problem('unreachable', acceptError('WAX_ACCEPT_ENTRIES', `tiles of size ${pin.size}`), context, {
      checkpoints,
    });
  }
  if (!equalBytes(root, pin.root)) {
    return problem('fork', acceptError('WAX_ACCEPT_PIN', `size ${pin.size}`), context, { checkpoints });
  }
  return { ok: true, state: { ...state, pinned: pinText(domain) } };
}

function newer(checkpoint: CosignedCheckpoint, held: CosignedCheckpoint | null): CosignedCheckpoint {
  return held !== null && held.size === checkpoint.size && held.cosignedAt > checkpoint.cosignedAt
    ? held
    : checkpoint;
}

/**
 * What keeps a client from sealing under the state it holds, at this moment, without asking anybody: no
 * accepted checkpoint, one that was not compared with the pin, a wrong clock, old cosignatures, a statement it does
 * not understand.
 */
export function findProblem(context: AcceptContext): LogProblem | null {
  const { checkpoint, ledger } = context.state;
  if (checkpoint === null) {
    return problem('unreachable', acceptError('WAX_ACCEPT_CHECKPOINT', 'none yet'), context).problem;
  }
  if (!isHeldAgainstPin(context.state, context.domain)) {
    const error = acceptError('WAX_ACCEPT_UNCOMPARED', `size ${context.domain.log.pin.size}`);
    return problem('unreachable', error, context, { checkpoints: [checkpoint.note] }).problem;
  }
  const late = checkTime(checkpoint.cosignedAt, context);
  if (late !== null) return late.problem;
  const [unknown] = ledger.notUnderstood;
  if (unknown === undefined) return null;
  const error = acceptError('WAX_ACCEPT_UPDATE', `entry ${unknown.index}: ${unknown.predicateType}`);
  return problem('update', error, context, { checkpoints: [checkpoint.note] }).problem;
}
