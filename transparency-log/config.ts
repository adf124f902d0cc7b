import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../protocol/errors.ts';
import { type JsonValue, parseJson } from '../protocol/json.ts';
import { parseVerifierKey } from '../protocol/log/note.ts';
import { readArray, readInteger, readObject, readString } from '../protocol/shape.ts';
import { serverError } from './errors.ts';
import type { WitnessEndpoint } from './witness/client.ts';

/** What `log.json` in the folder of a log says. */
export interface LogConfig {
  origin: string;
  /** Where readers find the log, if not only at this process. */
  publicUrl: string | null;
  witnesses: WitnessEndpoint[];
  quorum: number;
}

/** The files in the folder of a log, besides what its storage makes. */
export const logFiles = { config: 'log.json', key: 'log.key', policy: 'policy-entry.json' } as const;

const FORMAT = 'waxseal-log/1';
const URL_FORM = { most: 512, pattern: /^https?:\/\/[^\s?#]+[^\s?#/]$/ };

function readWitness(value: JsonValue, path: string): WitnessEndpoint {
  const { url, key } = readObject(value, path, ['url', 'key']);
  const verifierKey = parseVerifierKey(readString(key, `${path}.key`, { most: 512 }));
  if (verifierKey.type !== 4) throw serverError('WAX_LOGSERVER_CONFIG', `${path}.key is not a witness's`);
  return { url: readString(url, `${path}.url`, URL_FORM), key: verifierKey };
}

/** Reads `log.json`; throws WAX_LOGSERVER_CONFIG. */
export function parseLogConfig(bytes: Uint8Array | string): LogConfig {
  try {
    const required = ['format', 'origin', 'publicUrl', 'witnesses', 'quorum'] as const;
    const fields = readObject(parseJson(bytes), 'log.json', required);
    if (fields.format !== FORMAT) throw serverError('WAX_LOGSERVER_CONFIG', 'format');
    return {
      origin: readString(fields.origin, 'origin', { most: 253 }),
      publicUrl: fields.publicUrl === null ? null : readString(fields.publicUrl, 'publicUrl', URL_FORM),
      witnesses: readArray(fields.witnesses, 'witnesses', readWitness, { least: 1, most: 16 }),
      quorum: readInteger(fields.quorum, 'quorum', 1, 16),
    };
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code === 'WAX_LOGSERVER_CONFIG') throw cause;
    throw serverError('WAX_LOGSERVER_CONFIG', cause.detail, { cause });
  }
}

/** The text of `log.json`. */
export function formatLogConfig({ origin, publicUrl, witnesses, quorum }: LogConfig): string {
  const listed = witnesses.map(({ url, key }) => ({ url, key: key.text }));
  return `${JSON.stringify({ format: FORMAT, origin, publicUrl, witnesses: listed, quorum }, null, 2)}\n`;
}

/** Reads a file of the folder of a log. */
export async function readLogFile(folder: string, name: string): Promise<Uint8Array> {
  const path = join(folder, name);
  return readFile(path).catch((cause) => {
    throw serverError('WAX_LOGSERVER_CONFIG', `${path} cannot be read`, { cause });
  });
}
