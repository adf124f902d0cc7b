/**
 * Named policies, so that a trust domain can say in one word what it accepts. Each is a set of changes to the
 * strict defaults; what a domain writes beside the name changes the preset in turn.
 * @module
 */
import type { JsonValue } from '../json.ts';
import { readMap, readOneOf } from '../shape.ts';

type Changes = { readonly [key: string]: JsonValue };

const snpPresets = {
  strict: {},
  hardened: { require: ['raplDisabled', 'ciphertextHiding', 'memAes256Xts', 'singleSocket'], smt: false },
  'with-milan': { products: ['milan', 'genoa', 'bergamo-siena', 'turin'] },
  'with-vlek': { vlek: true },
} satisfies Record<string, Changes>;

/** By type of evidence and name; `strict` is what holds where no preset is named. */
export const hardwarePresets = {
  'sev-snp': snpPresets,
  'sev-snp-simulated': snpPresets,
  tdx: { strict: {}, 'without-grace': { grace: false }, 'with-relaunch': { relaunchAdvised: true } },
  nitro: { strict: {} },
} satisfies Record<string, Record<string, Changes>>;

/**
 * The policy object with its preset written out.
 * @param path where the value stands, for error messages
 * @throws WAX_JSON_SHAPE for a preset that this type of evidence does not have
 */
export function withPreset(
  type: keyof typeof hardwarePresets,
  value: JsonValue,
  path: string,
): { [key: string]: JsonValue } {
  const { preset = 'strict', ...changes } = readMap(value, path);
  const presets: Record<string, Changes> = hardwarePresets[type];
  return { ...presets[readOneOf(preset, `${path}.preset`, Object.keys(presets))], ...changes };
}
