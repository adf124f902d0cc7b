import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serverError } from '../../transparency-log/errors.ts';
import { HashTree } from '../../transparency-log/hash-tree.ts';
import type { Publisher } from '../../transparency-log/publisher.ts';
import { LogRules } from '../../transparency-log/rules.ts';
import { Sequencer } from '../../transparency-log/sequencer.ts';
import { openEntryStore } from '../../transparency-log/storage/sqlite.ts';
import type { EntryStore } from '../../transparency-log/storage/storage.ts';
import { LogBuilder, releaseFields } from '../support/log-builder.ts';

const INTERVAL_MS = 3000;
/** Before the cycle that begins an interval after the one before. */
const soon = { interval: 10, timeout: INTERVAL_MS };
/** One more than the largest burst here. */
const MOST_WAITING = 301;

describe('a cycle of the log', () => {
  let folder: string;
  let entries: EntryStore;
  let rules: LogRules;
  let sequencer: Sequencer;
  let builder: LogBuilder;
  /** Sizes that were published. */
  const published: number[] = [];
  /** Code of the problem that the log may have. */
  let expected: string | null;
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
      mostWaiting: MOST_WAITING,
      onStep: () => {},
      onProblem: ({ code }) => expect(code).toBe(expected),
      now: () => builder.now,
    });
    const [policy = new Uint8Array()] = builder.entries;
    await (await sequencer.submit(policy)).published;
    published.length = 0;
    expected = null;
    held.clear();
  });
  afterEach(async () => {
    await sequencer.close();
    await rules.close();
    await entries.close();
    await rm(folder, { recursive: true, force: true });
  });

  const release = (version: number) => builder.entry('release', releaseFields(builder.now, { version }));

  it('waits for what is being verified, and takes what comes while it waits', async () => {
    const [quick, early, late] = [await release(1), await release(2), await release(3)];
    const gate = Promise.withResolvers<void>();
    held.set(early, gate.promise);
    const tickets = [sequencer.submit(early), sequencer.submit(quick)];
    await tickets[1];
    const cycle = sequencer.run();
    tickets.push(sequencer.submit(late));
    await tickets[2];
    await setTimeout(INTERVAL_MS * 0.3);
    expect(published).toEqual([]);
    gate.resolve();
    await cycle;
    expect(published).toEqual([4]);
    const receipts = await Promise.all(tickets.map(async (ticket) => (await ticket).published));
    expect(receipts.map(({ index }) => index).sort()).toEqual([1, 2, 3]);
  });

  it('takes into its checkpoint what comes while it writes', async () => {
    const [first, late] = [await release(1), await release(2)];
    const tickets = [await sequencer.submit(first)];
    const { append } = entries;
    entries.append = async (...batch) => {
      if (tickets.length === 1) tickets.push(await sequencer.submit(late));
      await append(...batch);
    };
    await sequencer.run();
    expect(published).toEqual([3]);
    const receipts = await Promise.all(tickets.map(({ published }) => published));
    expect(receipts.map(({ index }) => index)).toEqual([1, 2]);
  });

  it('goes on without what is still being verified when its first has waited for the interval', async () => {
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

  it('finds in the store already what fills a transaction', async () => {
    const burst = await Promise.all(Array.from({ length: 300 }, (_, version) => release(version + 1)));
    await sequencer.run();
    const tickets = await Promise.all(burst.map((entry) => sequencer.submit(entry)));
    await expect.poll(async () => (await entries.head())?.size, soon).toBe(1 + 256);
    expect(published).toEqual([]);
    await sequencer.run();
    expect(published).toEqual([301]);
    const receipts = await Promise.all(tickets.map(({ published }) => published));
    expect(new Set(receipts.map(({ index }) => index)).size).toBe(300);
  });

  it('takes no more than may wait, sequenced or not, until those before are published', async () => {
    const many = await Promise.all(
      Array.from({ length: MOST_WAITING + 1 }, (_, version) => release(version + 1)),
    );
    const last = many.pop() ?? new Uint8Array();
    await sequencer.run();
    await Promise.all(many.map((entry) => sequencer.submit(entry)));
    await expect.poll(async () => (await entries.head())?.size, soon).toBe(1 + 256);
    await expect(sequencer.submit(last)).rejects.toMatchObject({ code: 'WAX_LOGSERVER_BUSY' });
    await sequencer.run();
    expect(published).toEqual([1 + MOST_WAITING]);
    await sequencer.submit(last);
    await sequencer.run();
    expect(published).toEqual([1 + MOST_WAITING, 2 + MOST_WAITING]);
  });

  it.each(['WAX_LOGSERVER_DISK', 'WAX_LOGSERVER_LOCKED', 'WAX_LOGSERVER_DAMAGED'] as const)(
    'fails with %s of its disk, whichever submission it was about, and tells all who wait',
    async (code) => {
      const [first, second] = [await release(1), await release(2)];
      const tickets = [await sequencer.submit(first), await sequencer.submit(second)];
      expected = code;
      entries.indexOf = async () => {
        throw serverError(code);
      };
      await sequencer.run();
      expect(sequencer.blocked?.code).toBe(code);
      for (const ticket of tickets) await expect(ticket.published).rejects.toMatchObject({ code });
      expect(published).toEqual([]);
    },
  );

  it('calls a disk that fails in a verdict by its name, and takes the submission once it does not', async () => {
    const entry = await release(1);
    const { indexOf } = entries;
    entries.indexOf = async () => {
      throw serverError('WAX_LOGSERVER_DISK');
    };
    await expect(sequencer.submit(entry)).rejects.toMatchObject({ code: 'WAX_LOGSERVER_DISK' });
    entries.indexOf = indexOf;
    const ticket = await sequencer.submit(entry);
    await sequencer.run();
    expect(await ticket.published).toEqual({ index: 1, isNew: true });
  });
});
