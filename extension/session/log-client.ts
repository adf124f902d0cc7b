/**
 * Brings the stored state of a log up to date, in steps that a background page survives: at most 16 MiB,
 * 20,000 entries and some seconds each. All entries are fetched, so that nothing tells the log which enclave
 * anybody uses. Used by extension and command line alike.
 * @module
 */
import { parseBase64 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import {
  type AcceptContext,
  type Accepted,
  acceptPending,
  acceptPin,
  checkCheckpoint,
  findProblem,
  isHeldAgainstPin,
  type LogProblem,
} from '../../protocol/log/accept.ts';
import { acceptError } from '../../protocol/log/accept-errors.ts';
import { type Ancestor, type Evidence, forkEvidence, rollbackEvidence } from '../../protocol/log/evidence.ts';
import { proveFork, rootBefore, type TileAt, tilesForGrowth } from '../../protocol/log/fork.ts';
import {
  type CosignedCheckpoint,
  emptyState,
  forPin,
  Growth,
  type LogState,
} from '../../protocol/log/state.ts';
import type { TrustDomain } from '../../protocol/policy.ts';
import { type LogFiles, openLogFiles } from './log-files.ts';

const MAX_STEP_BYTES = 16 * 1024 * 1024;
const MAX_STEP_ENTRIES = 20_000;
/** No further file is begun after this; a step then ends within the deadline of the one under way. */
const MAX_STEP_MS = 8_000;

export interface SyncOptions {
  domain: TrustDomain;
  /** What `syncLog` returned last; null for a client that has stored nothing. */
  state: LogState | null;
  fetch: typeof fetch;
  /** The system's clock, milliseconds. */
  now: () => number;
  signal?: AbortSignal;
  /** Smaller steps than usual, for tests and slow devices. */
  limits?: { bytes?: number; entries?: number; deadlineMs?: number };
}

export interface SyncStep {
  /** To be stored, whatever the problem. */
  state: LogState;
  /** Null if all is well, or if nothing is known yet because there is more to fetch. */
  problem: LogProblem | null;
  /** Where the log contradicts itself and not only the pin: what shows it to others. */
  evidence: Evidence | null;
  /** Call again with this state: the log has more entries than one step takes. */
  more: boolean;
}

/** Fetches entries into `pending` until the checkpoint's size or a limit is reached; what came before an error stays. */
async function download(
  files: LogFiles,
  start: LogState,
  size: number,
  { domain, limits = {} }: SyncOptions,
  keep: (state: LogState) => void,
): Promise<void> {
  const { bytes: maxBytes = MAX_STEP_BYTES, entries: maxEntries = MAX_STEP_ENTRIES } = limits;
  const startedAt = performance.now();
  const growth = new Growth(start, domain.log.pin.size);
  const from = growth.size;
  let bytes = 0;
  const isRoom = () =>
    bytes < maxBytes && growth.size - from < maxEntries && performance.now() - startedAt < MAX_STEP_MS;
  try {
    while (growth.size < size && isRoom()) {
      const bundle = await files.entries(growth.size, size, growth.tailBytes);
      await growth.append(bundle.entries);
      bytes += bundle.bytes;
    }
  } finally {
    keep(growth.state());
  }
}

/** The tiles of a log that decide what its tree was at an earlier size; null if they cannot be had. */
async function fetchTiles(files: LogFiles, oldSize: number, newSize: number): Promise<TileAt | null> {
  const tiles = new Map<string, Uint8Array[]>();
  try {
    for (const { level, index, width } of tilesForGrowth(oldSize, newSize)) {
      tiles.set(`${level}/${index}`, await files.tile(level, index, width));
    }
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
  return (level, index) => tiles.get(`${level}/${index}`) ?? [];
}

/** What proves that the new tree does not begin with the one we know, or with the pinned one. */
async function findFork(
  files: LogFiles,
  { root, size }: CosignedCheckpoint,
  { domain, state }: AcceptContext,
): Promise<Ancestor | null> {
  const held = state.checkpoint;
  const known = held === null ? domain.log.pin : { size: held.size, root: parseBase64(held.root, 32) };
  if (known.size >= size) return null;
  const tileAt = await fetchTiles(files, known.size, size);
  if (tileAt === null) return null;
  const newRoot = parseBase64(root, 32);
  return proveFork({ oldSize: known.size, oldRoot: known.root, newSize: size, newRoot }, tileAt);
}

/** A pin that came with a newer build, for a tree that had already passed it. */
async function holdAgainstPin(
  files: LogFiles,
  checkpoint: CosignedCheckpoint,
  context: AcceptContext,
): Promise<Accepted> {
  const { domain, state } = context;
  if (isHeldAgainstPin(state, domain)) return { ok: true, state };
  const { size: oldSize } = domain.log.pin;
  const { size: newSize, root } = checkpoint;
  const tileAt = await fetchTiles(files, oldSize, newSize);
  const found = tileAt && rootBefore({ oldSize, newSize, newRoot: parseBase64(root, 32) }, tileAt);
  return acceptPin(found?.root ?? null, context);
}

/** What shows a contradiction to others: it takes two checkpoints that the log signed. */
function evidenceOf(
  { kind, checkpoints, systemTime }: LogProblem,
  ancestor: Ancestor | null,
  { log, witnesses }: TrustDomain,
): Evidence | null {
  const [first, second] = checkpoints;
  if (first === undefined || second === undefined) return null;
  const identity = { origin: log.origin, key: log.key, witnesses: witnesses.map(({ key }) => key) };
  if (kind === 'rollback') return rollbackEvidence(identity, [first, second], systemTime);
  return kind === 'fork' ? forkEvidence(identity, [first, second], ancestor, systemTime) : null;
}

/** The pending entries have come to the size of the checkpoint: they are taken over, or thrown away. */
async function finish(
  files: LogFiles,
  checkpoint: CosignedCheckpoint,
  context: AcceptContext,
): Promise<SyncStep> {
  const { domain } = context;
  const accepted = acceptPending(checkpoint, context);
  if (accepted.ok) {
    const { state } = accepted;
    const held = await holdAgainstPin(files, checkpoint, { ...context, state });
    // What was accepted stays, also to tell a rollback or a fork by, but nothing is sealed under it.
    if (!held.ok) return { state, problem: held.problem, evidence: null, more: false };
    const problem = findProblem({ ...context, state: held.state });
    return { state: held.state, problem, evidence: null, more: false };
  }
  const state = { ...context.state, pending: null };
  const { problem } = accepted;
  // The log signed what contradicts the pin, which it may never have signed.
  if (problem.kind !== 'unreachable') return { state, problem, evidence: null, more: false };
  const ancestor = await findFork(files, checkpoint, context);
  if (ancestor === null) return { state, problem, evidence: null, more: false };
  const { code, detail } = acceptError('WAX_ACCEPT_FORK', `size ${checkpoint.size}`);
  const fork: LogProblem = { ...problem, kind: 'fork', code, detail };
  return { state, problem: fork, evidence: evidenceOf(fork, ancestor, domain), more: false };
}

/**
 * One step of a sync. Never throws for what the log does or fails to do: `problem` says it. `unreachable`
 * covers everything that proves nothing against the log: no answer, a wrong status, malformed files.
 */
export async function syncLog(options: SyncOptions): Promise<SyncStep> {
  const { domain, fetch, now, signal } = options;
  const files = openLogFiles({ url: domain.log.url, fetch, signal, deadlineMs: options.limits?.deadlineMs });
  let state = forPin(options.state ?? emptyState(domain), domain);
  try {
    const { text, serverTime } = await files.checkpoint();
    const context = () => ({ domain, state, systemTime: now(), serverTime });
    const checked = await checkCheckpoint(text, context());
    if (!checked.ok) {
      const { problem } = checked;
      return { state, problem, evidence: evidenceOf(problem, null, domain), more: false };
    }
    const { checkpoint } = checked;
    // The log that served these has since shown a smaller tree: begin again from what was proven.
    if ((state.pending?.ledger.size ?? 0) > checkpoint.size) state = { ...state, pending: null };
    await download(files, state, checkpoint.size, options, (grown) => {
      state = grown;
    });
    if ((state.pending ?? state).ledger.size < checkpoint.size)
      return { state, problem: null, evidence: null, more: true };
    return await finish(files, checkpoint, context());
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, detail } = error;
    const cosignedAt = state.newestCosignedAt || null;
    const problem = {
      kind: 'unreachable' as const,
      code,
      detail,
      checkpoints: [],
      cosignedAt,
      systemTime: now(),
    };
    return { state, problem, evidence: null, more: false };
  }
}
