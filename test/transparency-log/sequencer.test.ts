import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HashTree } from '../../transparency-log/hash-tree.ts';
import type { Publisher } from '../../transparency-log/publisher.ts';
import { LogRules } from '../../transparency-log/rules.ts';
import { Sequencer } from '../../transparency-log/sequencer.ts';
import { openEntryStore } from '../../transparency-log/storage/sqlite.ts';
import type { EntryStore } from '../../transparency-log/storage/storage.ts';
import { LogBuilder, releaseFields } from '../support/log-builder.ts';

const INTERVAL_MS = 4000;

describe('a cycle of the log', () => {
  let folder: string;
  let entries: EntryStore;
  let rules: LogRules;
  let sequencer: Sequencer;
  let builder: LogBuilder;
  /** Sizes that were published. */
  const published: number[] = [];
  /** What the verdict on an entry waits for. */
  const held = new Map<Uint8Array, Promise<unknown>>();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-sequencer-'));
    entries = openEntryStore(join(folder, 'log.db'));
    builder = await LogBuilder.create();
    const genesis = builder.domain().policyEntry;
    rules = new LogRules(builder.origin, genesis, 1000, entries);
    const read = rules.read.bind(rules);
    rules.read = async (entry) => {
      await held.get(entry);
      return read(entry);
    };
    const tree = new HashTree();
    const publisher = {
      size: 0,
      async publish() {
        this.size = tree.size;
        published.push(tree.size);
      },
    };
    sequencer = new Sequencer({
      entries,
      tree,
      rules,
      publisher: publisher as unknown as Publisher,
      publishIntervalMs: INTERVAL_MS,
      onStep: () => {},
      onProblem: (problem) => expect.unreachable(problem.message),
      now: () => builder.now,
    });
    const [policy = new Uint8Array()] = builder.entries;
    await (await sequencer.submit(policy)).published;
    published.length = 0;
    held.clear();
  });
  afterEach(async () => {
    await sequencer.close();
    await rules.close();
    await entries.close();
    await rm(folder, { recursive: true, force: true });
  });

  const release = (version: number) => builder.entry('release', releaseFields(builder.now, { version }));

  it('waits for what had come before it began, and not for what comes while it waits', async () => {
    const [quick, early, late] = [await release(1), await release(2), await release(3)];
    const [earlyGate, lateGate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    held.set(early, earlyGate.promise);
    held.set(late, lateGate.promise);
    const tickets = [sequencer.submit(early), sequencer.submit(quick)];
    await tickets[1];
    const cycle = sequencer.run();
    tickets.push(sequencer.submit(late));
    // Longer than what comes now is waited for.
    await setTimeout(INTERVAL_MS * 0.3);
    expect(published).toEqual([]);
    earlyGate.resolve();
    await cycle;
    expect(published).toEqual([3]);
    lateGate.resolve();
    await tickets[2];
    await sequencer.run();
    const receipts = await Promise.all(tickets.map(async (ticket) => (await ticket).published));
    expect(receipts.map(({ index }) => index)).toEqual([2, 1, 3]);
    expect(published).toEqual([3, 4]);
  });

  it('goes on without what had come before it began when its time is up', async () => {
    const [quick, early] = [await release(1), await release(2)];
    const gate = Promise.withResolvers<void>();
    held.set(early, gate.promise);
    const tickets = [sequencer.submit(early), sequencer.submit(quick)];
    await tickets[1];
    await sequencer.run();
    expect(published).toEqual([2]);
    gate.resolve();
    await tickets[0];
    await sequencer.run();
    expect(published).toEqual([2, 3]);
  });
});
