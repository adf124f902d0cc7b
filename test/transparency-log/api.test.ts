import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { keyId } from '../../protocol/log/dsse.ts';
import { releaseFields, testDigest } from '../support/log-builder.ts';
import { LogWorld, submit } from '../support/log-server.ts';

describe('the JSON interface', () => {
  let world: LogWorld;
  let app: FastifyInstance;
  const launchDigest = 'c0ffee42'.padEnd(96, '7');

  beforeAll(async () => {
    world = await LogWorld.create();
    app = await world.start();
    const { builder } = world;
    const measured = { 'sev-snp': [{ shape: '4 vCPU', registers: { launchDigest } }] };
    await submit(app, await world.release(1));
    await submit(
      app,
      await builder.entry('release', releaseFields(builder.now, { version: 2, measurements: measured })),
    );
    await submit(
      app,
      await builder.entry('release', releaseFields(builder.now, { product: 'other', version: 2 }), {
        by: [1, 2],
      }),
    );
  });
  afterAll(() => world.close());

  const search = async (query: string) => {
    const answer = await app.inject(`/api/v1/search?${query}`);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json().hits.map(({ index }: { index: number }) => index);
  };

  it('shows an entry with the bytes in the log and the statement in them', async () => {
    const entry = (await app.inject('/api/v1/entries/2')).json();
    expect(entry).toMatchObject({ index: 2, kind: 'release' });
    expect(entry.statement.predicate).toMatchObject({ product: 'waxseal-demo', version: 2 });
    const envelope = JSON.parse(Buffer.from(entry.entry, 'base64').toString());
    expect(JSON.parse(Buffer.from(envelope.payload, 'base64').toString())).toEqual(entry.statement);
  });

  it.each(['/api/v1/entries/4', '/api/v1/entries/4/proof'])(
    'answers 404 for %s, which is not there',
    async (path) => {
      const answer = await app.inject(path);
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'WAX_LOGSERVER_NO_SUCH_ENTRY']);
    },
  );

  it('finds entries by the start of a measurement, newest first, and tells measurements from other digests', async () => {
    expect(await search(`measurement=${launchDigest.slice(0, 8)}`)).toEqual([2]);
    expect(await search(`measurement=${testDigest('launch', 48)}`)).toEqual([3, 1]);
    expect(await search(`measurement=${testDigest('config')}`)).toEqual([]);
    expect(await search(`digest=${testDigest('config').slice(0, 16)}`)).toEqual([3, 2, 1]);
    expect(await search(`digest=${launchDigest.slice(0, 8)}`)).toEqual([]);
  });

  it('finds an entry by its own statement hash', async () => {
    const { statementSha256 } = (await app.inject('/api/v1/entries/1')).json();
    expect(await search(`digest=${statementSha256}`)).toEqual([1]);
  });

  it('finds entries by product, version, and publisher by name or key', async () => {
    expect(await search('product=waxseal-demo')).toEqual([2, 1]);
    expect(await search('product=waxseal-demo&version=2')).toEqual([2]);
    expect(await search('publisher=publisher-0')).toEqual([2, 1, 0]);
    const [, , third] = world.builder.publishers;
    expect(await search(`publisher=${keyId(third?.publicKey ?? new Uint8Array())}`)).toEqual([3]);
    expect(await search('publisher=publisher-1&product=other')).toEqual([3]);
  });

  it('lists entries, the newest first, in pages that lead to one another', async () => {
    const pages: number[][] = [];
    for (let path: string | null = '/api/v1/entries?limit=3'; path !== null; ) {
      const page: { size: number; entries: { index: number }[]; next: string | null } = (
        await app.inject(path)
      ).json();
      expect(page.size).toBe(4);
      pages.push(page.entries.map(({ index }) => index));
      path = page.next;
    }
    expect(pages).toEqual([[3, 2, 1], [0]]);
    const [newest] = (await app.inject('/api/v1/entries?limit=1')).json().entries;
    expect(newest).toEqual((await app.inject('/api/v1/entries/3')).json());
    expect((await app.inject('/api/v1/entries?before=0')).json()).toEqual({
      size: 4,
      entries: [],
      next: null,
    });
    expect((await app.inject('/api/v1/entries?before=99')).json().entries).toHaveLength(4);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'before=-1', 'before=1.5', 'start=1', 'limit=1&limit=2'])(
    'refuses the list "%s"',
    async (query) => {
      const answer = await app.inject(`/api/v1/entries?${query}`);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'WAX_LOGSERVER_REQUEST']);
    },
  );

  it('names the next page of a search with all that was searched for, and none after the last', async () => {
    const first = (await app.inject('/api/v1/search?publisher=Publisher-1&limit=2')).json();
    expect(first.next).toBe('/api/v1/search?publisher=Publisher-1&limit=2&before=2');
    const second = (await app.inject(first.next)).json();
    expect(second.hits.map(({ index }: { index: number }) => index)).toEqual([1, 0]);
    const last = (await app.inject(second.next)).json();
    expect([last.hits, last.next]).toEqual([[], null]);
    expect((await app.inject('/api/v1/search?product=other')).json().next).toBeNull();
  });

  it('pages through hits', async () => {
    expect(await search('publisher=publisher-1&limit=2')).toEqual([3, 2]);
    expect(await search('publisher=publisher-1&limit=2&before=2')).toEqual([1, 0]);
  });

  it.each([
    '',
    'limit=5',
    'measurement=abc',
    'measurement=XYZ01234',
    'digest=0123456',
    'version=2',
    'product=x&version=two',
    'product=x&version=0',
    'product=x&limit=0',
    'product=x&limit=101',
    'product=x&unknown=1',
    'product=x&product=y',
    `product=${'x'.repeat(65)}`,
  ])('refuses the search "%s"', async (query) => {
    const answer = await app.inject(`/api/v1/search?${query}`);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'WAX_LOGSERVER_REQUEST']);
  });

  it.each([
    '/api/v1/entries/-1',
    '/api/v1/entries/1.5',
    '/api/v1/entries/x',
    '/api/v1/entries/9007199254740993',
  ])('refuses %s', async (path) => {
    expect((await app.inject(path)).statusCode).toBeGreaterThanOrEqual(400);
    expect((await app.inject(path)).statusCode).toBeLessThan(500);
  });

  it('says what the log is and how it does', async () => {
    const { builder } = world;
    expect((await app.inject('/api/v1/status')).json()).toMatchObject({
      origin: builder.origin,
      key: builder.signer.verifierKey.text,
      size: 4,
      accepting: true,
      problem: null,
      quorum: 2,
      witnesses: builder.witnesses.map(({ verifierKey }) => ({ name: verifierKey.name, problem: null })),
    });
  });

  it.each([
    '/api/v1/status',
    '/api/v1/entries',
    '/api/v1/entries/1',
    '/api/v1/entries/1/proof',
    '/checkpoint',
  ])('answers 304 for %s to whoever has it, and the whole to whoever has something else', async (url) => {
    const whole = await app.inject(url);
    const tag = String(whole.headers.etag);
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await app.inject({ url, headers: { 'if-none-match': known } });
      expect([answer.statusCode, answer.body, answer.headers.etag], known).toEqual([304, '', tag]);
      expect(answer.headers['cache-control']).toBe(whole.headers['cache-control']);
      expect(answer.headers['content-length'] ?? '0').toBe('0');
    }
    for (const known of ['"other"', tag.slice(1, -1), '', `${tag}x`]) {
      const answer = await app.inject({ url, headers: { 'if-none-match': known } });
      expect([answer.statusCode, answer.body], known).toEqual([200, whole.body]);
    }
    const head = await app.inject({ method: 'HEAD', url });
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', tag]);
  });

  it('gives another tag as soon as the answer is another, and none to refusals and to what never changes', async () => {
    const grown = await LogWorld.create();
    const server = await grown.start();
    const before = (await server.inject('/api/v1/entries')).headers.etag;
    await submit(server, await grown.release(1));
    const after = await server.inject({
      url: '/api/v1/entries',
      headers: { 'if-none-match': String(before) },
    });
    expect([after.statusCode, after.json().size]).toEqual([200, 2]);
    for (const url of ['/api/v1/entries/99', '/tile/0/000.p/2']) {
      expect((await server.inject(url)).headers.etag, url).toBeUndefined();
    }
    await grown.close();
  });

  it('is open to any page, never kept without being asked again, and never read as something else', async () => {
    for (const path of ['/api/v1/status', '/api/v1/entries/1', '/nothing']) {
      expect((await app.inject(path)).headers).toMatchObject({
        'access-control-allow-origin': '*',
        'cache-control': path === '/nothing' ? 'no-store' : 'no-cache',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    }
  });

  it('tells nothing of what fails inside', async () => {
    const broken = await LogWorld.create();
    const storage = (await broken.options()).storage;
    const read = storage.files.read;
    const failing = { ...storage, files: { ...storage.files, read } };
    const server = await broken.start({ storage: failing });
    failing.files.read = async () => {
      throw new Error('/secret/path');
    };
    const answer = await server.inject('/checkpoint');
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'WAX_LOGSERVER_INTERNAL']);
    expect(answer.body).not.toContain('secret');
    await broken.close();
  });
});

