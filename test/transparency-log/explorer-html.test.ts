/** The explorer's pages as the server writes them, read without a browser. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseBase64, toHex } from '../../protocol/bytes.ts';
import { type LogBuilder, releaseFields, testDigest } from '../support/log-builder.ts';
import { LogWorld, submit } from '../support/log-server.ts';

const PRODUCTS = 60;
const HOSTILE = `<img src=x onerror="alert(1)">'&"><script>alert(2)</script>\u202eexe`;
const ESCAPED =
  '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;&quot;&gt;&lt;script&gt;alert(2)&lt;/script&gt;\\u202eexe';

describe('the explorer without a browser', () => {
  let world: LogWorld;
  let app: FastifyInstance;
  let folder: string;
  let builder: LogBuilder;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-explorer-'));
    await writeFile(join(folder, 'explorer.js'), '');
    world = await LogWorld.create();
    ({ builder } = world);
    app = await world.start({ explorer: folder });
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  const add = async (entry: Promise<Uint8Array>): Promise<{ index: number; statementSha256: string }> => {
    const answer = await submit(app, await entry);
    expect(answer.statusCode, answer.body).toBe(201);
    const { index, statementSha256 } = answer.json();
    return { index, statementSha256 };
  };
  const html = async (path: string, status = 200) => {
    const answer = await app.inject(path);
    expect(answer.statusCode, path).toBe(status);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    return answer.body;
  };

  test('writes whatever a statement or a visitor says as text, in every page', async () => {
    const now = builder.now;
    const release = await add(
      builder.entry(
        'release',
        releaseFields(now, {
          measurements: {
            'sev-snp': [{ shape: HOSTILE.slice(0, 64), registers: { launchDigest: testDigest('x', 48) } }],
          },
          models: [{ id: HOSTILE, sha256: testDigest('m') }],
          source: { repository: HOSTILE, commit: testDigest('c').slice(0, 40) },
          build: { recipe: HOSTILE, sha256: testDigest('r') },
        }),
      ),
    );
    const others = [
      await add(
        builder.entry('machine', { platform: 'tdx', machineSha256: testDigest('h'), operator: HOSTILE }),
      ),
      await add(
        builder.entry('grace', {
          expires: now + 86_400_000,
          platform: 'tdx',
          event: HOSTILE.slice(0, 64),
          reason: HOSTILE,
        }),
      ),
      await add(builder.entry('status', { ...release, action: 'revoke', reason: HOSTILE })),
    ];
    const named = builder.publisherList().map(({ key }, i) => ({ key, name: `${i}${HOSTILE}`.slice(0, 60) }));
    const policy = await add(builder.entry('policy', { publishers: named, threshold: 2 }));
    const query = encodeURIComponent(HOSTILE);
    const paths = [
      '/',
      '/entries',
      `/search?q=${query}`,
      ...[release, ...others, policy].map(({ index }) => `/entry/${index}`),
    ];
    for (const path of paths) {
      const page = await html(path);
      expect(page.match(/<script[^>]*>/g), path).toEqual([
        '<script type="module" src="/explorer/explorer.js">',
      ]);
      expect(page, path).not.toMatch(/<img|\u202e/);
      expect(page, path).toContain('&lt;img src=x');
    }
    for (const path of ['/', `/entry/${release.index}`, `/entry/${others[0]?.index}`, `/search?q=${query}`]) {
      expect(await html(path), path).toContain(ESCAPED);
    }
  });

  test('spells the same page to everybody, and a new one when the log has grown', async () => {
    const first = await app.inject('/entries');
    const again = await app.inject({
      url: '/entries',
      headers: { 'if-none-match': String(first.headers.etag) },
    });
    expect(again.statusCode).toBe(304);
    expect(first.headers['cache-control']).toBe('no-cache');
  });

  test('answers 404 with a page where there is no such entry, and nothing for other addresses', async () => {
    expect(await html('/entry/4000000', 404)).toContain('The log has no such entry');
    expect(await html('/entry/x', 404)).toContain('The log has no such entry');
    expect((await app.inject('/entry/4000000/original')).statusCode).toBe(404);
    expect((await app.inject('/entry/x/original')).statusCode).toBe(400);
    expect((await app.inject('/entry')).statusCode).toBe(404);
  });

  test.each([
    'before=x',
    'before=-1',
    'before=99999999999999999999',
    'before=',
    'before=1&before=2',
    'page=%ff',
  ])('takes what is malformed in a query as not there, or as its end: %s', async (query) => {
    expect(await html(`/entries?${query}`)).toContain('Everything that is in the log');
    expect(await html(`/approved?${query}`)).toContain('What is approved right now');
    expect(await html(`/search?${query}`)).toContain('Write a fingerprint');
  });

  test('pages through entries, programs and results, each once', { timeout: 60_000 }, async () => {
    const policy = await newestPolicy();
    const releases = Array.from({ length: PRODUCTS }, (_, i) =>
      add(builder.entry('release', releaseFields(builder.now, { product: `product-${i}` }), { policy })),
    );
    await Promise.all(releases);
    const links = async (path: string, pattern: RegExp): Promise<{ found: string[]; pages: number }> => {
      const found: string[] = [];
      let pages = 0;
      for (let next: string | undefined = path; next !== undefined; pages++) {
        const page: string = await html(next);
        found.push(...[...page.matchAll(pattern)].map(([, name]) => name ?? ''));
        next = /<a class="button" href="([^"]+)">Older/.exec(page)?.[1]?.replaceAll('&amp;', '&');
      }
      return { found, pages };
    };
    const { size } = (await app.inject('/api/v1/status')).json();
    const all = await links('/entries', /class="card hit" href="\/entry\/(\d+)"/g);
    expect(all.found.map(Number)).toEqual(Array.from({ length: size }, (_, i) => size - 1 - i));
    expect(all.pages).toBe(Math.ceil(size / 50));
    const programs = await links('/approved', /class="row-link" href="\/entry\/\d+">(product-\d+)/g);
    expect(new Set(programs.found).size).toBe(PRODUCTS);
    expect(programs.found).toHaveLength(PRODUCTS);
    expect(programs.pages).toBe(3);
    const results = await links('/search?q=product', /class="card hit" href="\/entry\/(\d+)"/g);
    expect(new Set(results.found).size).toBe(PRODUCTS);
    expect(results.found).toHaveLength(PRODUCTS);
    expect(results.pages).toBe(2);
  });

  /** Hash of the entry that set the policy in force. */
  async function newestPolicy(): Promise<string> {
    const { entries } = (await app.inject('/api/v1/entries?limit=100')).json();
    const { entry } = entries.find(({ kind }: { kind: string }) => kind === 'policy');
    return toHex(sha256(parseBase64(entry)));
  }
});
