import { describe, expect, test } from 'vitest';
import { toBase64 } from '../../../protocol/bytes.ts';
import {
  type Accepted,
  acceptPending,
  checkCheckpoint,
  findProblem,
  type LogProblem,
} from '../../../protocol/log/accept.ts';
import { signerFromSeed } from '../../../protocol/log/signer.ts';
import { applyEntries, emptyState, type LogState } from '../../../protocol/log/state.ts';
import type { TrustDomain } from '../../../protocol/policy.ts';
import { DAY, HOUR, LogBuilder, MINUTE, START, testDigest, testSeed } from '../../support/log-builder.ts';

interface Attempt {
  domain?: TrustDomain;
  state?: LogState;
  entries?: Uint8Array[];
  at?: number;
  serverTime?: number;
}

/** Offers a checkpoint and the entries that are missing, as a client would see them. */
async function offer(log: LogBuilder, note: string, attempt: Attempt = {}): Promise<Accepted> {
  const domain = attempt.domain ?? log.domain();
  const state = attempt.state ?? emptyState(domain);
  const context = {
    domain,
    state,
    systemTime: attempt.at ?? log.now,
    serverTime: attempt.serverTime ?? null,
  };
  const checked = await checkCheckpoint(note, context);
  if (!checked.ok) return checked;
  const missing = attempt.entries ?? log.entries.slice(state.ledger.size, checked.checkpoint.size);
  const grown = await applyEntries(state, missing, domain.log.pin.size);
  return acceptPending(checked.checkpoint, { ...context, state: grown });
}

async function accept(log: LogBuilder, note: string, attempt: Attempt = {}): Promise<LogState> {
  const accepted = await offer(log, note, attempt);
  if (!accepted.ok) throw new Error(accepted.problem.code);
  return accepted.state;
}

async function problemOf(log: LogBuilder, note: string, attempt: Attempt = {}): Promise<LogProblem> {
  const accepted = await offer(log, note, attempt);
  if (accepted.ok) throw new Error('was accepted');
  return accepted.problem;
}

describe('growth', () => {
  test('accepts a first checkpoint, and one that extends it', async () => {
    const log = await LogBuilder.create();
    const first = await accept(log, log.checkpoint);
    await log.release();
    const state = await accept(log, await log.publish({ at: START + HOUR }), { state: first });
    expect(state.ledger.approvals).toHaveLength(1);
    expect(state.checkpoint).toMatchObject({ size: 2, root: toBase64(log.root()), cosignedAt: START + HOUR });
    expect(state.newestCosignedAt).toBe(START + HOUR);
    expect(state.pending).toBeNull();
  });

  test('accepts the same tree again with newer cosignatures', async () => {
    const log = await LogBuilder.create();
    const first = await accept(log, log.checkpoint);
    const state = await accept(log, await log.publish({ at: START + HOUR }), { state: first });
    expect(state.checkpoint?.cosignedAt).toBe(START + HOUR);
  });

  test('keeps the newer cosignatures when a cache serves older ones of the same tree', async () => {
    const log = await LogBuilder.create();
    const old = log.checkpoint;
    const newer = await accept(log, await log.publish({ at: START + HOUR }));
    const state = await accept(log, old, { state: newer });
    expect(state.checkpoint?.cosignedAt).toBe(START + HOUR);
    expect(state.newestCosignedAt).toBe(START + HOUR);
  });

  test('reports a smaller tree as a rollback, with both signed checkpoints', async () => {
    const log = await LogBuilder.create();
    const small = log.checkpoint;
    await log.release();
    const state = await accept(log, await log.publish());
    const problem = await problemOf(log, small, { state });
    expect(problem).toMatchObject({ kind: 'rollback', code: 'WAX_ACCEPT_ROLLBACK' });
    expect(problem.checkpoints).toEqual([log.checkpoint, small]);
  });

  test('reports two roots for one size as a fork, with both signed checkpoints', async () => {
    const log = await LogBuilder.create();
    const other = await LogBuilder.create();
    await log.release({ version: 1 });
    await other.release({ version: 2 });
    const state = await accept(log, await log.publish());
    // The log's signature is enough: a fork is a fork however few witnesses were shown it.
    const problem = await problemOf(other, await other.publish({ by: [] }), { state });
    expect(problem).toMatchObject({ kind: 'fork', code: 'WAX_ACCEPT_FORK' });
    expect(problem.checkpoints).toEqual([log.checkpoint, other.checkpoint]);
  });

  test('does not accept entries that miss the cosigned root', async () => {
    const log = await LogBuilder.create();
    const other = await LogBuilder.create();
    await log.release({ version: 1 });
    await other.release({ version: 2 });
    const problem = await problemOf(log, await log.publish(), { entries: other.entries });
    expect(problem).toMatchObject({ kind: 'unreachable', code: 'WAX_ACCEPT_ENTRIES' });
  });

  test('does not accept a checkpoint before all its entries are there', async () => {
    const log = await LogBuilder.create();
    await log.release();
    const problem = await problemOf(log, await log.publish(), { entries: log.entries.slice(0, 1) });
    expect(problem.code).toBe('WAX_ACCEPT_ENTRIES');
  });
});

