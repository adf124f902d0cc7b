/** The registers of every platform, from the parts of one guest image and the shape of a machine. @module */
import { equalBytes, toHex } from '../bytes.ts';
import { parseEif, requireCommandLine } from './eif.ts';
import { measurementError } from './errors.ts';
import type { MeasurementEvent } from './event.ts';
import { type Hashes, portableHashes } from './hashes.ts';
import { mrtd } from './mrtd.ts';
import { nitroPcrs, requireFirmBorders } from './nitro.ts';
import { rtmrs, type TdxBoot } from './rtmr.ts';
import { writeSetupHeader } from './setup-header.ts';
import type { Shape, SnpShape, TdxShape } from './shapes.ts';
import { kernelHashes, snpLaunchDigest } from './snp.ts';

/** What an image consists of, as docs/rebuild.md names the files. Null where a file is not there. */
export interface Image {
  kernel: Uint8Array | null;
  initramfs: Uint8Array | null;
  commandLines: Record<'sev-snp' | 'tdx', string | null>;
  /** By hex SHA-256. */
  firmware: ReadonlyMap<string, Uint8Array>;
  /** Which of them starts shapes that name none. */
  usualFirmware: string | null;
  eif: Uint8Array | null;
}

export interface ShapeMeasurement {
  platform: Shape['platform'];
  shape: string;
  /** Hex, by name, in the order of a release. */
  registers: { [register: string]: string };
  events: MeasurementEvent[];
}

function need<Value>(value: Value | null | undefined, name: string): Value {
  if (value === null || value === undefined) throw measurementError('WAX_MEASURE_PART', name);
  return value;
}

function partsFor({ firmware, platform }: SnpShape | TdxShape, image: Image) {
  const name = firmware ?? image.usualFirmware;
  return {
    kernel: need(image.kernel, 'kernel'),
    initramfs: need(image.initramfs, 'initramfs'),
    commandLine: requireCommandLine(need(image.commandLines[platform], 'cmdline')),
    firmware: need(
      name === null ? null : image.firmware.get(name),
      name === null ? 'firmware.fd' : `firmware with SHA-256 ${name}`,
    ),
  };
}

/** The boot of a trust domain. Throws WAX_MEASURE_KERNEL_HEADER for a kernel that not every QEMU leaves as it is. */
function tdxBoot(shape: TdxShape, image: Image): TdxBoot {
  const boot = { ...partsFor(shape, image), memoryBytes: shape.memoryBytes, acpi: shape.acpi };
  const { kernel, initramfs, memoryBytes } = boot;
  const written = writeSetupHeader(kernel, { memoryBytes, initrdBytes: initramfs.length });
  if (!equalBytes(written, kernel)) {
    throw measurementError('WAX_MEASURE_KERNEL_HEADER', `for ${memoryBytes} bytes of memory`);
  }
  return boot;
}

const hex = <Name extends string>(registers: Record<Name, Uint8Array>): { [register: string]: string } =>
  Object.fromEntries(Object.entries<Uint8Array>(registers).map(([name, value]) => [name, toHex(value)]));

/**
 * What hardware of this shape reports of the image, with every step. Throws WAX_MEASURE_PART for a part that is not
 * there, and the errors of the calculations: a register that cannot be computed is never left out.
 */
export function measureShape(shape: Shape, image: Image, hashes: Hashes = portableHashes): ShapeMeasurement {
  const about = { platform: shape.platform, shape: shape.shape };
  if (shape.platform === 'nitro') {
    const eif = parseEif(need(image.eif, 'image.eif'));
    requireFirmBorders(eif);
    const { registers, events } = nitroPcrs(eif, hashes);
    return { ...about, registers: hex(registers), events };
  }
  if (shape.platform === 'sev-snp') {
    const { kernel, initramfs, commandLine, firmware } = partsFor(shape, image);
    const { vcpuType, vcpus, guestFeatures } = shape;
    const hashed = kernelHashes({ kernel, initrd: initramfs, commandLine }, hashes);
    const { digest, events } = snpLaunchDigest(
      { firmware, kernel: hashed, vmm: 'qemu', vcpuType, vcpus, guestFeatures },
      hashes,
    );
    return { ...about, registers: hex({ launchDigest: digest }), events };
  }
  const boot = tdxBoot(shape, image);
  const first = mrtd(boot.firmware, shape.pageOrder, hashes);
  const running = rtmrs(boot, hashes);
  return {
    ...about,
    registers: hex({ mrtd: first.digest, ...running.registers }),
    events: [...first.events, ...running.events],
  };
}

/** The `measurements` of a release statement: platform to shapes with their registers. */
export function measurementsOf(measured: readonly ShapeMeasurement[]): {
  [platform in Shape['platform']]?: { [field: string]: string }[];
} {
  const measurements: ReturnType<typeof measurementsOf> = {};
  for (const { platform, shape, registers } of measured) {
    measurements[platform] = [...(measurements[platform] ?? []), { shape, ...registers }];
  }
  return measurements;
}
