import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuildBrowser, type BuildMode, buildExtension } from '../../scripts/build-extension.ts';

const builds = [
  ['store', 'chrome'],
  ['store', 'firefox'],
  ['development', 'chrome'],
  ['development', 'firefox'],
  ['e2e', 'chrome'],
] as const satisfies readonly [BuildMode, BuildBrowser][];
type Build = `${BuildMode}-${BuildBrowser}`;

interface Manifest {
  [key: string]: unknown;
  content_security_policy: { extension_pages: string };
  commands: { [name: string]: { description: string } };
}

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'waxseal-build-'));
  for (const [mode, browser] of builds) await buildExtension(mode, browser, scratch);
}, 120_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

const manifest = async (build: Build): Promise<Manifest> =>
  JSON.parse(await readFile(join(scratch, build, 'manifest.json'), 'utf8'));

/** Text of every script in a build, by path. */
async function scripts(build: Build): Promise<Map<string, string>> {
  const paths = await readdir(join(scratch, build), { recursive: true });
  const found = new Map<string, string>();
  for (const path of paths.filter((one) => one.endsWith('.js'))) {
    found.set(path, await readFile(join(scratch, build, path), 'utf8'));
  }
  return found;
}

const sites = ['https://*/*', 'http://127.0.0.1/*', 'http://localhost/*'];
const directives = ({ content_security_policy: { extension_pages } }: Manifest) =>
  Object.fromEntries(extension_pages.split('; ').map((directive) => directive.split(/ (.*)/).slice(0, 2)));

describe('the built manifest', () => {
  it('asks for these permissions in Chrome, and no site at installation', async () => {
    for (const build of ['store-chrome', 'development-chrome'] as const) {
      const built = await manifest(build);
      expect(built.permissions).toEqual(['alarms', 'scripting', 'storage', 'sidePanel']);
      expect(built.optional_host_permissions).toEqual(sites);
      expect(built).not.toHaveProperty('host_permissions');
      expect(built).not.toHaveProperty('content_scripts');
      expect(built).not.toHaveProperty('optional_permissions');
    }
  });

  it('asks for these permissions in Firefox, and no site at installation', async () => {
    for (const build of ['store-firefox', 'development-firefox'] as const) {
      const built = await manifest(build);
      expect(built.permissions).toEqual(['alarms', 'scripting', 'storage']);
      expect(built.optional_host_permissions).toEqual(sites);
      expect(built).not.toHaveProperty('host_permissions');
      expect(built).not.toHaveProperty('content_scripts');
    }
  });

  it('holds loopback sites at installation in the build for end-to-end tests only', async () => {
    expect((await manifest('e2e-chrome')).host_permissions).toEqual([
      'http://127.0.0.1/*',
      'http://localhost/*',
    ]);
  });

  it.each(builds)('lets pages load and run nothing but the package: %s %s', async (mode, browser) => {
    const servers = mode === 'store' ? 'https:' : 'https: http://127.0.0.1:* http://localhost:*';
    expect(directives(await manifest(`${mode}-${browser}`))).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' data:",
      'connect-src': `'self' ${servers}`,
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': 'https: http://127.0.0.1:* http://localhost:*',
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
  });

  it('shows pages its two frames only, in Chrome at an address that changes', async () => {
    const composer = { resources: ['composer.html', 'service.html'], matches: sites };
    expect((await manifest('store-chrome')).web_accessible_resources).toEqual([
      { ...composer, use_dynamic_url: true },
    ]);
    expect((await manifest('store-firefox')).web_accessible_resources).toEqual([composer]);
  });

  it('keeps each browser’s own keys apart', async () => {
    const [chrome, firefox] = [await manifest('store-chrome'), await manifest('store-firefox')];
    expect(chrome).toMatchObject({ incognito: 'split', key: expect.any(String), manifest_version: 3 });
    expect(chrome).toMatchObject({ side_panel: { default_path: 'sidepanel.html' } });
    expect(chrome).not.toHaveProperty('browser_specific_settings');
    expect(firefox).not.toHaveProperty('incognito');
    expect(firefox).not.toHaveProperty('key');
    expect(firefox).toMatchObject({
      manifest_version: 3,
      sidebar_action: { default_panel: 'sidepanel.html' },
      browser_specific_settings: { gecko: { data_collection_permissions: { required: ['none'] } } },
    });
  });

  it('takes its words from the message files', async () => {
    expect(await manifest('store-chrome')).toMatchObject({
      name: '__MSG_extName__',
      description: '__MSG_extDescription__',
      default_locale: 'en',
    });
    for (const { description } of Object.values((await manifest('store-firefox')).commands))
      expect(description).toMatch(/^__MSG_\w+__$/);
  });
});

