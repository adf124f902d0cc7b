import { describe, expect, test } from 'vitest';
import { toBase64 } from '../../../protocol/bytes.ts';
import {
  applyEntries,
  emptyState,
  formatLogState,
  type LogState,
  parseLogState,
  rootOf,
} from '../../../protocol/log/state.ts';
import { LogBuilder, testDigest } from '../../support/log-builder.ts';

/** A state in which all entries of a log are proven, without the ceremony. */
async function grown(log: LogBuilder): Promise<LogState> {
  const { pending } = await applyEntries(emptyState(log.domain()), log.entries, 1);
  if (pending === null) throw new Error('nothing pending');
  return { ...emptyState(log.domain()), frontier: pending.frontier, ledger: pending.ledger };
}

describe('applyEntries', () => {
  test('grows the frontier to the root of the log, in any number of steps', async () => {
    const log = await LogBuilder.create();
    for (let version = 1; version <= 6; version++) await log.release({ version });
    let state = emptyState(log.domain());
    for (const entry of log.entries) state = await applyEntries(state, [entry], 3);
    expect(state.pending && toBase64(rootOf(state.pending))).toBe(toBase64(log.root()));
    expect(state.pending?.rootAtPin).toBe(toBase64(log.root(3)));
    expect(state.pending).toEqual((await applyEntries(emptyState(log.domain()), log.entries, 3)).pending);
  });

  test('leaves what is accepted untouched', async () => {
    const log = await LogBuilder.create();
    const state = await grown(log);
    await log.release();
    const next = await applyEntries(state, log.entries.slice(1), 1);
    expect(next.ledger).toEqual(state.ledger);
    expect(state.pending).toBeNull();
  });
});

describe('a stored state', () => {
  test('is read back as it was written', async () => {
    const log = await LogBuilder.create();
    await log.revoke((await log.release()).index);
    const state = await grown(log);
    expect(parseLogState(formatLogState(state), log.domain())).toEqual(state);
  });

  test.each([
    ['nothing', (_: string) => ''],
    ['a cut end', (text: string) => text.slice(0, -1)],
    ['one changed digit', (text: string) => text.replace('"size":2', '"size":3')],
    ['another format', (text: string) => text.replace('state/1', 'state/2')],
  ])('is refused with %s, and not taken for a first run', async (_, damage) => {
    const log = await LogBuilder.create();
    await log.release();
    const text = damage(formatLogState(await grown(log)));
    expect(() => parseLogState(text, log.domain())).toThrow('WAX_STATE_CORRUPT');
  });

  test('is refused when it belongs to another log, or to one with another first policy', async () => {
    const log = await LogBuilder.create();
    const text = formatLogState(await grown(log));
    const { log: file } = log.domainFile();
    const origin = log.domain({ log: { ...(file as object), origin: 'other.example/log' } });
    expect(() => parseLogState(text, origin)).toThrow('WAX_STATE_DOMAIN');
    const policy = log.domain({ policyEntry: testDigest('other') });
    expect(() => parseLogState(text, policy)).toThrow('WAX_STATE_DOMAIN');
  });

  test('is refused as a start when its root is not the pinned one', async () => {
    const log = await LogBuilder.create();
    const { log: file } = log.domainFile();
    const pin = { size: 1, root: toBase64(Buffer.from(testDigest('x'), 'hex')) };
    const domain = log.domain({ log: { ...(file as object), pin } });
    const text = formatLogState(await grown(log));
    expect(() => parseLogState(text, domain)).toThrow('WAX_STATE_DOMAIN');
  });

  test('is refused when frontier and checkpoint do not belong together', async () => {
    const log = await LogBuilder.create();
    const state = await grown(log);
    const root = toBase64(Buffer.from(testDigest('x'), 'hex'));
    const checkpoint = { note: log.checkpoint, size: 1, root, cosignedAt: log.now, cosignatures: [] };
    const domain = log.domain();
    const text = formatLogState({ ...state, checkpoint });
    expect(() => parseLogState(text, domain)).toThrow('WAX_STATE_CORRUPT');
  });
});
