/** Clocks that jump: the log's own, one witness's, all witnesses'. */
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignatures } from '../../protocol/log/cosignature.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { DAY, HOUR } from '../support/log-builder.ts';
import { LogWorld, submit } from '../support/log-server.ts';

const YEARS = 10 * 365 * DAY;

describe('a log', () => {
  let world: LogWorld;
  let ahead: number;
  beforeEach(async () => {
    world = await LogWorld.create();
    ahead = 0;
  });
  afterEach(() => world.close());

  const start = (changes = {}) =>
    world.start({ now: () => Date.now() + ahead, submitWaitMs: 300, ...changes });
  /** Submits until the entry is published, however long that takes. */
  async function publish(app: FastifyInstance, version: number): Promise<number> {
    const entry = await world.release(version);
    let index = -1;
    const submitted = async () => {
      const answer = await submit(app, entry);
      index = answer.json().index;
      return answer.statusCode;
    };
    await expect.poll(submitted, { timeout: 60_000 }).toBeOneOf([200, 201]);
    return index;
  }
  const read = async (app: FastifyInstance) => {
    const note = parseNote((await app.inject('/checkpoint')).body);
    const cosignatures = await verifyCosignatures(
      note,
      world.builder.witnesses.map(({ verifierKey }) => verifierKey),
    );
    return { size: parseCheckpoint(note.text).size, cosignatures };
  };
  const status = async (app: FastifyInstance) => (await app.inject('/api/v1/status')).json();

  it.each([
    ['backwards by an hour', -HOUR],
    ['backwards by ten years', -YEARS],
    ['forwards by ten years', YEARS],
  ])(
    'whose clock jumps %s publishes nothing under that time, and goes on when it is right again',
    async (_, jump) => {
      const app = await start({ refreshIntervalMs: 50 });
      await publish(app, 1);
      ahead = jump;
      const answer = await submit(app, await world.release(2));
      // Within the seven days it is taken, and waits; otherwise it is refused.
      const isTaken = Math.abs(jump) < DAY;
      expect([answer.statusCode, answer.json().code]).toEqual(
        isTaken ? [202, undefined] : [403, expect.stringMatching(/^WAX_STATEMENT_/)],
      );
      await expect
        .poll(async () => (await status(app)).problem?.code, { timeout: 20_000 })
        .toBe('WAX_LOGSERVER_NO_QUORUM');
      expect((await status(app)).witnesses.map(({ problem }: { problem: string }) => problem)).toEqual(
        Array(3).fill('WAX_WITNESS_CLOCK'),
      );
      // Readers have the checkpoint from before, with times that are right.
      const { size, cosignatures } = await read(app);
      expect(size).toBe(2);
      for (const { at } of cosignatures) expect(Math.abs(at - Date.now())).toBeLessThan(HOUR);

      ahead = 0;
      await expect.poll(async () => (await status(app)).problem, { timeout: 60_000 }).toBeNull();
      expect(await publish(app, 2)).toBe(2);
    },
  );

  it('that starts with a wrong clock serves what it has, and signs nothing new that is dated wrongly', async () => {
    const first = await start();
    await publish(first, 1);
    await first.close();
    ahead = YEARS;
    const app = await start();
    expect((await read(app)).size).toBe(2);
    expect((await submit(app, await world.release(2))).statusCode).toBe(403);
    expect((await read(app)).size).toBe(2);
  });

  it.each([
    ['backwards', -DAY],
    ['far forwards', YEARS],
  ])(
    'goes on without a witness whose clock jumps %s, and with it when it is right again',
    async (_, jump) => {
      const app = await start();
      world.ahead[1] = jump;
      await publish(app, 1);
      const names = async () => (await read(app)).cosignatures.map(({ name }) => name);
      expect(await names()).toEqual(['witness-0.example', 'witness-2.example']);
      expect((await status(app)).witnesses[1].problem).toBe('WAX_WITNESS_CLOCK');
      world.ahead[1] = 0;
      await publish(app, 2);
      expect(await names()).toContain('witness-1.example');
      expect((await status(app)).witnesses[1].problem).toBeNull();
    },
  );

  it('publishes nothing with witnesses that all live in another year', async () => {
    const app = await start();
    world.ahead.push(YEARS, YEARS, YEARS);
    expect((await submit(app, await world.release(1))).statusCode).toBe(202);
    const { size, cosignatures } = await read(app);
    expect(size).toBe(1);
    for (const { at } of cosignatures) expect(Math.abs(at - Date.now())).toBeLessThan(HOUR);
    world.ahead.fill(0);
    await expect.poll(async () => (await read(app)).size, { timeout: 60_000 }).toBe(2);
  });
});