describe('the pin', () => {
  const pinned = (log: LogBuilder, size: number, root: Uint8Array) => {
    const file = log.domainFile();
    const pin = { size, root: toBase64(root) };
    return log.domain({ log: { ...(file.log as object), pin } });
  };

  test('refuses a smaller tree', async () => {
    const log = await LogBuilder.create();
    const small = log.checkpoint;
    await log.release();
    const domain = pinned(log, 2, log.root());
    expect(await problemOf(log, small, { domain })).toMatchObject({ kind: 'rollback' });
  });

  test('refuses another root at the pinned size', async () => {
    const log = await LogBuilder.create();
    const domain = pinned(log, 1, Buffer.from(testDigest('other'), 'hex'));
    expect(await problemOf(log, log.checkpoint, { domain })).toMatchObject({
      kind: 'fork',
      code: 'WAX_ACCEPT_PIN',
    });
  });

  test('refuses it before any entry is there', async () => {
    const log = await LogBuilder.create();
    const domain = pinned(log, 1, Buffer.from(testDigest('other'), 'hex'));
    expect(await problemOf(log, log.checkpoint, { domain, entries: [] })).toMatchObject({ kind: 'fork' });
  });

  test('refuses a larger tree that went through another root at the pinned size', async () => {
    const log = await LogBuilder.create();
    const domain = pinned(log, 1, Buffer.from(testDigest('other'), 'hex'));
    await log.release();
    const problem = await problemOf(log, await log.publish(), { domain });
    expect(problem).toMatchObject({ kind: 'fork', code: 'WAX_ACCEPT_PIN' });
  });

  test('accepts a tree that goes through it', async () => {
    const log = await LogBuilder.create();
    await log.release();
    const domain = pinned(log, 2, log.root());
    await log.release({ version: 2 });
    await accept(log, await log.publish(), { domain });
  });
});

describe('signatures and witnesses', () => {
  test('refuses a checkpoint that another key signed', async () => {
    const log = await LogBuilder.create();
    const signer = signerFromSeed(log.origin, 1, testSeed('thief'));
    expect(await problemOf(log, await log.publish({ signer }))).toMatchObject({ kind: 'signature' });
  });

  test('refuses a checkpoint of another log', async () => {
    const log = await LogBuilder.create();
    const other = await LogBuilder.create({ origin: 'other.example/log' });
    const domain = log.domain();
    expect(await problemOf(other, other.checkpoint, { domain })).toMatchObject({ kind: 'signature' });
  });

  test('refuses a checkpoint with one altered byte in a cosignature', async () => {
    const log = await LogBuilder.create();
    const end = log.checkpoint.lastIndexOf(' ') + 30;
    const changed = log.checkpoint[end] === 'A' ? 'B' : 'A';
    const note = log.checkpoint.slice(0, end) + changed + log.checkpoint.slice(end + 1);
    expect(await problemOf(log, note)).toMatchObject({ kind: 'signature' });
  });

  test('calls something that is no checkpoint unreachable, not an attack', async () => {
    const log = await LogBuilder.create();
    expect(await problemOf(log, '<html>Sign in to the Wi-Fi</html>')).toMatchObject({
      kind: 'unreachable',
      code: 'WAX_ACCEPT_CHECKPOINT',
    });
  });

  test('refuses one witness fewer than the quorum', async () => {
    const log = await LogBuilder.create();
    expect(await problemOf(log, await log.publish({ by: [2] }))).toMatchObject({ kind: 'quorum' });
    await accept(log, await log.publish({ by: [0, 2] }));
  });

  test('does not count a witness twice, nor one that the trust domain does not name', async () => {
    const log = await LogBuilder.create({ witnesses: 5, quorum: 2 });
    const file = log.domainFile();
    const domain = log.domain({ witnesses: (file.witnesses as object[]).slice(0, 3) as never });
    const note = await log.publish({ by: [0, 3, 4] });
    const again = (await log.sealCheckpoint({ by: [0], at: START + MINUTE })).split('\n').at(-2);
    const problem = await problemOf(log, `${note}${again}\n`, { domain });
    expect(problem).toMatchObject({ kind: 'quorum', detail: '1 of 2' });
  });
});

