/**
 * A disk that changes bytes of the log's database. Whatever byte it is, the log does not start and says why, or it
 * serves what it served before.
 */
import { cp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodedError } from '../../protocol/errors.ts';
import { signNote } from '../../protocol/log/signer.ts';
import { openLocalStorage } from '../../transparency-log/storage/local.ts';
import { LogWorld, submit } from '../support/log-server.ts';

const RELEASES = 20;
/** A few hundred take minutes: SLOW=1. */
const FLIPS = process.env.SLOW === '1' ? 400 : 30;
/** What a start may be refused with; anything else would not tell an operator what to do. */
const CLEAR = /^WAX_LOGSERVER_(DAMAGED|FORMAT|ORIGIN|FOREIGN_KEY|POLICY|BEHIND|TWO_ROOTS)$/;

describe('a log whose database was changed by its disk', () => {
  let world: LogWorld;
  let data: string;
  let sound: string;
  let served: Map<string, string>;

  beforeAll(async () => {
    world = await LogWorld.create();
    data = join(world.folder, 'data');
    sound = join(world.folder, 'sound');
    const app = await world.start();
    for (let version = 1; version <= RELEASES; version++) await submit(app, await world.release(version));
    served = await readAll(app);
    await app.close();
    await cp(data, sound, { recursive: true });
  });
  afterAll(() => world.close());

  /** All that readers can ask for, but the cosignatures, which are made anew, and the times, which nothing vouches for. */
  async function readAll(app: FastifyInstance): Promise<Map<string, string>> {
    const size = RELEASES + 1;
    const files = [`/tile/0/000.p/${size}`, `/tile/entries/000.p/${size}`];
    const questions = [
      '/api/v1/search?product=waxseal-demo&limit=100',
      '/api/v1/search?publisher=publisher-1',
    ];
    const entries = Array.from({ length: size }, (_, index) => `/api/v1/entries/${index}`);
    const answers = new Map<string, string>();
    for (const path of [...files, ...questions, ...entries, '/api/v1/entries?limit=100']) {
      const { statusCode, rawPayload } = await app.inject(path);
      const text = rawPayload.toString('latin1').replace(/"sequencedAt":"[^"]*"/g, '');
      answers.set(path, `${statusCode} ${text}`);
    }
    const [text = ''] = (await app.inject('/checkpoint')).body.split('\n\n');
    return answers.set('/checkpoint', text);
  }

  async function restore(): Promise<void> {
    await rm(data, { recursive: true, force: true });
    await cp(sound, data, { recursive: true });
  }

  /** The code that a start is refused with, or what the log serves. */
  async function outcome(): Promise<string | Map<string, string>> {
    let app: FastifyInstance;
    try {
      app = await world.start();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return error.code;
    }
    try {
      return await readAll(app);
    } finally {
      await app.close();
    }
  }

  async function flip(file: string, position: number): Promise<void> {
    const handle = await open(file, 'r+');
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, position);
    byte[0] = (byte[0] ?? 0) ^ (1 << (position % 8));
    await handle.write(byte, 0, 1, position);
    await handle.close();
  }

  it('does not start, with a clear code, or serves what it served before, wherever a bit is flipped', {
    timeout: 1_800_000,
  }, async () => {
    const { size } = await stat(join(sound, 'log.db'));
    const codes = new Map<string, number>();
    // A fixed sequence, so that a failure can be seen again; the first hundred bytes are the header.
    let seed = 20261129;
    for (let round = 0; round < FLIPS; round++) {
      seed = (seed * 48271) % 2147483647;
      const position = round % 6 === 0 ? seed % 100 : seed % size;
      await restore();
      await flip(join(data, 'log.db'), position);
      const found = await outcome();
      const code = typeof found === 'string' ? found : 'unchanged';
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (typeof found === 'string') expect(found, `byte ${position}`).toMatch(CLEAR);
      else expect(found, `byte ${position}`).toEqual(served);
    }
    expect(codes.get('WAX_LOGSERVER_DAMAGED')).toBeGreaterThan(0);
    if (FLIPS > 100) process.stderr.write(`${FLIPS} flips: ${JSON.stringify([...codes])}\n`);
  });

  const change = async (statement: string, ...values: unknown[]) => {
    await restore();
    const database = new Database(join(data, 'log.db'));
    const { changes } = database.prepare(statement).run(...values);
    database.close();
    expect(changes).toBe(1);
    return outcome();
  };

  it.each([
    [
      'the bytes of an entry',
      "UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), 'e', 'f') AS BLOB) WHERE position = 7",
    ],
    [
      'the hash under which an entry is found',
      'UPDATE entries SET statement = zeroblob(32) WHERE position = 7',
    ],
    ['the kind of an entry', "UPDATE entries SET kind = 'machine' WHERE position = 7"],
    ['a missing entry', 'DELETE FROM entries WHERE position = 7'],
    ['the root of the head', 'UPDATE head SET root = zeroblob(32)'],
    ['the size of the head', 'UPDATE head SET size = size - 1'],
    [
      'the newest signed checkpoint',
      `UPDATE checkpoints SET note = replace(note, '${RELEASES + 1}', '20') WHERE size = ${RELEASES + 1}`,
    ],
    [
      'the size of the newest signed checkpoint',
      `UPDATE checkpoints SET size = 9999 WHERE size = ${RELEASES + 1}`,
    ],
  ])('does not start with a change in %s', async (_, statement) => {
    expect(await change(statement)).toMatch(/^WAX_LOGSERVER_(DAMAGED|BEHIND)$/);
  });

  it('does not take the checkpoint of another size for the newest it signed', async () => {
    await restore();
    const note = `${(await readFile(join(data, 'public/checkpoint'), 'utf8')).split('\n\n')[0]}\n`;
    const again = `${note}\n${await signNote(note, world.builder.signer)}`;
    expect(
      await change('UPDATE checkpoints SET size = 9999, note = ? WHERE size = ?', again, RELEASES + 1),
    ).toBe('WAX_LOGSERVER_DAMAGED');
  });

  it('does not start on a cut database, on one with a page of another, or on an empty one', async () => {
    const whole = await readFile(join(sound, 'log.db'));
    const pages = Buffer.from(whole);
    whole.copy(pages, 8192, 4096, 8192);
    for (const [bytes, codes] of [
      [whole.subarray(0, whole.length / 2), CLEAR],
      [pages, CLEAR],
      // An empty file is a new log to SQLite, and a restored folder to the log.
      [whole.subarray(0, 0), /^WAX_LOGSERVER_BEHIND$/],
    ] as const) {
      await restore();
      await writeFile(join(data, 'log.db'), bytes);
      expect(await outcome()).toMatch(codes);
    }
  });

  it('does not start where the journal of a log that was killed lost what had been published', async () => {
    const victim = await LogWorld.create();
    const [live, killed] = [join(victim.folder, 'data'), join(victim.folder, 'killed')];
    const app = await victim.start();
    for (let version = 1; version <= 3; version++) await submit(app, await victim.release(version));
    // What lies on the disk at this moment is what a kill would have left.
    await cp(live, killed, { recursive: true });
    await app.close();
    const journal = join(killed, 'log.db-wal');
    const { size } = await stat(journal);
    const open = async () => victim.start({ storage: await openLocalStorage(killed) });
    await cp(killed, `${killed}-sound`, { recursive: true });
    await flip(journal, Math.floor(size / 2));
    await expect(open()).rejects.toThrow(/WAX_LOGSERVER_(BEHIND|DAMAGED)/);
    await rm(killed, { recursive: true });
    await cp(`${killed}-sound`, killed, { recursive: true });
    expect((await (await open()).inject('/checkpoint')).body.split('\n')[1]).toBe('4');
    await victim.close();
  });

  it('serves no entry that its disk changes while it runs, and its tiles are as they were', async () => {
    await restore();
    const storage = await openLocalStorage(data);
    const { entries } = storage.entries;
    // A disk that gives back something else from now on.
    let broken = false;
    storage.entries.entries = async (start, end) =>
      (await entries(start, end)).map((stored) =>
        broken && stored.index === 5 ? { ...stored, entry: stored.entry.toReversed() } : stored,
      );
    const app = await world.start({ storage });
    broken = true;
    for (const path of ['/api/v1/entries/5', '/api/v1/entries?limit=20']) {
      const answer = await app.inject(path);
      expect([answer.statusCode, answer.json().code]).toEqual([503, 'WAX_LOGSERVER_DAMAGED']);
    }
    expect((await app.inject('/api/v1/entries/6')).statusCode).toBe(200);
    expect(`200 ${(await app.inject('/tile/entries/000.p/21')).rawPayload.toString('latin1')}`).toBe(
      served.get('/tile/entries/000.p/21'),
    );
    await app.close();
  });
});
