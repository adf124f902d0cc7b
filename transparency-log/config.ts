import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../protocol/errors.ts';
import { parseJson } from '../protocol/json.ts';
import { readObject, readString } from '../protocol/shape.ts';
import { serverError } from './errors.ts';

/** What `log.json` in the folder of a log says. */
export interface LogConfig {
  origin: string;
  /** Where readers find the log, if not only at this process. */
  publicUrl: string | null;
}

/** The files in the folder of a log, besides what its storage makes. */
export const logFiles = {
  config: 'log.json',
  key: 'log.key',
  policy: 'policy-entry.json',
  witnesses: 'witnesses.policy',
} as const;

const FORMAT = 'waxseal-log/2';
const URL_FORM = { most: 512, pattern: /^https?:\/\/[^\s?#]+[^\s?#/]$/ };

/** Reads `log.json`; throws WAX_LOGSERVER_CONFIG. */
export function parseLogConfig(bytes: Uint8Array | string): LogConfig {
  try {
    const fields = readObject(parseJson(bytes), 'log.json', ['format', 'origin', 'publicUrl']);
    if (fields.format !== FORMAT) throw serverError('WAX_LOGSERVER_CONFIG', 'format');
    return {
      origin: readString(fields.origin, 'origin', { most: 253 }),
      publicUrl: fields.publicUrl === null ? null : readString(fields.publicUrl, 'publicUrl', URL_FORM),
    };
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code === 'WAX_LOGSERVER_CONFIG') throw cause;
    throw serverError('WAX_LOGSERVER_CONFIG', cause.detail, { cause });
  }
}

/** The text of `log.json`, checked as it is when it is read. */
export function formatLogConfig({ origin, publicUrl }: LogConfig): string {
  const text = `${JSON.stringify({ format: FORMAT, origin, publicUrl }, null, 2)}\n`;
  parseLogConfig(text);
  return text;
}

/** Reads a file of the folder of a log. */
export async function readLogFile(folder: string, name: string): Promise<Uint8Array> {
  const path = join(folder, name);
  return readFile(path).catch((cause) => {
    throw serverError('WAX_LOGSERVER_CONFIG', `${path} cannot be read`, { cause });
  });
}
