/**
 * What a person chose. Kept by the background in its own database, where no content script can read it:
 * a page that knew the seal could paint it.
 * @module
 */
import type { Demands } from '../protocol/demands.ts';
import type { HardwareType } from '../protocol/hardware-diff.ts';
import type { JsonValue } from '../protocol/json.ts';
import type { Mode } from '../protocol/session/sizes.ts';
import { readArray, readBoolean, readObject, readOneOf, readString } from '../protocol/shape.ts';

export interface Settings {
  /** The person's seal seed, 16 bytes in base64; null before first run. */
  readonly seal: string | null;
  /** The lesson of the first run was passed. */
  readonly firstRunDone: boolean;
  /** Origin of the enclave to talk to; null for the first one of the built-in trust domain. */
  readonly service: string | null;
  readonly theme: Theme;
  /** Language of the copy; null for the browser's. */
  readonly language: Language | null;
  /** How answers come: at a steady pace, or whole, when they are ready. */
  readonly mode: Mode;
  /** What the person demands of hardware beyond their trust domains. */
  readonly demands: readonly Demand[];
}

/** A preset in the place of a trust domain's own policy for a type of evidence; it only ever asks for more. */
export interface Demand {
  readonly domain: string;
  readonly type: HardwareType;
  readonly preset: string;
}

export const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
/** Languages that `_locales` has. */
export const languages = ['en', 'de', 'he'] as const;
export type Language = (typeof languages)[number];
export const modes = ['steady', 'block'] as const;

export const defaultSettings: Settings = {
  seal: null,
  firstRunDone: false,
  service: null,
  theme: 'system',
  language: null,
  mode: 'steady',
  demands: [],
};

/** What a person changes in Options at once. */
export type Preferences = Pick<Settings, 'theme' | 'language' | 'mode'>;

const nullable = (
  value: JsonValue | undefined,
  path: string,
  most: number,
  pattern: RegExp,
): string | null => (value === null ? null : readString(value, path, { most, pattern }));

/** 16 bytes in base64. */
export const sealPattern = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** Reads stored settings; throws where they are not whole. */
export function parseSettings(value: JsonValue | undefined): Settings {
  // Later versions have more fields: a record without them is an older one, not a damaged one.
  const later = ['theme', 'language', 'mode', 'history', 'demands'] as const;
  const read = readObject(value, 'settings', ['seal', 'firstRunDone', 'service'], later);
  return {
    seal: nullable(read.seal, 'settings.seal', 24, sealPattern),
    firstRunDone: readBoolean(read.firstRunDone, 'settings.firstRunDone'),
    service: nullable(read.service, 'settings.service', 253, /^https?:\/\//),
    ...parsePreferences({
      theme: read.theme ?? defaultSettings.theme,
      language: read.language ?? null,
      mode: read.mode ?? defaultSettings.mode,
    }),
    demands: parseDemands(read.demands ?? []),
  };
}

export const hardwareTypes = ['sev-snp', 'sev-snp-simulated', 'tdx', 'nitro'] as const;

/** The name that a preset has in files. */
export const readPreset = (value: JsonValue | undefined): string =>
  readString(value, 'preset', { most: 32, pattern: /^[a-z-]+$/ });

/** Reads what is demanded beyond the trust domains. */
function parseDemands(value: JsonValue | undefined): Demand[] {
  return readArray(value, 'demands', (one, path) => {
    const read = readObject(one, path, ['domain', 'type', 'preset']);
    return {
      domain: readString(read.domain, `${path}.domain`, { most: 64 }),
      type: readOneOf(read.type, `${path}.type`, hardwareTypes),
      preset: readPreset(read.preset),
    };
  });
}

/** What is demanded beyond one trust domain. */
export const demandsOf = (demands: readonly Demand[], domain: string): Demands =>
  Object.fromEntries(
    demands.filter((one) => one.domain === domain).map(({ type, preset }) => [type, preset]),
  );

/** Reads all preferences. */
export function parsePreferences(value: JsonValue | undefined): Preferences {
  const read = readObject(value, 'preferences', ['theme', 'language', 'mode']);
  return {
    theme: readOneOf(read.theme, 'theme', themes),
    language: read.language === null ? null : readOneOf(read.language, 'language', languages),
    mode: readOneOf(read.mode, 'mode', modes),
  };
}
