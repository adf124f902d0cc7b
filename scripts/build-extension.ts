/** Builds the extension for one browser in one mode (wxt.config.ts says what the modes are). */
import { env } from 'node:process';
import { build } from 'wxt';

export type BuildMode = 'store' | 'development' | 'e2e';
export type BuildBrowser = 'chrome' | 'firefox';

/** Where the unpacked extension of that mode and browser is, relative to the repository's root. */
export function extensionFolder(mode: BuildMode, browser: BuildBrowser): string {
  return `dist/extension/${mode}-${browser}`;
}

/** Builds into `extensionFolder(mode, browser)` and returns that path. */
export async function buildExtension(mode: BuildMode, browser: BuildBrowser): Promise<string> {
  env.WXT_TELEMETRY_DISABLED = '1';
  await build({ mode, browser });
  return extensionFolder(mode, browser);
}
