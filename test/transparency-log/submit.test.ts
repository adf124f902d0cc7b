import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { DAY, releaseFields } from '../support/log-builder.ts';
import { LogWorld, submit, thisSecond } from '../support/log-server.ts';

describe('submitting entries', () => {
  let world: LogWorld;
  let app: FastifyInstance;
  beforeEach(async () => {
    world = await LogWorld.create();
    app = await world.start();
  });
  afterEach(() => world.close());

  it('answers 201 with index, statement hash and where the proof is, once a checkpoint holds the entry', async () => {
    const answer = await submit(app, await world.release(1));
    expect(answer.statusCode).toBe(201);
    const { index, statementSha256, proof } = answer.json();
    expect(index).toBe(1);
    expect(statementSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(answer.headers.location).toBe('/api/v1/entries/1');
    expect((await app.inject(proof)).statusCode).toBe(200);
    expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe('2');
  });

  it('gives the same statement the same index, whoever signed it', async () => {
    const { builder } = world;
    const fields = releaseFields(builder.now, { version: 7 });
    const byTwo = await builder.entry('release', fields, { by: [0, 1] });
    const byThree = await builder.entry('release', fields, { by: [0, 1, 2] });
    const first = await submit(app, byTwo);
    const second = await submit(app, byThree);
    expect([first.statusCode, second.statusCode]).toEqual([201, 200]);
    expect(second.json()).toEqual(first.json());
  });

  it('gives one index to a statement submitted many times at once, and calls it new once', async () => {
    const entry = await world.release(1);
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit(app, entry)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([...Array(19).fill(200), 201]);
    expect(new Set(answers.map((answer) => answer.json().index))).toEqual(new Set([1]));
    expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe('2');
  });

  it('sequences what arrives together in one batch, without gaps', async () => {
    const entries = await Promise.all(Array.from({ length: 40 }, (_, version) => world.release(version + 1)));
    const answers = await Promise.all(entries.map((entry) => submit(app, entry)));
    const indices = answers.map((answer) => answer.json().index).sort((a, b) => a - b);
    expect(indices).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it('publishes what came first while more keeps coming', async () => {
    await app.close();
    const { storage, ...options } = await world.options();
    let batches = 0;
    const others: Promise<unknown>[] = [];
    // Each time a batch is written, another entry is there already: the queue never runs dry.
    const append: typeof storage.entries.append = async (...batch) => {
      batches += 1;
      if (batches < 8) others.push(submit(app, await world.release(100 + batches)));
      await setTimeout(200);
      await storage.entries.append(...batch);
    };
    app = await world.start({ ...options, storage: { ...storage, entries: { ...storage.entries, append } } });
    expect((await submit(app, await world.release(1))).statusCode).toBe(201);
    expect(batches).toBeLessThan(5);
    await Promise.all(others);
  });

  it('answers 202 with an address to ask while the witnesses are silent, and 200 there later', {
    timeout: 120_000,
  }, async () => {
    await app.close();
    app = await world.start({ submitWaitMs: 100 });
    await world.stopWitness(0);
    await world.stopWitness(1);
    const waiting = await submit(app, await world.release(1));
    expect(waiting.statusCode).toBe(202);
    const { poll } = waiting.json();
    expect(waiting.headers.location).toBe(poll);
    expect((await app.inject(poll)).statusCode).toBe(202);
    // Sequenced but not witnessed is not published.
    expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe('1');
    expect((await app.inject('/api/v1/entries/1')).statusCode).toBe(404);
    expect((await app.inject('/tile/0/000.p/2')).statusCode).toBe(404);
    const problem = async () => (await app.inject('/api/v1/status')).json().problem?.code;
    await expect.poll(problem, { timeout: 20_000 }).toBe('WAX_LOGSERVER_NO_QUORUM');

    await world.startWitness(0);
    await expect.poll(async () => (await app.inject(poll)).statusCode, { timeout: 60_000 }).toBe(200);
    expect((await app.inject(poll)).json().index).toBe(1);
  });

  it('knows nothing of a statement that nobody submitted', async () => {
    expect((await app.inject(`/api/v1/submissions/${'0'.repeat(64)}`)).statusCode).toBe(404);
    expect((await app.inject('/api/v1/submissions/xyz')).statusCode).toBe(400);
  });

  const refusals: [string, number, string, () => Promise<Uint8Array>][] = [
    ['a signature too few', 403, 'WAX_STATEMENT_THRESHOLD', () => withOptions({ by: [0] })],
    ['another log', 403, 'WAX_STATEMENT_LOG', () => withOptions({ log: 'elsewhere.example/log' })],
    [
      'a policy that is not in force',
      403,
      'WAX_STATEMENT_POLICY',
      () => withOptions({ policy: 'ab'.repeat(32) }),
    ],
    [
      'a date 8 days ago',
      403,
      'WAX_STATEMENT_STALE',
      () => withOptions({ notBefore: thisSecond() - 8 * DAY }),
    ],
    [
      'a date in 8 days',
      403,
      'WAX_STATEMENT_CLOCK',
      () => withOptions({ notBefore: thisSecond() + 8 * DAY }),
    ],
    ['a revocation of what is not there', 403, 'WAX_STATEMENT_TARGET', () => revocation(9)],
    [
      'white space in the envelope',
      400,
      'WAX_STATEMENT_ENVELOPE',
      () => respelled((text) => text.replace(':', ': ')),
    ],
    [
      'a key given twice',
      400,
      'WAX_STATEMENT_ENVELOPE',
      () => respelled((text) => text.replace('{', '{"payloadType":"x",')),
    ],
    ['something after the envelope', 400, 'WAX_STATEMENT_ENVELOPE', () => respelled((text) => `${text}\n`)],
    ['no envelope at all', 400, 'WAX_STATEMENT_ENVELOPE', async () => utf8('[]')],
    [
      'a changed signature',
      403,
      'WAX_STATEMENT_SIGNATURE',
      () => respelled((text) => text.replace(/"sig":".../, '"sig":"AAA')),
    ],
    ['more than 16 KiB', 413, 'WAX_LOGSERVER_TOO_LARGE', async () => new Uint8Array(16 * 1024 + 1)],
  ];
  const withOptions = (options: object) =>
    world.builder.entry(
      'machine',
      { platform: 'tdx', machineSha256: 'cd'.repeat(32), operator: 'Fernhill' },
      options,
    );
  const revocation = (index: number) =>
    world.builder.entry('status', {
      action: 'revoke',
      index,
      statementSha256: 'ab'.repeat(32),
      reason: 'test',
    });
  const respelled = async (change: (text: string) => string) =>
    utf8(change(parseUtf8(await world.release(1))));

  it.each(refusals)('refuses %s', async (_, status, code, make) => {
    const answer = await submit(app, await make());
    expect(answer.json().code).toBe(code);
    expect(answer.statusCode).toBe(status);
    expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe('1');
  });

  it('answers what it has accepted before it shuts down', async () => {
    await app.close();
    app = await world.start({ publishIntervalMs: 300 });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const request = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const pending = fetch(`${url}/api/v1/entries`, { ...request, body: Buffer.from(await world.release(1)) });
    await setTimeout(100);
    await app.close();
    expect((await pending).status).toBe(201);
  });

  it('refuses a body of another type, and none', async () => {
    const body = Buffer.from(await world.release(1));
    const other = await app.inject({
      method: 'POST',
      url: '/api/v1/entries',
      headers: { 'content-type': 'text/plain' },
      body,
    });
    expect([other.statusCode, other.json().code]).toEqual([415, 'WAX_LOGSERVER_MEDIA_TYPE']);
    const none = await app.inject({ method: 'POST', url: '/api/v1/entries' });
    expect([none.statusCode, none.json().code]).toEqual([400, 'WAX_LOGSERVER_REQUEST']);
  });

  it('puts a new policy in force for the entries after it, and no other', async () => {
    const { builder } = world;
    const underOld = await world.release(1);
    const changed = await builder.add('policy', { publishers: builder.publisherList([0]), threshold: 1 });
    const underNew = await world.release(2);
    expect((await submit(app, underNew)).json().code).toBe('WAX_STATEMENT_POLICY');
    expect((await submit(app, changed.bytes)).statusCode).toBe(201);
    expect((await submit(app, underNew)).statusCode).toBe(201);
    expect((await submit(app, underOld)).json().code).toBe('WAX_STATEMENT_POLICY');
  });

  it('refuses what was verified under a policy that changed before its turn came', async () => {
    await app.close();
    app = await world.start({ publishIntervalMs: 200 });
    const { builder } = world;
    const underOld = await world.release(1);
    const changed = await builder.add('policy', { publishers: builder.publisherList([0]), threshold: 1 });
    // Both are verified under the old policy, then wait for the same batch.
    const [policy, release] = await Promise.all([submit(app, changed.bytes), submit(app, underOld)]);
    expect(policy.statusCode).toBe(201);
    expect(release.json().code).toBe('WAX_STATEMENT_POLICY');
  });
});

describe('a log near its end', () => {
  let world: LogWorld;
  beforeEach(async () => {
    world = await LogWorld.create();
  });
  afterEach(() => world.close());

  it('keeps its last places for what takes back or closes, and takes nothing after that', async () => {
    const app = await world.start({ budget: 5 });
    const { builder } = world;
    const first = await submit(app, await world.release(1));
    await submit(app, await world.release(2));
    const full = await submit(app, await world.release(3));
    expect([full.statusCode, full.json().code]).toEqual([410, 'WAX_LOGSERVER_FULL']);

    const { index, statementSha256 } = first.json();
    const revoked = await submit(
      app,
      await builder.entry('status', { action: 'revoke', index, statementSha256, reason: 'x' }),
    );
    expect(revoked.statusCode).toBe(201);
    const again = await submit(
      app,
      await builder.entry('status', { action: 'revoke', index, statementSha256, reason: 'y' }),
    );
    expect(again.json().code).toBe('WAX_LOGSERVER_FULL');

    const closing = await builder.entry('log-closed', { successor: null, reason: 'full' });
    expect((await submit(app, closing)).json().index).toBe(4);
    const late = await submit(app, await world.release(9));
    expect([late.statusCode, late.json().code]).toEqual([410, 'WAX_LOGSERVER_CLOSED']);
  });

  it('stays closed after a restart, and still says where old statements are', async () => {
    const app = await world.start();
    const release = await world.release(1);
    await submit(app, release);
    await submit(app, await world.builder.entry('log-closed', { successor: null, reason: 'end' }));
    await app.close();
    const again = await world.start();
    expect((await submit(again, await world.release(2))).json().code).toBe('WAX_LOGSERVER_CLOSED');
    expect((await submit(again, release)).json().index).toBe(1);
  });
});
