/**
 * Starts an image in QEMU without special hardware. Nothing is proven by it but that the image starts, serves and
 * turns itself off: no memory is encrypted and nothing is measured.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { imageError } from './errors.ts';
import { GUEST_PORT } from './guest.ts';

export interface BootOptions {
  readonly kernel: string;
  readonly initramfs: string;
  readonly commandLine: string;
  /** Port of 127.0.0.1 that leads to the server in the guest. */
  readonly port: number;
  /** A firmware to start through, or null to start the kernel directly. */
  readonly firmware: string | null;
  readonly memoryMib: number;
  /** Where the guest's console is written, or null. */
  readonly console: string | null;
  /** A disk that the guest can read only, or null. */
  readonly disk?: string | null;
}

export interface Guest {
  /** Resolves when the server in the guest listens; rejects with WAX_IMAGE_BOOT when the guest ends before. */
  readonly listening: Promise<void>;
  /** Resolves with everything that the guest wrote, once it is off. */
  readonly off: Promise<string>;
  stop(): Promise<void>;
}

const QEMU = 'qemu-system-x86_64';

function arguments_(options: BootOptions): string[] {
  const { kernel, initramfs, commandLine, port, firmware, memoryMib, disk } = options;
  return [
    // Newer kernels do not start on what the emulator shows as its newest processor.
    ...[
      '-machine',
      'q35',
      '-accel',
      'tcg,thread=single',
      '-cpu',
      'Nehalem',
      '-smp',
      '1',
      '-m',
      String(memoryMib),
    ],
    ...[
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-no-reboot',
      '-serial',
      'stdio',
      '-monitor',
      'none',
    ],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', commandLine],
    ...(firmware === null ? [] : ['-bios', firmware]),
    ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:${GUEST_PORT}`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile=', '-device', 'virtio-rng-pci'],
    ...(disk ? ['-drive', `file=${disk},format=raw,if=virtio,readonly=on`] : []),
  ];
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** Starts the guest. */
export function boot(options: BootOptions): Guest {
  const child = spawn(QEMU, arguments_(options), { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = options.console === null ? null : createWriteStream(options.console);
  let output = '';
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  listening.catch(() => {});
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      output += `${line}\n`;
      log?.write(`${line}\n`);
      if (line.includes('"event":"listening"')) resolve();
    });
  }
  const off = new Promise<string>((ended) => {
    child.once('error', (cause) => reject(imageError('WAX_IMAGE_TOOL', QEMU, { cause })));
    child.once('close', () => {
      log?.end();
      const last = output
        .split('\n')
        .filter((line) => line.startsWith('waxseal-init: '))
        .at(-1);
      reject(imageError('WAX_IMAGE_BOOT', last ?? 'the guest ended without a word'));
      ended(output);
    });
  });
  return { listening, off, stop: () => stopped(child) };
}