describe('age', () => {
  test('refuses cosignatures older than the trust domain allows', async () => {
    const log = await LogBuilder.create();
    await accept(log, log.checkpoint, { at: START + 24 * HOUR });
    const problem = await problemOf(log, log.checkpoint, { at: START + 24 * HOUR + 1 });
    expect(problem).toMatchObject({ kind: 'age', cosignedAt: START });
  });

  test('counts a quorum of them: one fresh witness does not make the others young', async () => {
    const log = await LogBuilder.create();
    const note = await log.publish({ times: { 0: START + 2 * DAY, 1: START, 2: START } });
    expect(await problemOf(log, note, { at: START + 2 * DAY })).toMatchObject({
      kind: 'age',
      cosignedAt: START,
    });
  });

  test('judges by the newest time a quorum gave, when the system clock was set back', async () => {
    const log = await LogBuilder.create();
    // Young enough for a clock four minutes behind, which is tolerated as skew; too old for the witnesses.
    const old = await log.publish({ at: START + 6 * HOUR - 2 * MINUTE });
    const state = await accept(log, await log.publish({ at: START + 30 * HOUR }));
    const problem = await problemOf(log, old, { state, at: START + 30 * HOUR - 4 * MINUTE });
    expect(problem.kind).toBe('age');
  });
});

describe('clock', () => {
  test('is the problem when a quorum of witnesses is more than five minutes ahead', async () => {
    const log = await LogBuilder.create();
    await accept(log, log.checkpoint, { at: START - 5 * MINUTE });
    const problem = await problemOf(log, log.checkpoint, { at: START - 5 * MINUTE - 1 });
    expect(problem).toMatchObject({ kind: 'clock', cosignedAt: START });
  });

  test('is the problem when it is behind what was accepted before', async () => {
    const log = await LogBuilder.create();
    const state = await accept(log, log.checkpoint);
    expect(await problemOf(log, log.checkpoint, { state, at: START - 10 * DAY })).toMatchObject({
      kind: 'clock',
    });
    expect(findProblem({ domain: log.domain(), state, systemTime: START - DAY })).toMatchObject({
      kind: 'clock',
    });
  });

  test('is not the problem when one witness alone is ahead, who then does not count', async () => {
    const log = await LogBuilder.create();
    const note = await log.publish({ times: { 0: START + DAY, 1: START, 2: START } });
    const state = await accept(log, note, { at: START });
    expect(state.newestCosignedAt).toBe(START);
    const two = await log.publish({ times: { 0: START + DAY, 1: START } });
    expect(await problemOf(log, two, { at: START })).toMatchObject({ kind: 'clock' });
  });

  test('is named instead of old cosignatures when the server agrees with the witnesses', async () => {
    const log = await LogBuilder.create();
    const at = START + 40 * DAY;
    expect(await problemOf(log, log.checkpoint, { at, serverTime: START + HOUR })).toMatchObject({
      kind: 'clock',
    });
    expect(await problemOf(log, log.checkpoint, { at, serverTime: at })).toMatchObject({ kind: 'age' });
  });
});

describe('findProblem', () => {
  test('lets nothing be sealed under a state that was not compared with the pin of a newer build', async () => {
    const log = await LogBuilder.create();
    await log.release();
    await log.release({ version: 2 });
    const state = await accept(log, await log.publish());
    const { log: file } = log.domainFile();
    const pinnedAt = (size: number) =>
      log.domain({ log: { ...(file as object), pin: { size, root: toBase64(log.root(size)) } } });
    expect(findProblem({ domain: pinnedAt(1), state, systemTime: START })).toBeNull();
    // Before the size that was accepted, and at it; then beyond it.
    for (const size of [2, 3]) {
      expect(findProblem({ domain: pinnedAt(size), state, systemTime: START })).toMatchObject({
        kind: 'unreachable',
        code: 'WAX_ACCEPT_UNCOMPARED',
      });
    }
    await log.release({ version: 3 });
    expect(findProblem({ domain: pinnedAt(4), state, systemTime: START })?.code).toBe(
      'WAX_ACCEPT_UNCOMPARED',
    );
    const { pinned: _, ...older } = state;
    expect(findProblem({ domain: pinnedAt(1), state: older, systemTime: START })?.code).toBe(
      'WAX_ACCEPT_UNCOMPARED',
    );
  });

  test('has nothing to say about a fresh state, and asks for a first checkpoint without one', async () => {
    const log = await LogBuilder.create();
    const domain = log.domain();
    const state = await accept(log, log.checkpoint);
    expect(findProblem({ domain, state, systemTime: START + HOUR })).toBeNull();
    expect(findProblem({ domain, state: emptyState(domain), systemTime: START })).toMatchObject({
      kind: 'unreachable',
    });
  });

  test('reports a state that has grown old', async () => {
    const log = await LogBuilder.create();
    const state = await accept(log, log.checkpoint);
    expect(findProblem({ domain: log.domain(), state, systemTime: START + 25 * HOUR })).toMatchObject({
      kind: 'age',
    });
  });

  test('asks for an update at a statement that must not be ignored', async () => {
    const log = await LogBuilder.create();
    log.addBytes(await log.unknown(true));
    const state = await accept(log, await log.publish());
    expect(findProblem({ domain: log.domain(), state, systemTime: START })).toMatchObject({
      kind: 'update',
      detail: 'entry 1: urn:waxseal:recall:v2',
    });
  });
});
