import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import { emptyLedger, type Logged } from '../../protocol/log/ledger.ts';
import { Replay, verifyEntry } from '../../protocol/log/replay.ts';
import { openEntryStore } from '../../transparency-log/storage/sqlite.ts';
import type { EntryStore } from '../../transparency-log/storage/storage.ts';
import { StoredApprovals } from '../../transparency-log/stored-approvals.ts';
import { LogBuilder } from '../support/log-builder.ts';

let folder: string;
let store: EntryStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-approvals-'));
  store = openEntryStore(join(folder, 'log.db'));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A log of a policy, a release and its revocation, and what a client keeps of it. */
async function ledgerOf(log: LogBuilder): Promise<readonly Logged[]> {
  const replay = Replay.from(emptyLedger(log.origin, log.domain().policyEntry));
  await replay.apply(log.entries);
  return replay.ledger().approvals;
}

const hashOf = (entry: Uint8Array) => sha256(parseEnvelope(entry).payload);

async function keep(log: LogBuilder, kinds: readonly string[]): Promise<void> {
  const entries = log.entries.map((entry, index) => ({
    entry,
    statement: hashOf(entry),
    kind: kinds[index] ?? '',
    sequencedAt: 0,
  }));
  await store.append(0, entries, { size: entries.length, root: new Uint8Array(32) });
}

describe('approvals in the store of a log', () => {
  it('are found with their place and their end, before they are stored and after', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 1 });
    const [logged] = await ledgerOf(log);
    if (logged?.statement.kind !== 'release') throw new Error('no release');
    const place = { index: 1, expires: logged.statement.expires };
    const approvals = new StoredApprovals(store);
    expect(await approvals.find(logged.statementSha256, 2)).toBeUndefined();
    approvals.add(logged);
    expect(await approvals.find(logged.statementSha256, 2)).toEqual(place);
    await keep(log, ['policy', 'release']);
    approvals.stored();
    expect(await approvals.find(logged.statementSha256, 2)).toEqual(place);
    expect(await new StoredApprovals(store).find(logged.statementSha256, 2)).toEqual(place);
  });

  it('are no policies, and nothing that the log does not hold', async () => {
    const log = await LogBuilder.create();
    await keep(log, ['policy']);
    const approvals = new StoredApprovals(store);
    const [policy = new Uint8Array()] = log.entries;
    expect(await approvals.find(toHex(hashOf(policy)), 1)).toBeUndefined();
    expect(await approvals.find('ab'.repeat(32), 1)).toBeUndefined();
  });

  it('count from their own place on: what the store holds beyond is no approval yet', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 1 });
    await log.release({ version: 2 });
    await keep(log, ['policy', 'release', 'release']);
    const replay = Replay.forVerdicts(log.origin, log.domain().policyEntry, new StoredApprovals(store));
    const verdicts = await replay.apply(log.entries);
    expect(verdicts.map(({ error }) => error)).toEqual([null, null, null]);
    const [again] = await replay.apply(log.entries.slice(2));
    expect(again?.error?.code).toBe('WAX_STATEMENT_DUPLICATE');
    expect(() => replay.ledger()).toThrow(RangeError);
  });

  it('call an entry that can no longer be read damage to the store, not a fault of who names it', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 1 });
    const statement = hashOf(log.entries[1] ?? new Uint8Array());
    const entries = log.entries.map((entry, index) => ({
      entry: index === 1 ? entry.subarray(1) : entry,
      statement: hashOf(entry),
      kind: ['policy', 'release'][index] ?? '',
      sequencedAt: 0,
    }));
    await store.append(0, entries, { size: 2, root: new Uint8Array(32) });
    const approvals = new StoredApprovals(store);
    await expect(approvals.find(toHex(statement), 2)).rejects.toMatchObject({
      code: 'WAX_LOGSERVER_DAMAGED',
    });
    const replay = Replay.forVerdicts(log.origin, log.domain().policyEntry, approvals);
    await replay.apply(log.entries.slice(0, 1));
    replay.record({
      ...(await replay.judge(await verifyEntry(log.entries[1] as Uint8Array, replay.policy))),
    });
    const again = await verifyEntry(log.entries[1] as Uint8Array, replay.policy);
    approvals.stored();
    await expect(replay.judge(again)).rejects.toMatchObject({ code: 'WAX_LOGSERVER_DAMAGED' });
  });
});
