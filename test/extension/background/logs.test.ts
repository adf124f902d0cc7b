import { beforeEach, describe, expect, it } from 'vitest';
import { createLogs, type Logs } from '../../../extension/background/logs.ts';
import { createStore } from '../../../extension/background/store.ts';
import { syncLog } from '../../../extension/session/log-client.ts';
import type { Evidence } from '../../../protocol/log/evidence.ts';
import { parseLogState } from '../../../protocol/log/state.ts';
import { parseEvidence, verifyEvidence } from '../../../transparency-log/audit/evidence.ts';
import { type MemoryDatabase, memoryDatabase, memoryValue } from '../../support/extension-memory.ts';
import { LogBuilder, MINUTE, START } from '../../support/log-builder.ts';

let at: number;
let log: LogBuilder;
let served: LogBuilder | null;
let database: MemoryDatabase;
let logs: Logs;
let syncs: number;

/** The background, as it is after a sleep: only the database is what it was. */
const wake = (forks: readonly string[] = []) =>
  createLogs(
    createStore(database),
    memoryValue(forks),
    async (domain, state) => {
      syncs += 1;
      const fetch: typeof globalThis.fetch = (input) =>
        served ? served.fetch(input) : Promise.reject(new TypeError('offline'));
      return syncLog({ domain, state, fetch, now: () => at });
    },
    () => at,
  );

beforeEach(async () => {
  at = START + MINUTE;
  log = await LogBuilder.create();
  await log.release();
  await log.publish();
  served = log;
  database = memoryDatabase();
  syncs = 0;
  logs = wake();
});

describe('the logs of the background', () => {
  it('are synced, kept, and read again after a sleep', async () => {
    expect(await logs.get(log.domain())).toEqual({
      state: null,
      problem: null,
      answeredAt: null,
      evidence: [],
    });
    const synced = await logs.sync(log.domain());
    expect(synced).toMatchObject({ problem: null, answeredAt: at });
    expect(await wake().get(log.domain())).toEqual(synced);
    expect(parseLogState(synced.state ?? '', log.domain()).checkpoint?.size).toBe(2);
  });

  it('are asked once by two views that ask at once', async () => {
    await Promise.all([logs.sync(log.domain()), logs.sync(log.domain())]);
    expect(syncs).toBe(1);
  });

  it('keep the last good state, and its time, while the log is silent', async () => {
    const good = await logs.sync(log.domain());
    served = null;
    const answeredAt = at;
    at += MINUTE;
    const silent = await logs.sync(log.domain());
    expect(silent).toMatchObject({ state: good.state, answeredAt, problem: { kind: 'unreachable' } });
  });

  it('remember a fork through a sleep, and ask no more', async () => {
    await logs.sync(log.domain());
    const other = await LogBuilder.create();
    await other.release({ version: 9 });
    await other.publish();
    served = other;
    expect(await logs.sync(log.domain())).toMatchObject({ problem: { kind: 'fork' } });
    expect(await logs.hasFork()).toBe(true);
    served = log;
    const asked = syncs;
    logs = wake();
    expect(await logs.sync(log.domain())).toMatchObject({ problem: { kind: 'fork' } });
    expect(await logs.restart(log.domain())).toMatchObject({ problem: { kind: 'fork' } });
    expect(syncs).toBe(asked);
    await logs.get(log.domain());
    expect(await logs.hasFork()).toBe(true);
  });

  it('show a log that shrinks as one that forks', async () => {
    await logs.sync(log.domain());
    log.checkpoint = await log.sealCheckpoint({ size: 1 });
    expect(await logs.sync(log.domain())).toMatchObject({ problem: { kind: 'rollback' } });
    expect(await logs.hasFork()).toBe(true);
  });

  it('keep what showed it when the log looks well again, through a sleep, until a person dismisses it', async () => {
    await logs.sync(log.domain());
    const whole = log.checkpoint;
    log.checkpoint = await log.sealCheckpoint({ size: 1 });
    await logs.sync(log.domain());
    // Again, with newer cosignatures: the same contradiction.
    at += MINUTE;
    log.checkpoint = await log.sealCheckpoint({ size: 1, at });
    await logs.sync(log.domain());
    log.checkpoint = whole;
    logs = wake();
    const { problem, evidence } = await logs.sync(log.domain());
    expect(problem).toBeNull();
    expect(await logs.hasFork()).toBe(false);
    expect(evidence).toHaveLength(1);
    const kept = evidence[0] as unknown as Evidence;
    expect(kept).toMatchObject({ kind: 'rollback', log: { origin: log.origin } });
    expect(kept.checkpoints[0]).toBe(whole);
    expect((await wake().get(log.domain())).evidence).toEqual(evidence);
    await logs.dismiss(log.domain(), kept.foundAt);
    expect((await logs.get(log.domain())).evidence).toEqual([]);
  });

  it('keep of a fork what proves it to a third party', async () => {
    await logs.sync(log.domain());
    const other = await LogBuilder.create();
    await other.release({ version: 9 });
    await other.release({ version: 10 });
    await other.publish();
    served = other;
    const { evidence } = await logs.sync(log.domain());
    expect(evidence).toHaveLength(1);
    expect(await verifyEvidence(parseEvidence(JSON.stringify(evidence[0])))).toContain(
      'a tree of 3 entries that does not begin with the tree of 2',
    );
  });

  it('say that a damaged copy is damaged, and start again only when a person says so', async () => {
    await logs.sync(log.domain());
    const [key] = [...database.records.keys()];
    database.records.set(key ?? '', { text: '{}', sha256: '' });
    const damaged = { state: null, problem: { kind: 'damaged' }, answeredAt: null, evidence: [] };
    expect(await logs.get(log.domain())).toEqual(damaged);
    expect(await logs.sync(log.domain())).toEqual(damaged);
    expect(await logs.restart(log.domain())).toMatchObject({ problem: null, answeredAt: at });
  });
});
