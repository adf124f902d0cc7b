import type { JsonValue } from '../json.ts';
import { readObject } from '../shape.ts';
import { type NitroPolicy, parseNitroPolicy } from './nitro/policy.ts';
import { withPreset } from './presets.ts';
import { parseSnpPolicy, type SnpPolicy } from './snp/policy.ts';
import { parseTdxPolicy, type TdxPolicy } from './tdx/policy.ts';

/** The kinds of hardware that a trust domain accepts; one that is not named is not accepted. */
export interface HardwarePolicy {
  readonly 'sev-snp'?: SnpPolicy;
  readonly 'sev-snp-simulated'?: SnpPolicy;
  readonly tdx?: TdxPolicy;
  readonly nitro?: NitroPolicy;
}

/**
 * Reads the `hardware` object of a trust domain: type of evidence to policy. An empty policy object means the
 * strict defaults for that type; `preset` names another set to start from.
 * @param path where the value stands, for error messages
 * @throws WAX_JSON_SHAPE or WAX_ATTESTATION_POLICY, also for keys that are not known
 */
export function parseHardwarePolicy(value: JsonValue, path = 'hardware'): HardwarePolicy {
  const given = readObject(value, path, [], ['sev-snp', 'sev-snp-simulated', 'tdx', 'nitro']);
  const read = <Policy>(type: keyof HardwarePolicy, parse: (value: JsonValue, path: string) => Policy) => {
    const present = given[type];
    const at = `${path}.${type}`;
    return present === undefined ? {} : { [type]: parse(withPreset(type, present, at), at) };
  };
  return {
    ...read('sev-snp', (entry, at) => parseSnpPolicy(entry, at)),
    ...read('sev-snp-simulated', (entry, at) => parseSnpPolicy(entry, at, 'sev-snp-simulated')),
    ...read('tdx', parseTdxPolicy),
    ...read('nitro', parseNitroPolicy),
  };
}
