/**
 * Where one hardware policy asks for less than another, in words. Each field of each policy has its rule
 * here, and the types see to it that none is left out.
 * @module
 */

import type { NitroPolicy } from './attestation/nitro/policy.ts';
import type { HardwarePolicy } from './attestation/policy.ts';
import type { SnpPolicy } from './attestation/snp/policy.ts';
import { tcbParts } from './attestation/snp/product.ts';
import type { TdxPolicy } from './attestation/tdx/policy.ts';

/** For each field: what it means if `theirs` asks for less than `ours`, and whether it does. */
type Rules<Policy> = {
  readonly [Field in Exclude<keyof Policy, 'type'>]-?: readonly [
    text: string,
    weaker: (theirs: Policy[Field], ours: Policy[Field], policy: Policy) => boolean,
  ];
};

const allowed = (theirs: boolean, ours: boolean) => theirs && !ours;
const dropped = (theirs: boolean, ours: boolean) => !theirs && ours;
const lower = (theirs: number, ours: number) => theirs < ours;
const higher = (theirs: number, ours: number) => theirs > ours;
const adds = (theirs: readonly string[], ours: readonly string[]) =>
  theirs.some((item) => !ours.includes(item));
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
  products: ['more AMD chips count', adds],
  vlek: ['keys that a cloud provider holds count', allowed],
  minimumReportVersion: ['older report versions count', lower],
  minimumTcb: [
    'older AMD firmware counts',
    (theirs, ours, { products }) =>
      products.some((product) =>
        tcbParts.some((part) => (theirs[product][part] ?? 0) < (ours[product][part] ?? 0)),
      ),
  ],
  provisionalFirmware: ['firmware that is not committed counts', allowed],
  maskedChip: ['chips that do not say who they are count', allowed],
  minimumFirmware: [
    'older AMD firmware counts',
    (theirs, ours) =>
      lowerVersion([theirs.major, theirs.minor, theirs.build], [ours.major, ours.minor, ours.build]),
  ],
  minimumGuestSvn: ['older guests count', lower],
  requiredMitigations: ['fewer mitigations are required', (theirs, ours) => (ours & ~theirs) !== 0n],
  require: ['fewer features of the guest policy are required', lacks],
  cxl: ['CXL memory may be used', allowed],
  smt: ['two threads may share a core', allowed],
  minimumAbi: [
    'older firmware interfaces count',
    (theirs, ours) => lowerVersion([theirs.major, theirs.minor], [ours.major, ours.minor]),
  ],
  aliasCheck: ['the check for aliased memory is not required', dropped],
  vmpl: ['less privileged guests count', higher],
  pinned: ['values that are pinned here are open', unpins],
  deniedHardware: ['machines that are refused here count', lacks],
};

const tdxRules: Rules<TdxPolicy> = {
  statuses: ['Intel platforms with open advisories count', adds],
  grace: ['platforms that wait for a patch count while a grace in the log runs', allowed],
  relaunchAdvised: ['guests that should have been restarted count', allowed],
  advisories: ['more advisories may stay open', adds],
  minimumEvaluation: ['older evaluations by Intel count', lower],
  septVeDisable: ['guests may be interrupted by page faults', dropped],
  protectionKeys: ['supervisor protection keys may be used', allowed],
  keyLocker: ['Key Locker may be used', allowed],
  performanceMonitoring: ['performance counters may be read', allowed],
  mrServiceTd: ['another service guest may migrate it', (theirs, ours) => theirs !== ours],
  pinned: ['values that are pinned here are open', unpins],
  deniedHardware: ['machines that are refused here count', lacks],
};

const nitroRules: Rules<NitroPolicy> = {
  maximumAgeSeconds: ['older documents count', higher],
  clockSkewSeconds: ['documents from further in the future count', higher],
  pcrs: ['registers that are pinned here are open', unpins],
  publicKey: ['documents with a key for another protocol count', allowed],
};

function compare<Policy>(rules: Rules<Policy>, theirs: Policy, ours: Policy): string[] {
  const fields = Object.keys(rules) as (keyof Rules<Policy>)[];
  return fields.flatMap((field) => {
    const [text, weaker] = rules[field];
    return weaker(theirs[field], ours[field], theirs) ? [text] : [];
  });
}

function weaknessOf<Policy>(
  name: string,
  rules: Rules<Policy>,
  theirs: Policy | undefined,
  ours: Policy | undefined,
): string[] {
  if (theirs === undefined) return [];
  if (ours === undefined) return [`${name} counts`];
  return compare(rules, theirs, ours).map((text) => `${name}: ${text}`);
}

/** In which ways `theirs` accepts real hardware that `ours` does not; empty if it is at least as strict. */
export function hardwareWeaknesses(theirs: HardwarePolicy, ours: HardwarePolicy): string[] {
  return [
    ...new Set([
      ...weaknessOf('AMD SEV-SNP', snpRules, theirs['sev-snp'], ours['sev-snp']),
      ...weaknessOf('Intel TDX', tdxRules, theirs.tdx, ours.tdx),
      ...weaknessOf('AWS Nitro', nitroRules, theirs.nitro, ours.nitro),
    ]),
  ];
}
