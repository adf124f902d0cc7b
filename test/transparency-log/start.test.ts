import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signerFromSeed } from '../../protocol/log/signer.ts';
import { openLocalStorage } from '../../transparency-log/storage/local.ts';
import { LogBuilder, testSeed } from '../support/log-builder.ts';
import { LogWorld, submit, thisSecond } from '../support/log-server.ts';

const refusal = async (work: Promise<unknown>) =>
  work.then(
    () => 'no refusal',
    (error: { code?: string }) => error.code,
  );

describe('starting a log', () => {
  let world: LogWorld;
  let data: string;
  beforeEach(async () => {
    world = await LogWorld.create();
    data = join(world.folder, 'data');
  });
  afterEach(() => world.close());

  /** A log with `count` releases in it, stopped again. */
  async function run(count: number, firstVersion = 1): Promise<void> {
    const app = await world.start();
    for (let i = 0; i < count; i++) {
      const answer = await submit(app, await world.release(firstVersion + i));
      expect(answer.statusCode).toBe(201);
    }
    await app.close();
  }

  it('sequences its first policy and publishes it before it takes anything', async () => {
    const app = await world.start();
    expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe('1');
    expect((await app.inject('/api/v1/entries/0')).json().kind).toBe('policy');
  });

  it('goes on where it left off', async () => {
    await run(2);
    const app = await world.start();
    expect((await submit(app, await world.release(3))).json().index).toBe(3);
  });

  it('refuses another key', async () => {
    await run(1);
    const signer = signerFromSeed(world.builder.origin, 1, testSeed('another'));
    expect(await refusal(world.start({ signer }))).toBe('WAX_LOGSERVER_FOREIGN_KEY');
  });

  it('refuses another origin', async () => {
    await run(1);
    expect(await refusal(world.start({ origin: 'log.example/other' }))).toBe('WAX_LOGSERVER_ORIGIN');
  });

  it('refuses another first policy', async () => {
    await run(1);
    const other = await LogBuilder.create({ at: thisSecond(), publishers: 2 });
    const policyEntry = other.entries[0] ?? new Uint8Array();
    expect(await refusal(world.start({ policyEntry }))).toBe('WAX_LOGSERVER_POLICY');
  });

  it('refuses a folder that another process has open', async () => {
    const first = await openLocalStorage(data);
    expect(await refusal(openLocalStorage(data))).toBe('WAX_LOGSERVER_LOCKED');
    await first.entries.close();
    const second = await openLocalStorage(data);
    await second.entries.close();
  });

  it('refuses a folder restored from a backup, because the witnesses have seen more', async () => {
    await run(1);
    await cp(data, join(world.folder, 'backup'), { recursive: true });
    await run(1, 2);
    await rm(data, { recursive: true });
    await rename(join(world.folder, 'backup'), data);
    expect(await refusal(world.start())).toBe('WAX_LOGSERVER_BEHIND');
  });

  it('refuses an empty folder in the place of a log that witnesses have seen', async () => {
    await run(1);
    await rm(data, { recursive: true });
    expect(await refusal(world.start())).toBe('WAX_LOGSERVER_BEHIND');
  });

  it('refuses a database older than the checkpoint that lies beside it', async () => {
    await run(1);
    await cp(join(data, 'log.db'), join(world.folder, 'old.db'));
    await run(1, 2);
    await cp(join(world.folder, 'old.db'), join(data, 'log.db'));
    for (const index of [0, 1, 2]) await world.stopWitness(index);
    expect(await refusal(world.start())).toBe('WAX_LOGSERVER_BEHIND');
  });

  it('refuses to sign where its public address shows more than it has', async () => {
    await run(2);
    const shown = (await openLocalStorage(data)) satisfies object;
    const checkpoint = await shown.files.read('checkpoint');
    await shown.entries.close();
    await rm(data, { recursive: true });
    // Witnesses that lost their memory do not help whoever lost the database.
    for (const index of [0, 1, 2]) {
      await world.stopWitness(index);
      await rm(join(world.folder, `witness-${index}.db`));
      await world.startWitness(index);
    }
    const publicUrl = 'https://log.example';
    const answer = async (input: Parameters<typeof fetch>[0], init?: RequestInit) =>
      String(input).startsWith(publicUrl) ? new Response(Buffer.from(checkpoint ?? [])) : fetch(input, init);
    expect(await refusal(world.start({ publicUrl, fetch: answer }))).toBe('WAX_LOGSERVER_BEHIND');
  });

  it.each([
    ['an endless one', '', 'WAX_HTTP_TOO_LARGE'],
    ['one of another log', 'log.example/other\n1\n', 'WAX_LOG_NOTE'],
  ])(
    'refuses to sign where its public address shows no checkpoint of its own: %s',
    async (_, text, reason) => {
      let sent = 0;
      const server = createServer((_request, response) => {
        if (text !== '') return response.end(text);
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536;
        };
        more();
        return response.on('drain', more);
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      try {
        const start = world.start({ publicUrl: `http://127.0.0.1:${port}` });
        await expect(start).rejects.toMatchObject({
          code: 'WAX_LOGSERVER_CONFIG',
          detail: expect.stringContaining(reason),
        });
        // No more of it is taken than the limit, and what lies in buffers on the way.
        expect(sent).toBeLessThan(32 << 20);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  );

  it('signs where nothing answers at its public address', async () => {
    const app = await world.start({ publicUrl: 'http://127.0.0.1:9' });
    expect((await submit(app, await world.release(1))).statusCode).toBe(201);
  });

  it('refuses a history that differs from what a witness saw', async () => {
    await run(1);
    await rm(data, { recursive: true });
    // The same log once more, with another entry in the same place, while its witnesses are asleep.
    for (const index of [0, 1, 2]) await world.stopWitness(index);
    const other = await LogWorld.create({ at: world.builder.now });
    await other.start().then(async (app) => {
      await submit(app, await other.release(99));
      await app.close();
    });
    await cp(join(other.folder, 'data'), data, { recursive: true });
    await other.close();
    for (const index of [0, 1, 2]) await world.startWitness(index);
    expect(await refusal(world.start())).toBe('WAX_LOGSERVER_TWO_ROOTS');
  });

  it('refuses a database in which an entry was exchanged', async () => {
    await run(2);
    const database = new Database(join(data, 'log.db'));
    const [one, two] = [1, 2].map((position) =>
      database.prepare('SELECT entry FROM entries WHERE position = ?').pluck().get(position),
    );
    database.prepare('UPDATE entries SET entry = ? WHERE position = 1').run(two);
    database.prepare('UPDATE entries SET entry = ? WHERE position = 2').run(one);
    database.close();
    expect(await refusal(world.start())).toBe('WAX_LOGSERVER_DAMAGED');
  });

  it('refuses a file that is no database', async () => {
    await mkdir(data);
    await writeFile(join(data, 'log.db'), 'x'.repeat(4096));
    expect(await refusal(openLocalStorage(data))).toBe('WAX_LOGSERVER_DAMAGED');
  });

  it('writes missing and damaged tiles again', async () => {
    await run(2);
    await writeFile(join(data, 'public/tile/0/000.p/3'), 'damaged');
    await rm(join(data, 'public/tile/entries'), { recursive: true });
    const app = await world.start();
    expect((await app.inject('/tile/0/000.p/3')).rawPayload).toHaveLength(96);
    expect((await app.inject('/tile/entries/000.p/3')).statusCode).toBe(200);
  });

  it('serves but signs nothing while too few witnesses answer, and goes on once enough do', {
    timeout: 30_000,
  }, async () => {
    await run(1);
    await world.stopWitness(0);
    await world.stopWitness(1);
    const app = await world.start();
    const before = (await app.inject('/checkpoint')).body;
    expect(before.split('\n')[1]).toBe('2');
    const refused = await submit(app, await world.release(2));
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'WAX_LOGSERVER_NO_QUORUM']);
    expect(refused.headers['retry-after']).toBe('5');
    expect((await app.inject('/api/v1/status')).json().accepting).toBe(false);
    await world.startWitness(0);
    await expect
      .poll(async () => (await app.inject('/api/v1/status')).json().accepting, { timeout: 15_000 })
      .toBe(true);
    expect((await submit(app, await world.release(2))).statusCode).toBe(201);
  });

  it('stops for good when a witness turns out to have seen another history under its signature', async () => {
    await run(1);
    const backup = join(world.folder, 'backup');
    await cp(data, backup, { recursive: true });
    const forgetful = [0, 1].map((index) => join(world.folder, `witness-${index}.db`));
    for (const index of [0, 1]) await world.stopWitness(index);
    for (const file of forgetful) await cp(file, `${file}.old`);
    for (const index of [0, 1]) await world.startWitness(index);
    await run(2, 2);
    // Log and two witnesses go back in time; the third slept when the log asked.
    await rm(data, { recursive: true });
    await rename(backup, data);
    for (const index of [0, 1, 2]) await world.stopWitness(index);
    for (const file of forgetful) await rename(`${file}.old`, file);
    for (const index of [0, 1]) await world.startWitness(index);
    const problems: string[] = [];
    const app = await world.start({ onProblem: ({ code }) => problems.push(code) });
    await world.startWitness(2);

    expect((await submit(app, await world.release(8))).json().code).toBe('WAX_LOGSERVER_BEHIND');
    expect((await submit(app, await world.release(9))).json().code).toBe('WAX_LOGSERVER_BEHIND');
    expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe('2');
    expect(problems).toEqual(['WAX_LOGSERVER_BEHIND']);
  });

  it('does not let a witness stop it by its bare word', async () => {
    await world.stopWitness(2);
    const port = Number(new URL(world.endpoints[2]?.url ?? '').port);
    const liar = fastify();
    liar.removeAllContentTypeParsers();
    liar.addContentTypeParser('*', (_request, payload, done) => payload.resume().on('end', () => done(null)));
    liar.post('/add-checkpoint', (_, reply) => reply.code(409).type('text/x.tlog.size').send('1000000\n'));
    await liar.listen({ host: '127.0.0.1', port });
    const app = await world.start();
    expect((await submit(app, await world.release(1))).statusCode).toBe(201);
    const { witnesses } = (await app.inject('/api/v1/status')).json();
    expect(witnesses[2].problem).toBe('WAX_WITNESS_AHEAD');
    await liar.close();
  });
});

/** A file system of one megabyte, where this user may mount one. */
function mountSmall(folder: string): boolean {
  try {
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('skipped: a small file system cannot be mounted here\n');
    return false;
  }
}

describe('a disk that', () => {
  let world: LogWorld;
  let disk: string;
  beforeEach(async () => {
    world = await LogWorld.create();
    disk = join(world.folder, 'disk');
    await mkdir(disk);
  });
  afterEach(() => world.close());

  it('is read-only is named as such at start', async ({ skip }) => {
    if (!mountSmall(disk)) skip();
    try {
      const app = await world.start({ storage: await openLocalStorage(join(disk, 'data')) });
      await app.close();
      execFileSync('/usr/bin/mount', ['-o', 'remount,ro', disk]);
      expect(await refusal(openLocalStorage(join(disk, 'data')))).toBe('WAX_LOGSERVER_DISK_READ_ONLY');
    } finally {
      execFileSync('/usr/bin/umount', ['-l', disk]);
    }
  });

  /** Takes every last block of the disk, and gives the name of the file to delete. */
  async function fillUp(): Promise<string> {
    const filler = join(disk, 'filler');
    for (const bytes of [65_536, 4096, 1]) {
      const block = Buffer.alloc(bytes);
      while (
        await appendFile(filler, block).then(
          () => true,
          () => false,
        )
      );
    }
    return filler;
  }

  it('is full already is named as such at start, by a new log and by one that was there', async ({
    skip,
  }) => {
    if (!mountSmall(disk)) skip();
    try {
      let filler = await fillUp();
      expect(await refusal(openLocalStorage(join(disk, 'data')))).toBe('WAX_LOGSERVER_DISK_FULL');
      await rm(filler);
      const open = async () => world.start({ storage: await openLocalStorage(join(disk, 'data')) });
      const app = await open();
      expect((await submit(app, await world.release(1))).statusCode).toBe(201);
      await app.close();
      filler = await fillUp();
      expect(await refusal(open())).toBe('WAX_LOGSERVER_DISK_FULL');
      // With room again it goes on where it was.
      await rm(filler);
      expect((await submit(await open(), await world.release(2))).json().index).toBe(2);
    } finally {
      execFileSync('/usr/bin/umount', ['-l', disk]);
    }
  });

  it('fills up stops the log with a clear code, and loses nothing', async ({ skip }) => {
    if (!mountSmall(disk)) skip();
    try {
      const storage = await openLocalStorage(join(disk, 'data'));
      const app = await world.start({ storage });
      let code: string | undefined;
      let acknowledged = 0;
      for (let version = 1; version < 500 && code === undefined; version++) {
        const answer = await submit(app, await world.release(version));
        if (answer.statusCode === 201) acknowledged = answer.json().index;
        else code = answer.json().code;
      }
      expect(code).toBe('WAX_LOGSERVER_DISK_FULL');
      expect((await submit(app, await world.release(1000))).statusCode).toBe(503);
      expect((await app.inject('/api/v1/status')).json().problem.code).toBe('WAX_LOGSERVER_DISK_FULL');
      expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe(String(acknowledged + 1));
      await app.close();

      // With room again it goes on, with every acknowledged entry in its place.
      execFileSync('/usr/bin/mount', ['-o', 'remount,size=16m', disk]);
      const again = await world.start({ storage: await openLocalStorage(join(disk, 'data')) });
      expect((await again.inject(`/api/v1/entries/${acknowledged}`)).statusCode).toBe(200);
      expect((await submit(again, await world.release(1001))).statusCode).toBe(201);
      await again.close();
    } finally {
      execFileSync('/usr/bin/umount', ['-l', disk]);
    }
  });
});
