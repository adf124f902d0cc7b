import type { JsonValue } from '../../json.ts';
import {
  readArray,
  readBoolean,
  readHex,
  readInteger,
  readObject,
  readOneOf,
  readString,
} from '../../shape.ts';
import { productFacts, type SnpProduct, type SnpTcb, snpProducts, tcbParts } from './product.ts';
import type { SnpVersion } from './report.ts';

const features = [
  'singleSocket',
  'memAes256Xts',
  'raplDisabled',
  'ciphertextHiding',
  'pageSwapDisabled',
] as const;
/** Bits of the guest policy that may be demanded. */
type SnpFeature = (typeof features)[number];

/** Bytes of the report that may be pinned to one value. */
export const pinnedFields = {
  hostData: 32,
  familyId: 16,
  imageId: 16,
  idKeyDigest: 48,
  authorKeyDigest: 48,
} as const;
export type SnpPinnedField = keyof typeof pinnedFields;

/** What SEV-SNP hardware must satisfy. */
export interface SnpPolicy {
  readonly type: 'sev-snp' | 'sev-snp-simulated';
  readonly products: readonly SnpProduct[];
  /** Accept keys that a cloud provider holds for all its machines. */
  readonly vlek: boolean;
  readonly minimumReportVersion: number;
  /** Floors for the reported, committed, current and launch version, by product. */
  readonly minimumTcb: Readonly<Record<SnpProduct, SnpTcb>>;
  /** Accept firmware that is running but not committed. */
  readonly provisionalFirmware: boolean;
  /** Accept reports that do not say which chip made them. */
  readonly maskedChip: boolean;
  readonly minimumFirmware: SnpVersion;
  readonly minimumGuestSvn: number;
  /** Mask of mitigation bits that must be set at launch and now (report version 5). */
  readonly requiredMitigations: bigint;
  readonly require: readonly SnpFeature[];
  readonly cxl: boolean;
  readonly smt: boolean;
  readonly minimumAbi: { readonly major: number; readonly minor: number };
  /** Require that the firmware finished its check for aliased memory (BadRAM). */
  readonly aliasCheck: boolean;
  readonly vmpl: number;
  /** Hexadecimal; null leaves the field open. */
  readonly pinned: Readonly<Record<SnpPinnedField, string | null>>;
  /** Hardware ids in hexadecimal: the only way to refuse one chip, since AMD gives every VCEK serial 0. */
  readonly deniedHardware: readonly string[];
}

/**
 * Floors observed on production machines in 2026, not taken from AMD bulletins. Milan is off by default:
 * the root seed of its chip keys can be read out in software (arXiv 2605.12990).
 */
const defaults: Omit<SnpPolicy, 'type'> = {
  products: ['genoa', 'bergamo-siena', 'turin'],
  vlek: false,
  minimumReportVersion: 3,
  minimumTcb: {
    milan: { fmc: null, bootloader: 4, tee: 0, snp: 24, microcode: 219 },
    genoa: { fmc: null, bootloader: 10, tee: 0, snp: 23, microcode: 84 },
    'bergamo-siena': { fmc: null, bootloader: 10, tee: 0, snp: 27, microcode: 27 },
    turin: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 },
  },
  provisionalFirmware: false,
  maskedChip: false,
  minimumFirmware: { major: 0, minor: 0, build: 0 },
  minimumGuestSvn: 0,
  requiredMitigations: 0n,
  require: [],
  cxl: false,
  smt: true,
  minimumAbi: { major: 0, minor: 0 },
  aliasCheck: true,
  vmpl: 0,
  pinned: { hostData: null, familyId: null, imageId: null, idKeyDigest: null, authorKeyDigest: null },
  deniedHardware: [],
};

function readTcb(value: JsonValue, path: string, product: SnpProduct): SnpTcb {
  const parts = tcbParts.filter((part) => part !== 'fmc' || productFacts[product].layout.fmc !== null);
  const object = readObject(value, path, parts);
  const part = (name: (typeof tcbParts)[number]) => readInteger(object[name], `${path}.${name}`, 0, 255);
  return {
    fmc: productFacts[product].layout.fmc === null ? null : part('fmc'),
    bootloader: part('bootloader'),
    tee: part('tee'),
    snp: part('snp'),
    microcode: part('microcode'),
  };
}

