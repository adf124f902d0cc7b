/**
 * Keeps the log of each trust domain in step. One sync at a time for each log; its result is kept only if
 * nothing else was kept in between. A log that contradicts itself, or whose copy is damaged, stays that way
 * until a person says otherwise.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import type { TrustDomain } from '../../protocol/policy.ts';
import { readInteger, readObject } from '../../protocol/shape.ts';
import { extensionError } from '../errors.ts';
import type { LogReply } from '../messaging.ts';
import type { SessionValue } from './session-memory.ts';
import type { BackgroundStore } from './store.ts';

/** What one sync makes of a log: its state in encoded form, its size, and what is wrong with it. */
export interface Synced {
  readonly state: JsonValue;
  readonly size: number;
  readonly problem: { readonly kind: string } | null;
}

/** Brings a log up to date, starting from the encoded `state`, or from the pin without one. */
export type SyncLog = (domain: TrustDomain, state: JsonValue) => Promise<Synced>;

export interface Logs {
  /** What is kept, without asking anybody. */
  get(domain: TrustDomain): Promise<LogReply>;
  /** Brings the log up to date. */
  sync(domain: TrustDomain): Promise<LogReply>;
  /** Forgets a damaged copy, on a person's wish, and starts from the pin. */
  restart(domain: TrustDomain): Promise<LogReply>;
  /** Whether any kept log contradicts itself. */
  hasFork(): Promise<boolean>;
}

const nothing: LogReply = { state: null, problem: null, answeredAt: null };
const damaged: LogReply = { state: null, problem: { kind: 'damaged' }, answeredAt: null };

interface Kept extends LogReply {
  readonly size: number;
}

function parseKept(text: string, size: number): Kept {
  const read = readObject(parseJson(text, { bytes: 16 << 20, depth: 32 }), 'kept', [
    'state',
    'problem',
    'answeredAt',
  ]);
  const answeredAt = read.answeredAt === null ? null : readInteger(read.answeredAt, 'kept.answeredAt');
  return { state: read.state, problem: read.problem, answeredAt, size };
}

const kindOf = (problem: JsonValue): JsonValue | undefined =>
  problem !== null && typeof problem === 'object' && !Array.isArray(problem) ? problem.kind : undefined;

/** Logs over the store. `forks` remembers which logs contradict themselves, for the toolbar. */
export function createLogs(
  store: BackgroundStore,
  forks: SessionValue<readonly string[]>,
  syncLog: SyncLog,
  now: () => number,
): Logs {
  const running = new Map<string, Promise<LogReply>>();
  const keyOf = (domain: TrustDomain) => domain.log.key.text;

  const read = async (key: string): Promise<Kept | null> => {
    const stored = await store.log(key);
    try {
      return stored && parseKept(stored.text, stored.size);
    } catch (cause) {
      throw extensionError('WAX_STORE_CORRUPT', '', { cause });
    }
  };
  /** What to say of a stored copy that cannot be read; other errors are not ours to explain. */
  const orDamaged = (error: unknown): LogReply => {
    if (error instanceof CodedError && error.code === 'WAX_STORE_CORRUPT') return damaged;
    throw error;
  };
  const note = (key: string, problem: JsonValue) =>
    forks.change((known) => {
      const others = known.filter((one) => one !== key);
      return [kindOf(problem) === 'fork' ? [...others, key] : others, undefined];
    });
  const reply = ({ state, problem, answeredAt }: LogReply): LogReply => ({ state, problem, answeredAt });

  const run = async (domain: TrustDomain): Promise<LogReply> => {
    const key = keyOf(domain);
    const kept = await read(key);
    // Two histories do not become one again by asking once more.
    if (kept && kindOf(kept.problem) === 'fork') return reply(kept);
    const { state, size, problem } = await syncLog(domain, kept?.state ?? null);
    const reached = kindOf(problem) !== 'unreachable';
    const next: LogReply = { state, problem, answeredAt: reached ? now() : (kept?.answeredAt ?? null) };
    await store.replaceLog(key, kept?.size ?? null, { size, text: JSON.stringify(next) });
    await note(key, problem);
    return next;
  };
  const sync = (domain: TrustDomain): Promise<LogReply> => {
    const key = keyOf(domain);
    const current =
      running.get(key) ??
      run(domain)
        .catch(orDamaged)
        .finally(() => running.delete(key));
    running.set(key, current);
    return current;
  };
  return {
    sync,
    async get(domain) {
      const kept = await read(keyOf(domain)).catch(orDamaged);
      if (kept) await note(keyOf(domain), kept.problem);
      return kept ? reply(kept) : nothing;
    },
    async restart(domain) {
      // A fork is evidence: only a damaged copy may be dropped.
      const kept = await read(keyOf(domain)).catch(orDamaged);
      if (kindOf(kept?.problem ?? null) === 'damaged') await store.dropLog(keyOf(domain));
      return sync(domain);
    },
    async hasFork() {
      return (await forks.read()).length > 0;
    },
  };
}
