/** What the stores are told, held to the stores' limits, to the built manifests and to the README. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import en from '../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { type BuildBrowser, buildExtension } from '../../scripts/build-extension.ts';

const folder = new URL('../../docs/store/', import.meta.url);
const read = (name: string) => readFile(new URL(name, folder), 'utf8');

/** Text below each `## heading` of a page. */
async function sectionsOf(name: string): Promise<Map<string, string>> {
  const [, ...parts] = (await read(name)).split(/^## /m);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), part.slice(end).trim()];
    }),
  );
}

interface Manifest {
  readonly permissions: readonly string[];
  readonly optional_host_permissions: readonly string[];
}
const manifests: Manifest[] = [];
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'waxseal-store-'));
  for (const browser of ['chrome', 'firefox'] as const satisfies readonly BuildBrowser[]) {
    const built = await buildExtension('store', browser, scratch);
    manifests.push(JSON.parse(await readFile(join(built, 'manifest.json'), 'utf8')) as Manifest);
  }
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the listing', () => {
  // The strictest of both stores where both have a limit.
  it.each([
    ['Name', 45],
    ['Summary', 132],
    ['Description', 15_000],
    ['Single purpose', 1_000],
  ])('keeps to the length that stores allow: %s', async (section, most) => {
    const text = (await sectionsOf('listing.md')).get(section) ?? '';
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThanOrEqual(most);
  });

  it('has the name and the summary of the manifest, which stores take from there', async () => {
    const sections = await sectionsOf('listing.md');
    expect(sections.get('Name')).toBe(en.extName.message);
    expect(sections.get('Summary')).toBe(en.extDescription.message);
  });

  it('names each language that the extension has', async () => {
    const locales = await readdir(new URL('../../extension/public/_locales/', import.meta.url));
    const names = new Intl.DisplayNames('en', { type: 'language' });
    const description = (await sectionsOf('listing.md')).get('Description');
    for (const locale of locales) expect(description).toContain(names.of(locale));
  });
});

describe('the permissions', () => {
  it('are those of the built manifests, each with its reason, and no other', async () => {
    const sections = await sectionsOf('permissions.md');
    sections.delete('Remote code');
    const asked = manifests.flatMap((one) => [...one.permissions, ...one.optional_host_permissions]);
    expect([...sections.keys()].sort()).toEqual([...new Set(asked)].sort());
    for (const [permission, reason] of sections) {
      expect(reason.length, permission).toBeGreaterThan(40);
      expect(reason.length, permission).toBeLessThanOrEqual(1_000);
    }
  });
});

/** What the README says it does not do, and words that would promise it all the same. */
const limits: readonly (readonly [limit: string, promise: RegExp])[] = [
  [
    'opens the machine and taps its memory bus',
    /\b(?:nobody|no one) can (?:read|see)|unbreakable|physical attack/i,
  ],
  ['The host sees that you chat', /anonym|untraceable|hides? (?:that|your address|who)/i],
  ['not whether that program is good', /\b(?:safe|trustworthy|honest) (?:AI|model|program)/i],
  ['There is no public log yet', /built-in trust domain is|works out of the box|ready to use/i],
  ['nobody has run them on real hardware yet', /proven in production|battle-tested|runs on real/i],
  ['GPUs are out of scope', /\bGPU/i],
  ['The simulator is not private', /simulat\w+ is (?:private|sealed)/i],
];

describe('no store text', () => {
  it.each(limits)('promises what the README denies: %s', async (limit, promise) => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    // A limit that has gone from the README is no reason to hold a text back: then this row must go too.
    expect(readme).toContain(limit);
    for (const name of (await readdir(folder)).filter((one) => one.endsWith('.md')))
      expect(await read(name), name).not.toMatch(promise);
  });

  it('praises', async () => {
    for (const name of (await readdir(folder)).filter((one) => one.endsWith('.md')))
      expect(await read(name), name).not.toMatch(/military|100 ?%|unhackable|guarantee|revolution|!\s/i);
  });

  it('leaves out the limits that a reader must know before installing', async () => {
    const description = (await sectionsOf('listing.md')).get('Description');
    for (const limit of [
      'special equipment',
      'sees that you chat',
      'not whether that program is good',
      'no public log yet',
    ])
      expect(description).toContain(limit);
  });
});

describe('the screenshots', () => {
  it('are there, five at most, and 1280 × 800', async () => {
    const pictures = [...(await read('screenshots.md')).matchAll(/!\[\]\(([^)]+)\)/g)].map(
      ([, path = '']) => path,
    );
    expect(pictures.length).toBeGreaterThan(0);
    expect(pictures.length).toBeLessThanOrEqual(5);
    for (const path of pictures) {
      const header = await readFile(new URL(path, folder));
      expect([header.readUInt32BE(16), header.readUInt32BE(20)], path).toEqual([1280, 800]);
    }
  });
});