function readFloors(value: JsonValue, path: string): Record<SnpProduct, SnpTcb> {
  const object = readObject(value, path, [], snpProducts);
  const floors = { ...defaults.minimumTcb };
  for (const product of snpProducts) {
    const given = object[product];
    if (given !== undefined) floors[product] = readTcb(given, `${path}.${product}`, product);
  }
  return floors;
}

function readNumbers(value: JsonValue, path: string, count: 2 | 3): number[] {
  const pattern = count === 2 ? /^\d{1,3}\.\d{1,3}$/ : /^\d{1,3}\.\d{1,3}\.\d{1,3}$/;
  const numbers = readString(value, path, { most: 11, pattern }).split('.').map(Number);
  return numbers.map((number) => readInteger(number, path, 0, 255));
}

function readPinned(value: JsonValue, path: string): Record<SnpPinnedField, string | null> {
  const object = readObject(value, path, [], Object.keys(pinnedFields) as SnpPinnedField[]);
  const pinned = { ...defaults.pinned };
  for (const [name, size] of Object.entries(pinnedFields) as [SnpPinnedField, number][]) {
    const given = object[name];
    if (given !== undefined && given !== null) pinned[name] = readHex(given, `${path}.${name}`, size);
  }
  return pinned;
}

function readHardwareId(value: JsonValue, path: string): string {
  return readString(value, path, { most: 128, pattern: /^(?:[0-9a-f]{16}|[0-9a-f]{128})$/ });
}

/**
 * Reads a policy for SEV-SNP. Keys that are left out have the strict default; unknown keys are an error.
 * @param path where the value stands, for error messages
 */
export function parseSnpPolicy(
  value: JsonValue,
  path: string,
  type: SnpPolicy['type'] = 'sev-snp',
): SnpPolicy {
  const keys = Object.keys(defaults) as (keyof typeof defaults)[];
  const given = readObject(value, path, [], keys);
  const read = <Value>(
    key: keyof typeof defaults,
    parse: (value: JsonValue, path: string) => Value,
    or: Value,
  ) => {
    const present = given[key];
    return present === undefined ? or : parse(present, `${path}.${key}`);
  };
  const flag = (key: 'vlek' | 'provisionalFirmware' | 'maskedChip' | 'cxl' | 'smt' | 'aliasCheck') =>
    read(key, readBoolean, defaults[key]);
  const integer = (key: 'minimumReportVersion' | 'minimumGuestSvn' | 'vmpl', least: number, most: number) =>
    read(key, (entry, at) => readInteger(entry, at, least, most), defaults[key]);
  const words = <Word extends string>(known: readonly Word[]) => {
    return (entry: JsonValue, at: string) =>
      readArray(entry, at, (word, where) => readOneOf(word, where, known));
  };
  return {
    type,
    products: read('products', words(snpProducts), [...defaults.products]),
    vlek: flag('vlek'),
    minimumReportVersion: integer('minimumReportVersion', 2, 5),
    minimumTcb: read('minimumTcb', readFloors, defaults.minimumTcb),
    provisionalFirmware: flag('provisionalFirmware'),
    maskedChip: flag('maskedChip'),
    minimumFirmware: read(
      'minimumFirmware',
      (entry, at) => {
        const [major = 0, minor = 0, build = 0] = readNumbers(entry, at, 3);
        return { major, minor, build };
      },
      defaults.minimumFirmware,
    ),
    minimumGuestSvn: integer('minimumGuestSvn', 0, 0xffffffff),
    requiredMitigations: read(
      'requiredMitigations',
      (entry, at) => BigInt(`0x${readHex(entry, at, 8)}`),
      defaults.requiredMitigations,
    ),
    require: read('require', words(features), [...defaults.require]),
    cxl: flag('cxl'),
    smt: flag('smt'),
    minimumAbi: read(
      'minimumAbi',
      (entry, at) => {
        const [major = 0, minor = 0] = readNumbers(entry, at, 2);
        return { major, minor };
      },
      defaults.minimumAbi,
    ),
    aliasCheck: flag('aliasCheck'),
    vmpl: integer('vmpl', 0, 3),
    pinned: read('pinned', readPinned, defaults.pinned),
    deniedHardware: read(
      'deniedHardware',
      (entry, at) => readArray(entry, at, readHardwareId, { most: 4096 }),
      [...defaults.deniedHardware],
    ),
  };
}
