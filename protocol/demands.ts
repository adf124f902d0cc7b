/**
 * What a person demands of hardware beyond their trust domain: a preset in the place of the domain's own policy
 * for a type of evidence. Only presets that accept nothing which the domain refuses can be demanded.
 * @module
 */
import { type HardwarePolicy, parseHardwarePolicy } from './attestation/policy.ts';
import { hardwarePresets } from './attestation/presets.ts';
import { type HardwareChange, type HardwareType, typeWeaknesses } from './hardware-diff.ts';

/** Name of a preset, by type of evidence. */
export type Demands = { readonly [Type in HardwareType]?: string };

/** A preset that asks for more than a trust domain does. */
export interface StricterPreset {
  readonly type: HardwareType;
  readonly preset: string;
  /** What the trust domain accepts and this preset refuses; never empty. */
  readonly refuses: readonly HardwareChange[];
}

/** The presets for one type that ask for nothing less than `hardware` does, and for something more. */
export function stricterPresets(type: HardwareType, hardware: HardwarePolicy): StricterPreset[] {
  if (hardware[type] === undefined) return [];
  return Object.keys(hardwarePresets[type]).flatMap((preset) => {
    const policy = parseHardwarePolicy({ [type]: { preset } });
    const refuses = typeWeaknesses(type, hardware, policy);
    const isStricter = refuses.length > 0 && typeWeaknesses(type, policy, hardware).length === 0;
    return isStricter ? [{ type, preset, refuses }] : [];
  });
}

/**
 * The policies that evidence is judged by. A demanded preset that would ask for less than `hardware`, as after
 * a change of the trust domain, makes its type count for nothing until the person has chosen again: neither the
 * demand nor the domain is passed over in silence.
 */
export function demandedHardware(hardware: HardwarePolicy, demands: Demands): HardwarePolicy {
  const judged = (Object.keys(hardware) as HardwareType[]).map((type): HardwarePolicy => {
    const preset = demands[type];
    if (preset === undefined) return { [type]: hardware[type] };
    const isStricter = stricterPresets(type, hardware).some((one) => one.preset === preset);
    return isStricter ? parseHardwarePolicy({ [type]: { preset } }) : {};
  });
  return Object.assign({}, ...judged);
}
