/** Options that the commands of this folder share. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { imageError } from './errors.ts';

const fromRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Where inputs are kept between builds. */
const CACHE = fromRoot('dist/image/inputs');

/** Path below `dist/image/`. */
export const imageFolder = (name: string) => fromRoot(`dist/image/${name}`);

export const fetchOptions = {
  cache: { type: 'string', default: CACHE },
  mirror: { type: 'string' },
  offline: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

/** Parses strictly; throws WAX_IMAGE_OPTION. */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(options: T) {
  try {
    return parseArgs({ options, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    throw imageError('WAX_IMAGE_OPTION', cause instanceof Error ? cause.message : '', { cause });
  }
}

export function readFetch(values: { cache: string; mirror?: string | undefined; offline: boolean }) {
  const cache = resolve(values.cache);
  mkdirSync(cache, { recursive: true });
  return { cache, mirror: values.mirror ?? null, offline: values.offline };
}
