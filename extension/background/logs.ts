/**
 * Keeps the log of each trust domain in step. One sync at a time for each log; its result is kept only if
 * nothing else was kept in between. A log that contradicts itself, or whose copy is damaged, stays that way
 * until a person says otherwise.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import type { LogProblem } from '../../protocol/log/accept.ts';
import { formatLogState, type LogState, parseLogState } from '../../protocol/log/state.ts';
import type { TrustDomain } from '../../protocol/policy.ts';
import { readInteger, readObject, readString } from '../../protocol/shape.ts';
import { extensionError } from '../errors.ts';
import type { LogReply } from '../messaging.ts';
import type { SyncStep } from '../session/log-client.ts';
import type { SessionValue } from './session-memory.ts';
import type { BackgroundStore } from './store.ts';

/** One step of bringing a log up to date, from `state`, or from the pin without one. */
export type SyncLog = (domain: TrustDomain, state: LogState | null) => Promise<SyncStep>;

export interface Logs {
  /** What is kept, without asking anybody. */
  get(domain: TrustDomain): Promise<LogReply>;
  /** Brings the log up to date. */
  sync(domain: TrustDomain): Promise<LogReply>;
  /** Forgets a damaged copy, on a person's wish, and starts from the pin. */
  restart(domain: TrustDomain): Promise<LogReply>;
  /** Forgets one piece of evidence, on a person's wish. */
  dismiss(domain: TrustDomain, foundAt: string): Promise<void>;
  /** Whether any kept log contradicts itself. */
  hasFork(): Promise<boolean>;
}

const limits = { bytes: 16 << 20, depth: 32 };

type Copy = Omit<LogReply, 'evidence'>;

const nothing: Copy = { state: null, problem: null, answeredAt: null };
const damaged: Copy = { state: null, problem: { kind: 'damaged' }, answeredAt: null };

interface Kept {
  readonly state: LogState;
  readonly problem: LogProblem | null;
  readonly answeredAt: number | null;
}

function parseKept(text: string, domain: TrustDomain): Kept {
  const read = readObject(parseJson(text, limits), 'kept', ['state', 'problem', 'answeredAt']);
  return {
    state: parseLogState(readString(read.state, 'kept.state', { most: limits.bytes }), domain),
    // Written by this code, and its digest was checked.
    problem: read.problem as LogProblem | null,
    answeredAt: read.answeredAt === null ? null : readInteger(read.answeredAt, 'kept.answeredAt'),
  };
}

const reply = ({ state, problem, answeredAt }: Kept): Copy => ({
  state: formatLogState(state),
  problem: problem as JsonValue,
  answeredAt,
});

/** Logs over the store. `forks` remembers which logs contradict themselves, for the toolbar. */
export function createLogs(
  store: BackgroundStore,
  forks: SessionValue<readonly string[]>,
  syncLog: SyncLog,
  now: () => number,
): Logs {
  const running = new Map<string, Promise<LogReply>>();
  const keyOf = (domain: TrustDomain) => domain.log.key.text;

  const read = async (domain: TrustDomain): Promise<Kept | null> => {
    const stored = await store.log(keyOf(domain));
    try {
      return stored && parseKept(stored.text, domain);
    } catch (cause) {
      throw extensionError('WAX_STORE_CORRUPT', '', { cause });
    }
  };
  const isDamaged = (error: unknown) => error instanceof CodedError && error.code === 'WAX_STORE_CORRUPT';
  /** What to say of a stored copy that cannot be read; other errors are not ours to explain. */
  const orDamaged = (error: unknown): Copy => {
    if (isDamaged(error)) return damaged;
    throw error;
  };
  const note = (domain: TrustDomain, problem: LogProblem | null) =>
    forks.change((known) => {
      const others = known.filter((one) => one !== keyOf(domain));
      // A log that shrinks has told two stories as much as one that forks.
      const forked = problem?.kind === 'fork' || problem?.kind === 'rollback';
      return [forked ? [...others, keyOf(domain)] : others, undefined];
    });

  const run = async (domain: TrustDomain): Promise<Copy> => {
    let kept = await read(domain);
    for (;;) {
      // Two histories do not become one again by asking once more.
      if (kept?.problem?.kind === 'fork') return reply(kept);
      const { state, problem, evidence, more } = await syncLog(domain, kept?.state ?? null);
      // First of all: the next good answer replaces the problem, and must not take the proof of it along.
      if (evidence !== null) await store.addEvidence(keyOf(domain), evidence);
      const answered = problem?.kind !== 'unreachable';
      const next: Kept = { state, problem, answeredAt: answered ? now() : (kept?.answeredAt ?? null) };
      const { size } = state.ledger;
      const text = JSON.stringify(reply(next));
      await store.replaceLog(keyOf(domain), kept?.state.ledger.size ?? null, { size, text });
      await note(domain, problem);
      // Each step is kept: a background that is stopped here goes on from it.
      if (!more) return reply(next);
      kept = next;
    }
  };
  const complete = async (domain: TrustDomain, copy: Copy): Promise<LogReply> => ({
    ...copy,
    // A damaged list of evidence is evidence of nothing, and must not keep the log from being read.
    evidence: (await store.evidence(keyOf(domain)).catch(() => [])) as unknown as readonly JsonValue[],
  });
  const sync = (domain: TrustDomain): Promise<LogReply> => {
    const key = keyOf(domain);
    const current =
      running.get(key) ??
      run(domain)
        .catch(orDamaged)
        .then((copy) => complete(domain, copy))
        .finally(() => running.delete(key));
    running.set(key, current);
    return current;
  };
  return {
    sync,
    async get(domain) {
      try {
        const kept = await read(domain);
        if (kept) await note(domain, kept.problem);
        return complete(domain, kept ? reply(kept) : nothing);
      } catch (error) {
        return complete(domain, orDamaged(error));
      }
    },
    async restart(domain) {
      // A fork is evidence: only a damaged copy may be dropped.
      const damage = await read(domain).then(() => false, isDamaged);
      if (damage) await store.dropLog(keyOf(domain));
      return sync(domain);
    },
    dismiss: (domain, foundAt) => store.dropEvidence(keyOf(domain), foundAt),
    async hasFork() {
      return (await forks.read()).length > 0;
    },
  };
}
