/**
 * The machines that a release is measured for. A measurement depends on some of what a machine is, so a release lists
 * one for each shape; only platforms whose measurement is our image can be named.
 * @module
 */
import { type JsonValue, parseJson } from '../json.ts';
import { readArray, readHex, readInteger, readMap, readObject, readOneOf, readString } from '../shape.ts';
import { measurementError } from './errors.ts';
import type { PageOrder } from './mrtd.ts';
import type { AcpiDigests } from './rtmr.ts';
import { type VcpuType, vcpuTypes } from './vmsa.ts';

const FORMAT = 'waxseal-shapes/1';
const MOST = 32;

interface Named {
  /** As the release calls it. */
  shape: string;
}

export interface SnpShape extends Named {
  platform: 'sev-snp';
  vcpuType: VcpuType;
  vcpus: number;
  /** SEV features of the guest: 1 on Linux hosts from 6.8 on, 0x21 on 6.6 and 6.7. */
  guestFeatures: number;
  /** Hex SHA-256 of the firmware; null for the one that comes with the image. */
  firmware: string | null;
}

export interface TdxShape extends Named {
  platform: 'tdx';
  memoryBytes: number;
  pageOrder: PageOrder;
  /** From the event log of a boot of this shape: QEMU makes these tables, and nobody computes them. */
  acpi: AcpiDigests;
  firmware: string | null;
}

interface NitroShape extends Named {
  platform: 'nitro';
}

export type Shape = SnpShape | TdxShape | NitroShape;

/** Platforms on which a measurement can be that of our image. */
const platforms = ['sev-snp', 'tdx', 'nitro'] as const;
/** QEMU with KVM starts our firmware; the others start their own, whatever the guest is. */
const starters = ['qemu', 'ec2', 'gce', 'azure'] as const;

function readAcpi(value: JsonValue | undefined, path: string): AcpiDigests {
  const { loader, rsdp, tables } = readObject(value, path, ['loader', 'rsdp', 'tables']);
  return {
    loader: readHex(loader, `${path}.loader`, 48),
    rsdp: readHex(rsdp, `${path}.rsdp`, 48),
    tables: readHex(tables, `${path}.tables`, 48),
  };
}

function readFirmware(value: JsonValue | undefined, path: string): string | null {
  return value === undefined ? null : readHex(value, `${path}.firmware`, 32);
}

const common = ['platform', 'shape'] as const;

function readShape(value: JsonValue, path: string): Shape {
  const map = readMap(value, path);
  const platform = readOneOf(map.platform, `${path}.platform`, platforms);
  const shape = readString(map.shape, `${path}.shape`, { most: 64 });
  if (platform === 'nitro') {
    readObject(value, path, common);
    return { platform, shape };
  }
  if (map.vmm !== undefined && readOneOf(map.vmm, `${path}.vmm`, starters) !== 'qemu') {
    throw measurementError('WAX_MEASURE_PROVIDER', `${path}, ${map.vmm}`);
  }
  const firmware = readFirmware(map.firmware, path);
  if (platform === 'sev-snp') {
    const fields = readObject(
      value,
      path,
      [...common, 'vcpuType', 'vcpus', 'guestFeatures'],
      ['firmware', 'vmm'],
    );
    return {
      ...{ platform, shape, firmware },
      vcpuType: readOneOf(fields.vcpuType, `${path}.vcpuType`, vcpuTypes),
      vcpus: readInteger(fields.vcpus, `${path}.vcpus`, 1, 1024),
      guestFeatures: readInteger(fields.guestFeatures, `${path}.guestFeatures`),
    };
  }
  const fields = readObject(
    value,
    path,
    [...common, 'memoryBytes', 'pageOrder', 'acpi'],
    ['firmware', 'vmm'],
  );
  return {
    ...{ platform, shape, firmware },
    memoryBytes: readInteger(fields.memoryBytes, `${path}.memoryBytes`, 1),
    pageOrder: readOneOf(fields.pageOrder, `${path}.pageOrder`, ['single-pass', 'two-pass']),
    acpi: readAcpi(fields.acpi, `${path}.acpi`),
  };
}

/**
 * Reads a file of shapes. Throws the errors of `parseJson` and of the readers, WAX_MEASURE_PROVIDER for a machine on
 * which the measurement is the provider's, and WAX_MEASURE_SHAPES for a name that stands for two machines.
 */
export function parseShapes(file: Uint8Array | string): Shape[] {
  const { format, shapes } = readObject(parseJson(file), 'shapes file', ['format', 'shapes']);
  readOneOf(format, 'format', [FORMAT]);
  const read = readArray(shapes, 'shapes', readShape, { least: 1, most: MOST });
  const names = read.map(({ platform, shape }) => `${platform} ${shape}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw measurementError('WAX_MEASURE_SHAPES', `${twice}, twice`);
  return read;
}
