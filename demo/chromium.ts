/** Chromium with the extension in it. */
import { existsSync } from 'node:fs';
import { env, getuid, platform } from 'node:process';
import { type BrowserContext, chromium } from 'playwright';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/snap/bin/chromium'];

/** Path of a Chromium that loads unpacked extensions; undefined leaves the choice to Playwright's own. */
export function chromiumPath(): string | undefined {
  return env.WAXSEAL_CHROMIUM ?? places.find((path) => existsSync(path));
}

/** Whether a window can be shown. */
export function hasDisplay(): boolean {
  return platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

export interface ChromiumOptions {
  /** Folder of the unpacked extension. */
  extension: string;
  /** Folder for the profile; it must be empty. */
  profile: string;
  headless: boolean;
  /** `light`, `dark` or what the system says. */
  colorScheme?: 'light' | 'dark' | null;
  /** Size of the pages, in CSS pixels. */
  viewport?: { width: number; height: number };
  args?: string[];
  /** Arguments that Playwright would give of its own accord, to be left out. */
  withoutArgs?: string[];
}

/** Arguments that load the extension in that folder, and nothing that calls home. */
export function chromiumArguments(extension: string): string[] {
  return [
    `--disable-extensions-except=${extension}`,
    `--load-extension=${extension}`,
    '--disable-quic',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
  ];
}

/** Opens Chromium with the extension. */
export async function openChromium({
  extension,
  profile,
  headless,
  colorScheme = null,
  viewport = { width: 1280, height: 800 },
  args = [],
  withoutArgs = [],
}: ChromiumOptions): Promise<BrowserContext> {
  const executablePath = chromiumPath();
  return chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : { channel: 'chromium' }),
    headless,
    colorScheme,
    viewport,
    ignoreDefaultArgs: withoutArgs,
    // Chromium refuses its sandbox to root, which is what containers and build machines run as.
    chromiumSandbox: getuid?.() !== 0,
    args: [...chromiumArguments(extension), ...args],
  });
}

/** Id of the extension, from its service worker. */
export async function extensionId(context: BrowserContext): Promise<string> {
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  return new URL(worker.url()).host;
}
