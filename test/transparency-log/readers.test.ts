/** A thousand readers at once, with writers at work: the log in a process of its own. */
import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, submit } from '../bench/log/server.ts';
import { LogWorld } from '../support/log-server.ts';
import { readTogether } from '../support/readers.ts';
import { residentBytes } from '../support/resident-bytes.ts';

const READERS = 1000;
const ROUNDS = 8;
const WRITERS = 8;

describe('a log', () => {
  let world: LogWorld;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    world = await LogWorld.create();
    stop = async () => {};
  });
  afterEach(async () => {
    await stop();
    await world.close();
  });

  it('answers a thousand readers on as many connections, each of them, while writers append', {
    timeout: 600_000,
  }, async () => {
    const server = await startServer(world, { publishIntervalMs: 200 });
    ({ stop } = server);
    const agent = new Agent({ keepAlive: true });
    let written = 0;
    let isReading = true;
    const write = async () => {
      // Whatever is not 201 throws.
      while (isReading) await submit(agent, server.url, await world.release(++written));
    };
    const { origin } = server.url;
    // Once before, so that what the program itself needs is not counted.
    await readTogether(origin, 50, 2);
    const before = await residentBytes(server.log);
    const writers = Array.from({ length: WRITERS }, write);
    const reading = await readTogether(origin, READERS, ROUNDS);
    isReading = false;
    await Promise.all(writers);
    agent.destroy();
    const grown = (await residentBytes(server.log)) - before;

    expect([...reading.errors]).toEqual([]);
    expect(reading.answers).toBe(READERS * ROUNDS * 3);
    for (const { rounds } of reading.readers) expect(rounds).toBe(ROUNDS);
    // Writers were not starved either, and readers saw what they wrote.
    expect(Math.max(...reading.readers.map(({ size }) => size))).toBeGreaterThan(WRITERS);
    expect(grown).toBeLessThan(400e6);
    const { rate, p50, p99 } = reading;
    process.stderr.write(
      `${READERS} readers: ${Math.round(rate)} answers/s, P50 ${Math.round(p50)} ms, P99 ${Math.round(p99)} ms, ` +
        `${(grown / 1e6).toFixed(0)} MB more, ${written} entries written meanwhile\n`,
    );
  });
});
