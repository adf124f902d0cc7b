/** A guest image of a few kilobytes with every part that a real one has, in memory or in a folder. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concatBytes, toHex, utf8 } from '../../../protocol/bytes.ts';
import { writeEif } from '../../../protocol/measurement/eif.ts';
import type { Image } from '../../../protocol/measurement/image.ts';
import { le16, le32 } from '../../../protocol/measurement/little-endian.ts';
import { writeSetupHeader } from '../../../protocol/measurement/setup-header.ts';
import type { Shape } from '../../../protocol/measurement/shapes.ts';
import { makeFirmware } from './firmware.ts';

export interface KernelChange {
  /** Raw size and place of each section. */
  sections?: readonly (readonly [size: number, place: number])[];
  headerBytes?: number;
  magic?: number;
  directories?: number;
  optionalBytes?: number;
  /** Place and size of the signature. */
  signature?: readonly [place: number, size: number];
  protocol?: number;
  loadFlags?: number;
  bytes?: number;
}

const PE = 0x40;
const OPTIONAL = PE + 24;
const OPTIONAL_BYTES = 112 + 16 * 8;

/** A bzImage that is also a PE32+ file with one section, and bytes that differ everywhere. */
export function makeKernel(change: KernelChange = {}): Uint8Array<ArrayBuffer> {
  const { bytes = 4096, headerBytes = 0x400, sections = [[bytes - headerBytes, headerBytes]] } = change;
  const kernel = new Uint8Array(bytes).map((_, index) => index * 5 + (index >> 8));
  kernel.fill(0, PE, 0x1f1);
  kernel.set(utf8('MZ'), 0);
  kernel.set(le32(PE), 0x3c);
  kernel.set(concatBytes(utf8('PE'), le16(0), le16(0x8664), le16(sections.length)), PE);
  kernel.set(le16(change.optionalBytes ?? OPTIONAL_BYTES), PE + 20);
  kernel.set(le16(change.magic ?? 0x20b), OPTIONAL);
  kernel.set(le32(headerBytes), OPTIONAL + 60);
  kernel.set(le32(0x5eed), OPTIONAL + 64);
  kernel.set(le32(change.directories ?? 16), OPTIONAL + 108);
  const [place, size] = change.signature ?? [0, 0];
  kernel.set(concatBytes(le32(place), le32(size)), OPTIONAL + 112 + 32);
  for (const [index, [raw, at]] of sections.entries()) {
    kernel.set(concatBytes(le32(raw), le32(at)), OPTIONAL + OPTIONAL_BYTES + 40 * index + 16);
  }
  kernel.set(utf8('HdrS'), 0x202);
  kernel.set(le16(change.protocol ?? 0x20f), 0x206);
  kernel[0x211] = change.loadFlags ?? 1;
  kernel.set(le32(0x7fffffff), 0x22c);
  kernel.set(le16(0), 0x236);
  return kernel;
}

/** An archive that begins with a file of this name. */
export function makeInitramfs(first = 'init', fill = 7): Uint8Array<ArrayBuffer> {
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  const header = `070701${hex(0).repeat(11)}${hex(first.length + 1)}${hex(0)}`;
  return concatBytes(utf8(`${header}${first}\0`), new Uint8Array(3000).fill(fill));
}

export const commandLine = 'console=ttyS0 panic=-1 waxseal.end';
export const enclaveLine = 'reboot=k panic=30 pci=off waxseal.end';
export const MEMORY = 2 ** 34;

const digest = (name: string) => createHash('sha384').update(name).digest('hex');

/** One machine of each platform. */
export const shapes = [
  {
    ...{ platform: 'sev-snp', shape: 'Genoa, 4 vCPU', vcpuType: 'EPYC-Genoa', vcpus: 4, guestFeatures: 1 },
    firmware: null,
  },
  {
    ...{ platform: 'tdx', shape: '16 GiB', memoryBytes: MEMORY, pageOrder: 'single-pass', firmware: null },
    acpi: { loader: digest('loader'), rsdp: digest('rsdp'), tables: digest('tables') },
  },
  { platform: 'nitro', shape: 'any' },
] as const satisfies readonly Shape[];

/** What the file of these shapes holds. */
export const shapesFile = (list: readonly object[] = shapes): string =>
  JSON.stringify({
    format: 'waxseal-shapes/1',
    shapes: list.map((shape) =>
      Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== null)),
    ),
  });

export interface ImageChange {
  kernel?: (kernel: Uint8Array) => void;
  initramfs?: (initramfs: Uint8Array) => void;
  firmware?: (firmware: Uint8Array) => void;
  commandLine?: string;
  enclaveLine?: string;
  /** Second ramdisk of the enclave image. */
  application?: (ramdisk: Uint8Array) => void;
}

/** The image, with one of its parts changed. */
export function makeImage(change: ImageChange = {}): Image {
  const initramfs = makeInitramfs();
  const memory = { memoryBytes: MEMORY, initrdBytes: initramfs.length };
  const kernel = writeSetupHeader(makeKernel(), memory);
  const application = makeInitramfs('app', 9);
  const firmware = makeFirmware({ tdx: {} });
  change.kernel?.(kernel);
  change.initramfs?.(initramfs);
  change.application?.(application);
  change.firmware?.(firmware);
  const line = change.commandLine ?? commandLine;
  const usualFirmware = toHex(createHash('sha256').update(firmware).digest());
  return {
    ...{ kernel, initramfs, usualFirmware },
    commandLines: { 'sev-snp': line, tdx: line },
    firmware: new Map([[usualFirmware, firmware]]),
    eif: writeEif({
      ...{ architecture: 'x86-64', defaultMemoryBytes: 2 ** 30, defaultCpus: 2, kernel },
      commandLine: change.enclaveLine ?? enclaveLine,
      metadata: utf8('{"ImageName":"test"}'),
      ramdisks: [initramfs, application],
      signature: null,
    }),
  };
}

/** Writes an image and its shapes as docs/rebuild.md lays the folder down. */
export async function writeImage(folder: string, image: Image, shapesText = shapesFile()): Promise<void> {
  const files: [name: string, data: Uint8Array | string | null | undefined][] = [
    ['kernel', image.kernel],
    ['initramfs', image.initramfs],
    ['cmdline', image.commandLines.tdx],
    ['firmware.fd', image.firmware.get(image.usualFirmware ?? '')],
    ['image.eif', image.eif],
    ['shapes.json', shapesText],
  ];
  for (const [name, data] of files) if (data) await writeFile(join(folder, name), data);
}

/** Flips a bit of the byte in the middle. */
export function flipMiddle(bytes: Uint8Array): void {
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
}
