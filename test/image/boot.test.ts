/** Guests in QEMU without special hardware: what starts, and what turns itself off. Minutes: `npm run test:image`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../demo/service.ts';
import { demoConfig, demoModels } from '../../enclave-server/demo-config.ts';
import { commandLine, type ImageKind, type Platform } from '../../image/command-lines.ts';
import { buildImage } from '../../image/image.ts';
import { imageFolder } from '../../image/options.ts';
import { type BootOptions, boot } from '../../image/qemu.ts';
import { type ReadEntry, readCpio } from '../support/image/read-cpio.ts';
import { rewriteArchive, writeScratch } from '../support/image/rewrite.ts';

/** Older ones cannot start this kernel without hardware. */
function hasQemu(): boolean {
  try {
    const [, major] =
      /version (\d+)/.exec(execFileSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' })) ?? [];
    return Number(major) >= 9;
  } catch {
    return false;
  }
}
const canBoot = hasQemu();
if (!canBoot) console.log('skipped: there is no QEMU 9 or newer');

const scratch = mkdtempSync(join(tmpdir(), 'waxseal-boot-'));
const folders = { production: join(scratch, 'production'), test: join(scratch, 'test') };
const cache = imageFolder('inputs');

async function build(kind: ImageKind): Promise<void> {
  const config = join(scratch, 'enclave.json');
  writeFileSync(config, JSON.stringify(demoConfig('http://127.0.0.1:4443')));
  await buildImage({
    ...{
      kind,
      config,
      models: demoModels,
      modelOnDisk: false,
      firmware: null,
      out: folders[kind],
      tree: null,
    },
    ...{ cache, mirror: null, offline: false },
  });
}

async function start(kind: ImageKind, platform: Platform, change: Partial<BootOptions> = {}) {
  return boot({
    ...{ kernel: join(folders[kind], 'kernel'), initramfs: join(folders[kind], 'initramfs') },
    ...{
      commandLine: commandLine(platform),
      port: await freePort(),
      firmware: null,
      memoryMib: 1536,
      console: null,
    },
    ...change,
  });
}

/** Starts a guest that must end by itself without ever having listened; what it said last. */
async function refused(
  kind: ImageKind,
  platform: Platform,
  change: Partial<BootOptions> = {},
): Promise<string> {
  const guest = await start(kind, platform, change);
  await expect(guest.listening).rejects.toThrow('WAX_IMAGE_BOOT');
  const output = await guest.off;
  expect(output).not.toContain('"listening"');
  return output;
}

async function withArchive<T>(
  change: (entry: ReadEntry) => ReadEntry | null,
  use: (initramfs: string) => Promise<T>,
): Promise<T> {
  const { path, remove } = await rewriteArchive(join(folders.test, 'initramfs'), change);
  return use(path).finally(remove);
}

describe.skipIf(!canBoot)('a guest', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    await build('test');
    await build('production');
  }, 600_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('serves, started directly, and says nothing on its console but events', async () => {
    const guest = await start('test', 'simulated');
    await guest.listening;
    await guest.stop();
    const lines = (await guest.off).split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['listening']);
  });

  it('turns itself off with one more word on its command line', async () => {
    const output = await refused('test', 'simulated', { commandLine: `${commandLine('simulated')} quiet` });
    expect(output).toContain('this command line is not the one that was built in');
  });

  it.each([
    ['the lockdown taken away', (line: string) => line.replace('lockdown=confidentiality ', '')],
    ['another program to start', (line: string) => `rdinit=/bin/node ${line}`],
  ])('turns itself off, or never starts a server, with %s', async (_, change) => {
    await refused('test', 'simulated', { commandLine: change(commandLine('simulated')) });
  });

  it('turns itself off where a driver is missing', async () => {
    const isDriver = ({ path }: ReadEntry) => path === 'modules/virtio_net.ko';
    const output = await withArchive(
      (entry) => (isDriver(entry) ? null : entry),
      (initramfs) => refused('test', 'simulated', { initramfs }),
    );
    expect(output).toContain('cannot load /modules/virtio_net.ko');
  });

  it('turns itself off where a driver was changed: the kernel takes only what Debian has signed', async () => {
    const output = await withArchive(
      (entry) => {
        if (entry.path !== 'modules/virtio_net.ko') return entry;
        const content = entry.content.slice();
        content[0x400] = (content[0x400] ?? 0) ^ 1;
        return { ...entry, content };
      },
      (initramfs) => refused('test', 'simulated', { initramfs }),
    );
    expect(output).toContain('cannot load /modules/virtio_net.ko');
  });

  it('turns itself off where the model is not the one of the configuration', async () => {
    const output = await withArchive(
      (entry) => {
        if (!entry.path.endsWith('.gguf')) return entry;
        const content = entry.content.slice();
        content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
        return { ...entry, content };
      },
      (initramfs) => refused('test', 'simulated', { initramfs }),
    );
    expect(output).toContain('WAX_ENCLAVE_MODEL');
    expect(output).toContain('the server has ended');
  });

  it('of the production image turns itself off on a machine that cannot give a report', async () => {
    expect(await refused('production', 'sev-snp')).toContain('cannot load /modules/sev-guest.ko');
    expect(await refused('production', 'tdx')).toContain('cannot load /modules/tdx-guest.ko');
  });

  it('of the production image does not simulate, whatever its command line asks for', async () => {
    const output = await refused('production', 'simulated');
    expect(output).toContain('this command line is not the one that was built in');
  });

  it('does not start where the first file was moved to the end of the command line', async () => {
    // The registers of Nitro do not see the border between the two.
    const archive = readFileSync(join(folders.test, 'initramfs'));
    const [first] = readCpio(archive.subarray(0, 1 << 20));
    expect(first?.path).toBe('init');
    const end = archive.indexOf('070701', 110);
    const { path, remove } = writeScratch(archive.subarray(end));
    try {
      const line = `${commandLine('simulated')}${archive.subarray(0, 110).toString('latin1')}`;
      await refused('test', 'simulated', { initramfs: path, commandLine: line });
    } finally {
      remove();
    }
  });
});
