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

/** Statuses of Intel's TCB levels, from best to worst as a merge of several sees them. */
export const tdxStatuses = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;
export type TdxStatus = (typeof tdxStatuses)[number];

/** Those that a policy may accept; revoked never. */
const acceptable = tdxStatuses.filter((status) => status !== 'Revoked');

/** Registers that may be pinned to one value. */
export const tdxPinned = { mrConfigId: 48, mrOwner: 48, mrOwnerConfig: 48, mrSeam: 48, xfam: 8 } as const;
export type TdxPinnedField = keyof typeof tdxPinned;

/** What TDX hardware must satisfy. */
export interface TdxPolicy {
  readonly type: 'tdx';
  /** Accepted results of the TCB evaluation. */
  readonly statuses: readonly TdxStatus[];
  /** Accept OutOfDate while the log holds a live grace for the event that put the platform out of date. */
  readonly grace: boolean;
  /** Accept a module that was patched while the guest ran (quote version 5). */
  readonly relaunchAdvised: boolean;
  /** Advisories that may remain open where the status is SWHardeningNeeded. */
  readonly advisories: readonly string[];
  readonly minimumEvaluation: number;
  readonly septVeDisable: boolean;
  readonly protectionKeys: boolean;
  readonly keyLocker: boolean;
  readonly performanceMonitoring: boolean;
  /** Hexadecimal of the service TD's measurement; zero unless one is expected. */
  readonly mrServiceTd: string;
  /** Hexadecimal; null leaves the register open. */
  readonly pinned: Readonly<Record<TdxPinnedField, string | null>>;
  /** PPIDs in hexadecimal. */
  readonly deniedHardware: readonly string[];
}

const defaults: Omit<TdxPolicy, 'type'> = {
  statuses: ['UpToDate'],
  grace: true,
  relaunchAdvised: false,
  advisories: [],
  minimumEvaluation: 0,
  septVeDisable: true,
  protectionKeys: false,
  keyLocker: false,
  performanceMonitoring: false,
  mrServiceTd: '00'.repeat(48),
  pinned: { mrConfigId: null, mrOwner: null, mrOwnerConfig: null, mrSeam: null, xfam: null },
  deniedHardware: [],
};

function readPinned(value: JsonValue, path: string): Record<TdxPinnedField, string | null> {
  const object = readObject(value, path, [], Object.keys(tdxPinned) as TdxPinnedField[]);
  const pinned = { ...defaults.pinned };
  for (const [name, size] of Object.entries(tdxPinned) as [TdxPinnedField, number][]) {
    const given = object[name];
    if (given !== undefined && given !== null) pinned[name] = readHex(given, `${path}.${name}`, size);
  }
  return pinned;
}

/** Reads a policy for TDX. Keys that are left out have the strict default; unknown keys are an error. */
export function parseTdxPolicy(value: JsonValue, path: string): TdxPolicy {
  const given = readObject(value, path, [], Object.keys(defaults) as (keyof typeof defaults)[]);
  const read = <Value>(
    key: keyof typeof defaults,
    parse: (value: JsonValue, path: string) => Value,
    or: Value,
  ) => {
    const present = given[key];
    return present === undefined ? or : parse(present, `${path}.${key}`);
  };
  const flag = (
    key:
      | 'grace'
      | 'relaunchAdvised'
      | 'septVeDisable'
      | 'protectionKeys'
      | 'keyLocker'
      | 'performanceMonitoring',
  ) => read(key, readBoolean, defaults[key]);
  const advisory = { most: 32, pattern: /^INTEL-SA-\d{5}$/ };
  return {
    type: 'tdx',
    statuses: read(
      'statuses',
      (entry, at) => readArray(entry, at, (word, where) => readOneOf(word, where, acceptable)),
      [...defaults.statuses],
    ),
    grace: flag('grace'),
    relaunchAdvised: flag('relaunchAdvised'),
    advisories: read(
      'advisories',
      (entry, at) => readArray(entry, at, (word, where) => readString(word, where, advisory)),
      [...defaults.advisories],
    ),
    minimumEvaluation: read(
      'minimumEvaluation',
      (entry, at) => readInteger(entry, at, 0, 0xffffffff),
      defaults.minimumEvaluation,
    ),
    septVeDisable: flag('septVeDisable'),
    protectionKeys: flag('protectionKeys'),
    keyLocker: flag('keyLocker'),
    performanceMonitoring: flag('performanceMonitoring'),
    mrServiceTd: read('mrServiceTd', (entry, at) => readHex(entry, at, 48), defaults.mrServiceTd),
    pinned: read('pinned', readPinned, defaults.pinned),
    deniedHardware: read(
      'deniedHardware',
      (entry, at) => readArray(entry, at, (id, where) => readHex(id, where, 16), { most: 4096 }),
      [...defaults.deniedHardware],
    ),
  };
}
