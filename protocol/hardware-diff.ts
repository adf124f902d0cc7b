/**
 * Where one hardware policy asks for less than another. Each field of each policy has its rule here, and the
 * types see to it that none is left out. Words for what is found are a matter of each surface.
 * @module
 */

import type { NitroPolicy } from './attestation/nitro/policy.ts';
import type { HardwarePolicy } from './attestation/policy.ts';
import type { SnpPolicy } from './attestation/snp/policy.ts';
import { tcbParts } from './attestation/snp/product.ts';
import type { TdxPolicy } from './attestation/tdx/policy.ts';

type Fields<Policy> = Exclude<keyof Policy, 'type'>;
export type HardwareType = keyof HardwarePolicy;
export type HardwareField = Fields<SnpPolicy> | Fields<TdxPolicy> | Fields<NitroPolicy>;

/** One way in which a policy accepts what another refuses. */
export interface HardwareChange {
  readonly type: HardwareType;
  /** The field that asks for less; `type` where the other policy does not accept this type at all. */
  readonly field: HardwareField | 'type';
  /** What exactly is accepted or no longer asked for, where the field is a list of names. */
  readonly items: readonly string[];
}

/** For each field: whether `theirs` asks for less than `ours`, and in which names if it is a list of such. */
type Rules<Policy> = {
  readonly [Field in Fields<Policy>]-?: (
    theirs: Policy[Field],
    ours: Policy[Field],
    policy: Policy,
  ) => boolean | readonly string[];
};

const allowed = (theirs: boolean, ours: boolean) => theirs && !ours;
const dropped = (theirs: boolean, ours: boolean) => !theirs && ours;
const lower = (theirs: number, ours: number) => theirs < ours;
const higher = (theirs: number, ours: number) => theirs > ours;
const adds = (theirs: readonly string[], ours: readonly string[]) =>
  theirs.filter((item) => !ours.includes(item));
const lacks = (theirs: readonly string[], ours: readonly string[]) => adds(ours, theirs);
/** A value that we pin is open, or pinned to something else. */
const unpins = (
  theirs: Readonly<Record<string, string | null>>,
  ours: Readonly<Record<string, string | null>>,
) => Object.entries(ours).some(([name, value]) => value !== null && theirs[name] !== value);
const lowerVersion = (theirs: readonly number[], ours: readonly number[]) => {
  const differs = ours.findIndex((part, index) => theirs[index] !== part);
  return differs >= 0 && (theirs[differs] ?? 0) < (ours[differs] ?? 0);
};

const snpRules: Rules<SnpPolicy> = {
  products: adds,
  vlek: allowed,
  minimumReportVersion: lower,
  minimumTcb: (theirs, ours, { products }) =>
    products.some((product) =>
      tcbParts.some((part) => (theirs[product][part] ?? 0) < (ours[product][part] ?? 0)),
    ),
  provisionalFirmware: allowed,
  maskedChip: allowed,
  minimumFirmware: (theirs, ours) =>
    lowerVersion([theirs.major, theirs.minor, theirs.build], [ours.major, ours.minor, ours.build]),
  minimumGuestSvn: lower,
  requiredMitigations: (theirs, ours) => (ours & ~theirs) !== 0n,
  require: lacks,
  cxl: allowed,
  smt: allowed,
  minimumAbi: (theirs, ours) => lowerVersion([theirs.major, theirs.minor], [ours.major, ours.minor]),
  aliasCheck: dropped,
  vmpl: higher,
  pinned: unpins,
  deniedHardware: lacks,
};

const tdxRules: Rules<TdxPolicy> = {
  statuses: adds,
  grace: allowed,
  relaunchAdvised: allowed,
  advisories: adds,
  minimumEvaluation: lower,
  septVeDisable: dropped,
  protectionKeys: allowed,
  keyLocker: allowed,
  performanceMonitoring: allowed,
  mrServiceTd: (theirs, ours) => theirs !== ours,
  pinned: unpins,
  deniedHardware: lacks,
};

const nitroRules: Rules<NitroPolicy> = {
  maximumAgeSeconds: higher,
  clockSkewSeconds: higher,
  pcrs: unpins,
  publicKey: allowed,
};

function compare<Policy extends object>(
  type: HardwareType,
  rules: Rules<Policy>,
  theirs: Policy | undefined,
  ours: Policy | undefined,
): HardwareChange[] {
  if (theirs === undefined) return [];
  if (ours === undefined) return [{ type, field: 'type', items: [] }];
  const fields = Object.keys(rules) as Fields<Policy>[];
  return fields.flatMap((field) => {
    const found = rules[field](theirs[field], ours[field], theirs);
    const isWeaker = typeof found === 'boolean' ? found : found.length > 0;
    const items = typeof found === 'boolean' ? [] : found;
    return isWeaker ? [{ type, field: field as HardwareField, items }] : [];
  });
}

/** In which ways `theirs` accepts hardware of one type that `ours` does not; empty if it is at least as strict. */
export function typeWeaknesses(
  type: HardwareType,
  theirs: HardwarePolicy,
  ours: HardwarePolicy,
): HardwareChange[] {
  if (type === 'tdx') return compare(type, tdxRules, theirs.tdx, ours.tdx);
  if (type === 'nitro') return compare(type, nitroRules, theirs.nitro, ours.nitro);
  return compare(type, snpRules, theirs[type], ours[type]);
}

/** In which ways `theirs` accepts real hardware that `ours` does not; empty if it is at least as strict. */
export function hardwareWeaknesses(theirs: HardwarePolicy, ours: HardwarePolicy): HardwareChange[] {
  return (['sev-snp', 'tdx', 'nitro'] as const).flatMap((type) => typeWeaknesses(type, theirs, ours));
}
