import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { verifyProof } from '../../protocol/log/proof.ts';
import {
  entriesPath,
  parseEntryBundle,
  parseTile,
  tilePath,
  tilesAtLevel,
} from '../../protocol/log/tiles.ts';
import { hashLeaf } from '../../protocol/log/tree.ts';
import { LogWorld, submit } from '../support/log-server.ts';
import { merkleOracle } from '../support/merkle-oracle.ts';

describe('the static files', () => {
  let world: LogWorld;
  let app: FastifyInstance;
  const submitted: Uint8Array[] = [];

  beforeAll(async () => {
    world = await LogWorld.create();
    app = await world.start({ refreshIntervalMs: 50 });
    submitted.push(world.policyEntry);
    // In several batches, over the first full tile.
    for (const count of [3, 97, 158, 12]) {
      const start = submitted.length;
      const batch = await Promise.all(Array.from({ length: count }, (_, i) => world.release(start + i)));
      await Promise.all(batch.map((entry) => submit(app, entry)));
      submitted.push(...batch);
    }
  });
  afterAll(() => world.close());

  const get = async (path: string) => {
    const { statusCode, headers, rawPayload } = await app.inject(path);
    return { statusCode, headers, bytes: new Uint8Array(rawPayload) };
  };

  it('give back every entry, under a root that an independent implementation agrees with', async () => {
    const { size, root } = await verifyCheckpoint(
      (await get('/checkpoint')).bytes,
      world.builder.signer.verifierKey,
    );
    expect(size).toBe(271);
    const full = parseEntryBundle((await get('/tile/entries/000')).bytes, 256);
    const partial = parseEntryBundle((await get('/tile/entries/001.p/15')).bytes, 15);
    const entries = [...full, ...partial];
    expect(new Set(entries.map(toHex))).toEqual(new Set(submitted.map(toHex)));
    expect(toHex(merkleOracle(entries).root())).toBe(toHex(root));
  });

  it('hold the hashes of the tree, level by level', async () => {
    const entries = parseEntryBundle((await get('/tile/entries/000')).bytes, 256);
    const leaves = parseTile((await get('/tile/0/000')).bytes, 256);
    expect(leaves.map(toHex)).toEqual(entries.map((entry) => toHex(hashLeaf(entry))));
    const [top] = parseTile((await get('/tile/1/000.p/1')).bytes, 1);
    expect(top && toHex(top)).toBe(toHex(merkleOracle(entries).root()));
    const rest = parseTile((await get('/tile/0/001.p/15')).bytes, 15);
    const { root } = await verifyCheckpoint(
      (await get('/checkpoint')).bytes,
      world.builder.signer.verifierKey,
    );
    const oracle = merkleOracle([
      ...entries,
      ...parseEntryBundle((await get('/tile/entries/001.p/15')).bytes, 15),
    ]);
    expect(toHex(root)).toBe(toHex(oracle.root()));
    expect(rest).toHaveLength(15);
  });

  it('are there for every size that was published, at every level, until a full one has replaced them', async () => {
    const other = await LogWorld.create();
    try {
      const grown = await other.start({ publishIntervalMs: 10, refreshIntervalMs: 1e8 });
      const sizes = [1];
      for (const count of [2, 252, 1, 1, 3]) {
        const start = sizes.at(-1) ?? 0;
        const batch = await Promise.all(Array.from({ length: count }, (_, i) => other.release(start + i)));
        await Promise.all(batch.map((entry) => submit(grown, entry)));
        sizes.push(Number((await grown.inject('/checkpoint')).body.split('\n')[1]));
      }
      expect(sizes).toEqual([1, 3, 255, 256, 257, 260]);
      for (const size of sizes) {
        for (const [level, hashes] of [size, Math.floor(size / 256)].entries()) {
          for (const { index, width } of tilesAtLevel(0, hashes)) {
            const tile = await grown.inject(`/${tilePath(level, index, width)}`);
            expect([tile.statusCode, tile.rawPayload.length], `${size} ${level}`).toEqual([200, 32 * width]);
            if (level > 0) continue;
            const bundle = await grown.inject(`/${entriesPath(index, width)}`);
            expect(parseEntryBundle(new Uint8Array(bundle.rawPayload), width)).toHaveLength(width);
          }
        }
      }
    } finally {
      await other.close();
    }
  });

  it('come with types and caching that a CDN can follow, open to any page', async () => {
    const checkpoint = await get('/checkpoint');
    expect(checkpoint.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'public, max-age=1, must-revalidate',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
    for (const path of ['/tile/0/000', '/tile/entries/001.p/15']) {
      expect((await get(path)).headers).toMatchObject({
        'content-type': 'application/octet-stream',
        'cache-control': 'public, max-age=31536000, immutable',
        'access-control-allow-origin': '*',
      });
    }
  });

  it('give the part that is asked for, and everything to who asks for what is not understood', async () => {
    const path = '/tile/entries/001.p/15';
    const whole = (await get(path)).bytes;
    const ask = async (headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET') => {
      const answer = await app.inject({ method, url: path, headers });
      return { ...answer, bytes: new Uint8Array(answer.rawPayload) };
    };
    const end = await ask({ range: 'bytes=1000-' });
    expect(end.statusCode).toBe(206);
    expect(end.headers).toMatchObject({
      'content-range': `bytes 1000-${whole.length - 1}/${whole.length}`,
      'content-length': String(whole.length - 1000),
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-expose-headers': 'content-range',
    });
    expect(end.bytes).toEqual(whole.subarray(1000));
    expect((await ask({ range: 'bytes=2-3' })).bytes).toEqual(whole.subarray(2, 4));
    const beyond = await ask({ range: `bytes=${whole.length}-` });
    expect(beyond.statusCode).toBe(416);
    expect(beyond.headers).toMatchObject({
      'content-range': `bytes */${whole.length}`,
      'cache-control': 'no-store',
    });
    expect(beyond.bytes).toHaveLength(0);
    for (const headers of [{ range: 'bytes=0-1,4-5' }, { range: 'bytes=2-3', 'if-range': '"x"' }]) {
      const answer = await ask(headers);
      expect(answer.statusCode).toBe(200);
      expect(answer.bytes).toEqual(whole);
    }
    expect((await ask({ range: 'bytes=2-3' }, 'HEAD')).statusCode).toBe(200);
  });

  it('let pages elsewhere ask for a part', async () => {
    const { statusCode, headers } = await app.inject({ method: 'OPTIONS', url: '/tile/entries/000' });
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'range',
      'access-control-allow-methods': 'GET',
    });
  });

  it.each([
    '/tile/0/001',
    '/tile/0/001.p/16',
    '/tile/0/001.p/0',
    '/tile/0/001.p/256',
    '/tile/0/002',
    '/tile/1/000',
    '/tile/2/000.p/1',
    '/tile/64/000',
    '/tile/00/000',
    '/tile/0/0',
    '/tile/0/x000/000',
    '/tile/0/%3000',
    '/tile/0/000?x=1',
    '/tile/0/../../log.db',
    '/tile/entries/../../../log.db',
    '/tile/entries/002',
    '/tile/0/000/',
    '/log.db',
    '/checkpoint/',
  ])('do not exist at %s', async (path) => {
    const { statusCode, headers } = await get(path);
    expect(statusCode).toBe(404);
    // A client that comes too early must not be told the same for a year.
    expect(headers['cache-control']).toBe('no-store');
  });

  it('prove each entry offline, with the cosignatures of a quorum', async () => {
    const { builder } = world;
    const entries = parseEntryBundle((await get('/tile/entries/000')).bytes, 256);
    for (const index of [0, 1, 100, 255]) {
      const proof = (await get(`/api/v1/entries/${index}/proof`)).bytes;
      const claim = {
        proof,
        entry: entries[index] ?? new Uint8Array(),
        logKey: builder.signer.verifierKey,
        witnesses: builder.witnesses.map(({ verifierKey }) => verifierKey),
        quorum: 3,
      };
      expect((await verifyProof(claim)).index).toBe(index);
      await expect(
        verifyProof({ ...claim, entry: entries[index + 1] ?? new Uint8Array() }),
      ).rejects.toThrow();
    }
  });

  it('lose partial tiles some time after a full one replaced them, and never the full one', async () => {
    await expect.poll(async () => (await get('/tile/0/000.p/101')).statusCode, { timeout: 10_000 }).toBe(404);
    expect((await get('/tile/entries/000.p/101')).statusCode).toBe(404);
    expect((await get('/tile/0/000')).statusCode).toBe(200);
    expect((await get('/tile/0/001.p/15')).statusCode).toBe(200);
  });

  it('get younger cosignatures without growing', async () => {
    const times = async () =>
      (await app.inject('/api/v1/status'))
        .json()
        .witnesses.map(({ cosignedAt }: { cosignedAt: string }) => Date.parse(cosignedAt));
    const before = Math.max(...(await times()));
    await expect.poll(async () => Math.min(...(await times())), { timeout: 10_000 }).toBeGreaterThan(before);
    expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe('271');
  });
});
