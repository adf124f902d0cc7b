/** Builds the extension for one browser in one mode (wxt.config.ts says what the modes are). */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, stdout } from 'node:process';
import { build } from 'wxt';
import { inProduction } from './in-production.ts';

export type BuildMode = 'store' | 'development' | 'e2e';
export type BuildBrowser = 'chrome' | 'firefox';

/** Where the unpacked extension of that mode and browser is, relative to the repository's root. */
export function extensionFolder(mode: BuildMode, browser: BuildBrowser): string {
  return `dist/extension/${mode}-${browser}`;
}

const silent = () => {};
/** Warnings and errors only: the list of files says nothing that the folder does not. */
const logger = {
  debug: silent,
  log: silent,
  info: silent,
  success: silent,
  warn: console.warn,
  error: console.error,
  fatal: console.error,
  level: 1,
};

/** What the extension consists of, one path a line, sorted by their bytes: About makes its own digest from it. */
async function listFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
    .filter((path) => path !== 'files.txt' && path !== 'waxseal-domain.json')
    .sort();
  await writeFile(join(folder, 'files.txt'), `${paths.join('\n')}\n`);
}

/** Does something without what it writes to standard output: WXT draws a spinner there, whoever is looking. */
async function quietly(action: () => Promise<unknown>): Promise<void> {
  const { write } = stdout;
  stdout.write = () => true;
  try {
    await action();
  } finally {
    stdout.write = write;
  }
}

/**
 * Builds the extension and returns the folder it is in: `extensionFolder(mode, browser)`, or below `outDir`
 * where a test wants one of its own.
 */
export async function buildExtension(
  mode: BuildMode,
  browser: BuildBrowser,
  outDir?: string,
): Promise<string> {
  env.WXT_TELEMETRY_DISABLED = '1';
  await quietly(() =>
    inProduction(() => build({ mode, browser, logger, ...(outDir !== undefined && { outDir }) })),
  );
  const folder = outDir === undefined ? extensionFolder(mode, browser) : `${outDir}/${mode}-${browser}`;
  await listFiles(folder);
  return folder;
}
