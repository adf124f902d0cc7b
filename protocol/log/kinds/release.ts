/**
 * `release`: the approval of one exact program, by its measurements on each platform and shape, with its
 * configuration, models and wire parameters, for named services and at most 90 days.
 * @module
 */
import type { JsonValue } from '../../json.ts';
import { readWireParameters, type WireParameters } from '../../session/runtime-statement.ts';
import {
  readArray,
  readHex,
  readInteger,
  readMap,
  readObject,
  readOrigin,
  readString,
  readTime,
} from '../../shape.ts';
import { statementError } from '../statement-errors.ts';
import { formatTime, type Kind, requirePeriod } from './kind.ts';

/** Registers that make up a measurement, by platform; each holds 48 bytes. */
const REGISTERS = {
  'sev-snp': ['launchDigest'],
  'sev-snp-simulated': ['launchDigest'],
  tdx: ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'],
  nitro: ['pcr0', 'pcr1', 'pcr2'],
} as const;
export type Platform = keyof typeof REGISTERS;
export const platforms = Object.keys(REGISTERS) as Platform[];

const REGISTER_BYTES = 48;
const MAX_DAYS = 90;
const MAX_RETIRE_HOURS = MAX_DAYS * 24;
const DEFAULT_RETIRE_HOURS = 168;

/** Reference values for one shape of machine (such as "4 vCPU"); `registers` is register name to hex. */
interface ShapeMeasurement {
  shape: string;
  registers: { [register: string]: string };
}

export interface ReleaseFields {
  expires: number;
  product: string;
  version: number;
  /** This long after `notBefore`, lower versions of the product are refused. */
  retiresOlderAfterHours: number;
  measurements: { [platform in Platform]?: ShapeMeasurement[] };
  configSha256: string;
  models: { id: string; sha256: string }[];
  /** Origins that may run it. */
  services: string[];
  wire: WireParameters;
  source: { repository: string; commit: string };
  /** How to rebuild it: name and hash of the recipe. */
  build: { recipe: string; sha256: string };
}

/** The register names of a platform, all of which have to agree. */
export function registersOf(platform: Platform): readonly string[] {
  return REGISTERS[platform];
}

function readShape(platform: Platform): (value: JsonValue, path: string) => ShapeMeasurement {
  const names = registersOf(platform);
  return (value, path) => {
    const fields = readObject(value, path, ['shape', ...names]);
    return {
      shape: readString(fields.shape, `${path}.shape`, { most: 64 }),
      registers: Object.fromEntries(
        names.map((name) => [name, readHex(fields[name], `${path}.${name}`, REGISTER_BYTES)]),
      ),
    };
  };
}

function readMeasurements(value: JsonValue | undefined): ReleaseFields['measurements'] {
  const map = readObject(value, 'measurements', [], platforms);
  const measurements: ReleaseFields['measurements'] = {};
  for (const platform of platforms) {
    if (map[platform] === undefined) continue;
    const path = `measurements.${platform}`;
    measurements[platform] = readArray(map[platform], path, readShape(platform), { least: 1, most: 32 });
  }
  if (Object.keys(readMap(value, 'measurements')).length === 0) {
    throw statementError('WAX_STATEMENT_FORM', 'a release without measurements');
  }
  return measurements;
}

function readModel(value: JsonValue, path: string): { id: string; sha256: string } {
  const { id, sha256 } = readObject(value, path, ['id', 'sha256']);
  return { id: readString(id, `${path}.id`, { most: 128 }), sha256: readHex(sha256, `${path}.sha256`, 32) };
}

function requireDistinct(texts: readonly string[], what: string): void {
  if (new Set(texts).size < texts.length) throw statementError('WAX_STATEMENT_FORM', `${what} listed twice`);
}

export const release: Kind<ReleaseFields> = {
  required: [
    'expires',
    'product',
    'version',
    'measurements',
    'configSha256',
    'models',
    'services',
    'wire',
    'source',
    'build',
  ],
  optional: ['retiresOlderAfterHours'],

  read(predicate, { notBefore }) {
    const expires = readTime(predicate.expires, 'expires');
    requirePeriod(notBefore, expires, MAX_DAYS);
    const source = readObject(predicate.source, 'source', ['repository', 'commit']);
    const build = readObject(predicate.build, 'build', ['recipe', 'sha256']);
    const stated = predicate.retiresOlderAfterHours;
    const hours = stated === undefined ? DEFAULT_RETIRE_HOURS : stated;
    const fields: ReleaseFields = {
      expires,
      product: readString(predicate.product, 'product', { most: 64, pattern: /^[a-z0-9][a-z0-9.-]*$/ }),
      version: readInteger(predicate.version, 'version', 1),
      retiresOlderAfterHours: readInteger(hours, 'retiresOlderAfterHours', 0, MAX_RETIRE_HOURS),
      measurements: readMeasurements(predicate.measurements),
      configSha256: readHex(predicate.configSha256, 'configSha256', 32),
      models: readArray(predicate.models, 'models', readModel, { least: 1, most: 16 }),
      services: readArray(predicate.services, 'services', readOrigin, { least: 1, most: 32 }),
      wire: readWireParameters(predicate.wire, 'wire'),
      source: {
        repository: readString(source.repository, 'source.repository', { most: 256 }),
        commit: readString(source.commit, 'source.commit', {
          pattern: /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/,
        }),
      },
      build: {
        recipe: readString(build.recipe, 'build.recipe', { most: 256 }),
        sha256: readHex(build.sha256, 'build.sha256', 32),
      },
    };
    const modelIds = fields.models.map(({ id }) => id);
    requireDistinct(modelIds, 'a model');
    requireDistinct(fields.services, 'a service');
    return fields;
  },

  write(fields) {
    const measurements = Object.entries(fields.measurements).map(([platform, shapes]) => [
      platform,
      shapes.map(({ shape, registers }) => ({ shape, ...registers })),
    ]);
    return {
      expires: formatTime(fields.expires),
      product: fields.product,
      version: fields.version,
      retiresOlderAfterHours: fields.retiresOlderAfterHours,
      measurements: Object.fromEntries(measurements),
      configSha256: fields.configSha256,
      models: fields.models.map(({ id, sha256 }) => ({ id, sha256 })),
      services: fields.services,
      wire: { ...fields.wire },
      source: { ...fields.source },
      build: { ...fields.build },
    };
  },

  subject: ({ product, configSha256 }) => ({ name: product, sha256: configSha256 }),
};
