/** What an image holds, and that another machine makes the same. A minute: `npm run test:image`. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoConfig } from '../../enclave-server/demo-config.ts';
import { fetchDebian, unpackDebian } from '../../image/debian.ts';
import { pins } from '../../image/pins.ts';
import { authenticodeHash } from '../../protocol/measurement/authenticode.ts';
import { parseEif } from '../../protocol/measurement/eif.ts';
import { portableHashes } from '../../protocol/measurement/hashes.ts';
import { requireFirmBorders } from '../../protocol/measurement/nitro.ts';
import { writeSetupHeader } from '../../protocol/measurement/setup-header.ts';
import { readCpio } from '../support/image/read-cpio.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waxseal-image-'));
const config = join(scratch, 'enclave.json');
const first = join(scratch, 'first');
const root = process.cwd();

function build(folder: string, out: string, env: Record<string, string>, prefix: string[] = []): void {
  const [command = '', ...args] = [
    ...prefix,
    process.execPath,
    'image/build.ts',
    '--config',
    config,
    '--out',
    out,
  ];
  execFileSync(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

const digests = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );

describe('a production image', { timeout: 600_000 }, () => {
  let entries: ReturnType<typeof readCpio>;

  beforeAll(() => {
    writeFileSync(config, JSON.stringify(demoConfig('https://enclave.example')));
    build(root, first, {});
    entries = readCpio(readFileSync(join(first, 'initramfs')));
  }, 600_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('is the same from another folder, time zone, language, mask of rights and moment', () => {
    const other = join(scratch, 'another folder');
    mkdirSync(other);
    const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0');
    for (const name of tracked) if (name !== '') cpSync(join(root, name), join(other, name));
    // As links to the same files, since a copy of them all takes long.
    execFileSync('cp', ['-al', join(root, 'node_modules'), join(other, 'node_modules')]);
    cpSync(join(root, 'dist/image/inputs'), join(other, 'dist/image/inputs'), { recursive: true });
    const masked = ['sh', '-c', 'umask 077; exec "$@"', 'sh'];
    build(other, join(scratch, 'second'), { TZ: 'Asia/Tokyo', LC_ALL: 'tr_TR.UTF-8' }, masked);
    const second = digests(join(scratch, 'second'));
    // Firmware and what is computed with it are there where the firmware has been built.
    for (const name of ['firmware.fd', 'measurements.json', 'shapes.json']) delete second[name];
    expect(digests(first)).toMatchObject(second);
    console.log(second);
  });

  it('has one program to start, one to start with, and their loader and helper; nothing else can be run', () => {
    const isFile = (mode: number) => (mode & 0o170000) === 0o100000;
    const executable = entries
      .filter(({ mode }) => isFile(mode) && (mode & 0o111) !== 0)
      .map(({ path }) => path);
    expect(executable).toEqual([
      'init',
      'app/confine',
      'app/nsm-helper',
      'bin/node',
      'lib64/ld-linux-x86-64.so.2',
    ]);
    expect(entries.filter(({ path }) => path.startsWith('bin/')).map(({ path }) => path)).toEqual([
      'bin/node',
    ]);
  });

  it('has no shell, no package manager, and nothing that is written to, owned by others or set to another user', () => {
    const name = (path: string) => path.slice(path.lastIndexOf('/') + 1);
    const unwanted = [
      'sh',
      'bash',
      'dash',
      'busybox',
      'apt',
      'dpkg',
      'npm',
      'su',
      'sudo',
      'passwd',
      'login',
      'mount',
    ];
    expect(
      entries.filter(({ path }) => unwanted.includes(name(path)) && !path.startsWith('app/node_modules/')),
    ).toEqual([]);
    for (const { path, mode, owner } of entries) {
      const isLinkOrDevice = (mode & 0o170000) === 0o120000 || path === 'dev/console';
      expect(mode & (isLinkOrDevice ? 0o7000 : 0o7222), path).toBe(0);
      expect(owner, path).toEqual([0, 0]);
    }
  });

  it('has these folders and no others at the top', () => {
    const top = new Set(entries.map(({ path }) => path.split('/')[0]));
    expect([...top].sort()).toEqual([
      'app',
      'bin',
      'dev',
      'init',
      'lib',
      'lib64',
      'models',
      'modules',
      'proc',
      'sys',
    ]);
    expect(entries.filter(({ path }) => path.startsWith('lib/')).length).toBe(7);
  });

  it('has nothing of the simulator', () => {
    const words = ['simulated launch', 'sev-snp-simulated', 'SIMULATOR'];
    for (const { path, content } of entries) {
      if (path.startsWith('app/node_modules/') || path === 'bin/node' || path.startsWith('lib')) continue;
      for (const word of words) expect(Buffer.from(content).includes(word), `${path}: ${word}`).toBe(false);
    }
  });

  it('is the same for Nitro, as one file whose borders hold', () => {
    const eif = parseEif(new Uint8Array(readFileSync(join(first, 'image.eif'))));
    requireFirmBorders(eif);
    const isSame = (bytes: Uint8Array, name: string) => readFileSync(join(first, name)).equals(bytes);
    expect(isSame(Buffer.concat(eif.ramdisks), 'initramfs')).toBe(true);
    expect(isSame(eif.kernel, 'kernel')).toBe(true);
    expect(eif.ramdisks.length).toBe(2);
  });

  it('has the kernel that Debian has signed, but for what every QEMU before 10.2 writes into it', async () => {
    const unpacked = join(scratch, 'kernel');
    mkdirSync(unpacked);
    const options = { cache: join(root, 'dist/image/inputs'), mirror: null, offline: true };
    await unpackDebian(await fetchDebian(pins.kernel, options), unpacked);
    const file = join(unpacked, 'boot', pins.kernel.name.replace('linux-image-', 'vmlinuz-'));
    const signed = new Uint8Array(readFileSync(file));
    const initrdBytes = readFileSync(join(first, 'initramfs')).length;
    const ours = readFileSync(join(first, 'kernel'));
    expect(ours.equals(writeSetupHeader(signed, { memoryBytes: 2 ** 32, initrdBytes }))).toBe(true);
    // The hash that Debian's signature is over stands in that signature, which is in the file.
    const hash = authenticodeHash(signed, portableHashes.sha256);
    expect(readFileSync(file).indexOf(hash)).toBeGreaterThan(signed.length - 4096);
    expect(readFileSync(file).indexOf(authenticodeHash(ours, portableHashes.sha256))).toBe(-1);
  });

  it('says what it was made of, each part with its digest and terms', () => {
    const inputs = JSON.parse(readFileSync(join(first, 'inputs.json'), 'utf8'));
    const parts = [...inputs.debian, ...inputs.npm];
    expect(parts.length).toBeGreaterThan(50);
    for (const { name, sha256, integrity, license } of parts) {
      expect(sha256 ?? integrity, name).toMatch(/^([0-9a-f]{64}|sha512-.{88})$/);
      expect(license, name).not.toBe('unknown');
    }
    const sbom = JSON.parse(readFileSync(join(first, 'sbom.cdx.json'), 'utf8'));
    expect(sbom.components.length).toBe(parts.length + 1);
  });
});