describe('the OpenAPI document', () => {
  let world: LogWorld;
  let document: {
    openapi: string;
    paths: Record<
      string,
      Record<
        string,
        {
          operationId: string;
          summary: string;
          responses: Record<string, { content?: Record<string, { schema: object }> }>;
          requestBody?: { content: object };
        }
      >
    >;
  };
  let app: FastifyInstance;
  beforeAll(async () => {
    world = await LogWorld.create();
    app = await world.start();
    document = (await app.inject('/openapi.json')).json();
  });
  afterAll(() => world.close());

  it('lists exactly the routes of the JSON interface', () => {
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
    );
    expect(operations.sort()).toEqual([
      'get /api/v1/entries listEntries',
      'get /api/v1/entries/{index} getEntry',
      'get /api/v1/entries/{index}/proof getProof',
      'get /api/v1/search search',
      'get /api/v1/status getStatus',
      'get /api/v1/submissions/{statement} pollSubmission',
      'post /api/v1/entries submitEntry',
    ]);
  });

  it('names the body of a submission, every answer and every refusal', () => {
    const submission = document.paths['/api/v1/entries']?.post;
    expect(Object.keys(submission?.requestBody?.content ?? {})).toEqual(['application/json']);
    expect(Object.keys(submission?.responses ?? {}).sort()).toEqual(['200', '201', '202', '4XX', '5XX']);
    for (const methods of Object.values(document.paths)) {
      for (const { summary, responses } of Object.values(methods)) {
        expect(summary).not.toBe('');
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '4XX', '5XX']));
      }
    }
  });

  it('names the answer to whoever has it already, wherever there is something to read', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      if (path.includes('submissions') || methods.get === undefined) continue;
      expect(Object.keys(methods.get.responses), path).toContain('304');
    }
  });

  it('describes lists as they are answered', async () => {
    for (const path of ['/api/v1/entries', '/api/v1/search']) {
      const schema = document.paths[path]?.get?.responses['200']?.content?.['application/json']?.schema;
      const answer = (
        await app.inject(`${path}${path.endsWith('search') ? '?publisher=publisher-0' : ''}`)
      ).json();
      expect(Object.keys(answer).sort()).toEqual(
        Object.keys((schema as { properties: object }).properties).sort(),
      );
    }
  });

  it('describes what is really answered: no field is missing and none is dropped', async () => {
    const status =
      document.paths['/api/v1/status']?.get?.responses['200']?.content?.['application/json']?.schema;
    const keys = Object.keys((status as { properties: object }).properties).sort();
    expect(Object.keys((await app.inject('/api/v1/status')).json()).sort()).toEqual(keys);
    const proof = document.paths['/api/v1/entries/{index}/proof']?.get?.responses['200']?.content;
    expect(Object.keys(proof ?? {})).toEqual(['text/plain']);
    expect((await app.inject('/api/v1/entries/0/proof')).headers['content-type']).toContain('text/plain');
    expect(
      toHex(new Uint8Array((await app.inject('/api/v1/entries/0/proof')).rawPayload)).length,
    ).toBeGreaterThan(0);
  });
});
