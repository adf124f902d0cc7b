/** Guests in QEMU without special hardware: what starts, and what turns itself off. Minutes: `npm run test:image`. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../demo/service.ts';
import { demoConfig, demoModel, demoModels } from '../../enclave-server/demo-config.ts';
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
/** Debian's package ovmf. */
const firmware = '/usr/share/ovmf/OVMF.fd';
const canBoot = hasQemu();
if (!canBoot) console.log('skipped: there is no QEMU 9 or newer');

const scratch = mkdtempSync(join(tmpdir(), 'waxseal-boot-'));
const folders = { production: join(scratch, 'production'), test: join(scratch, 'test') };
const cache = imageFolder('inputs');

async function build(
  kind: ImageKind,
  { out = folders[kind], models = demoModels, sha256 = demoModel.sha256 as string, modelOnDisk = false } = {},
): Promise<void> {
  const config = join(scratch, 'enclave.json');
  const text = JSON.stringify(demoConfig('http://127.0.0.1:4443'));
  writeFileSync(config, text.replace(demoModel.sha256, sha256));
  await buildImage({
    ...{ kind, config, models, modelOnDisk, out, firmware: null, tree: null },
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

  it.skipIf(!existsSync(firmware))(
    'serves, started through a firmware, whose loader adds a word',
    async () => {
      const guest = await start('test', 'simulated', { firmware, memoryMib: 2048 });
      await guest.listening;
      await guest.stop();
      await guest.off;
    },
  );

  it('serves with its model on a disk, and turns itself off where the disk holds another', async () => {
    const models = join(scratch, 'models');
    mkdirSync(models);
    const disk = join(models, demoModel.file);
    // A disk is made of whole sectors; what follows the model in the last one belongs to the file.
    const model = readFileSync(join(demoModels, demoModel.file));
    const bytes = Buffer.concat([model, Buffer.alloc((512 - (model.length % 512)) % 512)]);
    writeFileSync(disk, bytes);
    const out = join(scratch, 'with-disk');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await build('test', { out, models, sha256, modelOnDisk: true });
    const parts = { kernel: join(out, 'kernel'), initramfs: join(out, 'initramfs'), disk };
    const guest = await start('test', 'simulated', parts);
    await guest.listening;
    await guest.stop();
    await guest.off;
    bytes[bytes.length - 1] = 1;
    writeFileSync(disk, bytes);
    expect(await refused('test', 'simulated', parts)).toContain('WAX_ENCLAVE_MODEL');
  });

  it('turns itself off with one more word on its command line', async () => {
    const output = await refused('test', 'simulated', { commandLine: `${commandLine('simulated')} quiet` });
    expect(output).toContain('this command line is not the one that was built in');
  });

  it('turns itself off with the lockdown taken away', async () => {
    const weaker = commandLine('simulated').replace('lockdown=confidentiality ', '');
    const output = await refused('test', 'simulated', { commandLine: weaker });
    expect(output).toContain('this command line is not the one that was built in');
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