describe('the store build', () => {
  /** The simulator's root, and a name that only its code has. */
  const traces = /b73f81c94108dde032d031db21104f0bf71a4304cc7f3568aec225e67fd4cb81|Waxseal simulator/;

  it.each(['chrome', 'firefox'] as const)(
    'has neither the simulator’s root nor its code: %s',
    async (browser) => {
      for (const [path, text] of await scripts(`store-${browser}`)) expect(text, path).not.toMatch(traces);
    },
  );

  it('would show them if they were there', async () => {
    const texts = [...(await scripts('development-chrome')).values()];
    expect(texts.some((text) => traces.test(text))).toBe(true);
  });

  /** Whatever reads text as HTML or as a program. */
  const sinks =
    /\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|srcdoc)\b|document(?:\(\))?\.write|\beval\(|new Function\b/;

  it.each(['chrome', 'firefox'] as const)('reads no text as HTML or as a program: %s', async (browser) => {
    for (const [path, text] of await scripts(`store-${browser}`)) expect(text, path).not.toMatch(sinks);
  });

  it('would show it if it did, as Preact does before it is built in', async () => {
    expect(await readFile(new URL(import.meta.resolve('preact')), 'utf8')).toMatch(sinks);
  });

  it('holds no path of the machine that built it, and nothing that libraries bring for developers', async () => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    for (const [mode, browser] of builds) {
      for (const [path, text] of await scripts(`${mode}-${browser}`)) {
        expect(text.includes(root), path).toBe(false);
        expect(text, path).not.toMatch(/jsxDEV|lineNumber:\d+,columnNumber/);
      }
    }
  });

  it('reads no trust domain from a file', async () => {
    const background = (build: Build) =>
      readFile(join(scratch, build, 'background.js'), 'utf8').then((text) =>
        text.includes('waxseal-domain.json'),
      );
    expect(await background('store-chrome')).toBe(false);
    expect(await background('development-chrome')).toBe(true);
  });
});

describe('the pages with something to see', () => {
  const names = ['composer', 'options', 'popup', 'sidepanel', 'welcome'];
  const source = (name: string) =>
    readFile(new URL(`../../extension/entrypoints/${name}/index.html`, import.meta.url), 'utf8');

  it('are alike but for their styles and what only the manifest is told', async () => {
    // WXT finds pages by their files, so each has its own.
    const texts = await Promise.all(names.map(source));
    const alike = texts.map((text) =>
      text.replaceAll(/^ *<(?:link rel="stylesheet"|meta name="manifest\.).*\n/gm, ''),
    );
    expect(new Set(alike).size).toBe(1);
  });
});

describe('the content script', () => {
  const text = () => readFile(join(scratch, 'store-chrome', 'bridge.js'), 'utf8');

  it('is under 15 KB when compressed, with all that a granted page may get besides', async () => {
    const others = ['adapter.js', 'provider.js'].map((name) => readFile(join(scratch, 'store-chrome', name)));
    const scripts = [Buffer.from(await text()), ...(await Promise.all(others))];
    const size = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
    expect(size).toBeLessThan(15 * 1024);
  });

  it('holds no cryptography, no part of the core, and no way to stored data', async () => {
    const forbidden =
      /subtle|WAX_[A-Z]+_|sha256|chacha|x25519|indexedDB|storage\.(?:local|session|sync)|innerHTML/i;
    expect(await text()).not.toMatch(forbidden);
  });

  it('asks the background for nothing but a token and to be heard', async () => {
    const types = [...(await text()).matchAll(/["'`]((?:[a-z]+)\/[a-z-]+)["'`]/g)].map(([, type]) => type);
    expect(new Set(types)).toEqual(new Set(['bridge/hello', 'bridge/token', 'bridge/interference']));
  });
});
