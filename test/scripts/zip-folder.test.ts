import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peerFolder } from '../support/peers.ts';

const script = fileURLToPath(new URL('../../scripts/zip.ts', import.meta.url));
const webExt = peerFolder('web-ext');

/** Files of an archive, read by its directory. */
function unzip(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = archive.lastIndexOf('PK\x05\x06');
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 20)];
    const [nameSize, place] = [archive.readUInt16LE(at + 28), archive.readUInt32LE(at + 42)];
    const start = place + 30 + archive.readUInt16LE(place + 26) + archive.readUInt16LE(place + 28);
    const bytes = archive.subarray(start, start + size);
    files.set(
      archive.toString('utf8', at + 46, at + 46 + nameSize),
      method === 8 ? inflateRawSync(bytes) : bytes,
    );
    at += 46 + nameSize;
  }
  return files;
}

describe('npm run zip', () => {
  const folders: string[] = [];
  const outputs: string[] = [];
  /** Packs in a folder, time zone, umask and kind of environment of its own. */
  const zip = async (zone: string, mask: string, kind: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'waxseal-zip-'));
    folders.push(folder);
    const command = `umask ${mask} && exec "${execPath}" "${script}" "${folder}"`;
    const done = spawnSync('sh', ['-c', command], {
      env: { ...env, TZ: zone, NODE_ENV: kind },
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Error(done.stderr);
    outputs.push(done.stdout.replaceAll(folder, ''));
  };
  const archives = async (folder = '') =>
    (await readdir(folder)).filter((name) => name.endsWith('.zip')).sort();

  beforeAll(async () => {
    await zip('UTC', '022', 'development');
    await zip('Pacific/Auckland', '077', 'production');
  });
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  it('gives the same bytes in another folder, time zone, umask and kind of environment', async () => {
    const [one = '', other = ''] = folders;
    expect(await archives(one)).toEqual([
      expect.stringMatching(/^waxseal-chrome-/),
      expect.stringMatching(/^waxseal-firefox-/),
    ]);
    for (const name of await archives(one))
      expect((await readFile(join(one, name))).equals(await readFile(join(other, name)))).toBe(true);
    expect(outputs[0]).toBe(outputs[1]);
    expect(outputs[0]).toMatch(/manifestSha256 [0-9a-f]{64}/);
  });

  it('stays under 600 KB and holds exactly the build', async () => {
    const [folder = ''] = folders;
    for (const name of await archives(folder)) {
      const archive = await readFile(join(folder, name));
      expect(archive.length).toBeLessThan(600 * 1024);
      const built = join(folder, 'unpacked', `store-${name.split('-')[1]}`);
      const files = unzip(archive);
      const there = await readdir(built, { recursive: true, withFileTypes: true });
      expect(files.size).toBe(there.filter((entry) => entry.isFile()).length);
      for (const [path, content] of files)
        expect(content.equals(await readFile(join(built, path))), path).toBe(true);
    }
  });

  /** What the linter of Firefox's store says of a build: files and codes. */
  const lint = (browser: string): string[] => {
    const built = join(folders[0] ?? '', 'unpacked', `store-${browser}`);
    const linter = [join(webExt ?? '', 'bin/web-ext.js'), 'lint', '-s', built, '--output', 'json'];
    const { stdout } = spawnSync(execPath, linter, { encoding: 'utf8' });
    const { errors, warnings, notices } = JSON.parse(stdout) as Record<
      'errors' | 'warnings' | 'notices',
      { code: string; file: string }[]
    >;
    return [...errors, ...warnings, ...notices].map(({ file, code }) => `${file}: ${code}`);
  };

  it.skipIf(webExt === null)('passes web-ext lint without a warning', () => {
    expect(lint('firefox')).toEqual([]);
  });

  it.skipIf(webExt === null)(
    'has nothing for Chrome that web-ext lint warns of, but for Chrome’s manifest',
    () => {
      const manifest = [
        'ADDON_ID_REQUIRED',
        'BACKGROUND_SERVICE_WORKER_NOFALLBACK',
        'INCOGNITO_SPLIT_UNSUPPORTED',
        'MANIFEST_PERMISSIONS',
        'MISSING_DATA_COLLECTION_PERMISSIONS',
      ];
      expect(lint('chrome').sort()).toEqual(manifest.map((code) => `manifest.json: ${code}`));
    },
  );
});
