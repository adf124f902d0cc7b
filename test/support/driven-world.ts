/** What a scenario in both browsers begins with: the built extension in front of a service of its own, and driven. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe } from 'vitest';
import { chromiumPath } from '../../demo/chromium.ts';
import type { Engine } from '../../enclave-server/engine/engine.ts';
import { extensionFolder } from '../../scripts/build-extension.ts';
import { startChromiumDriver } from './chromium-driver.ts';
import type { Driver } from './driver.ts';
import { scriptedEngine } from './enclave.ts';
import { hasFirefox } from './firefox.ts';
import { startFirefoxDriver } from './firefox-driver.ts';
import { type SealedWorld, startSealedWorld } from './sealed-world.ts';

export type BrowserName = Driver['browser'];

const browsers = {
  chromium: { isHere: chromiumPath() !== undefined, build: 'chrome', start: startChromiumDriver },
  firefox: { isHere: hasFirefox, build: 'firefox', start: startFirefoxDriver },
} as const;

/** Describes the same scenario in each browser; in one that is not on this machine it is skipped. */
export function describeInBrowsers(title: string, scenario: (browser: BrowserName) => void): void {
  for (const browser of ['chromium', 'firefox'] as const)
    describe.skipIf(!browsers[browser].isHere)(`${title} in ${browser}`, () => scenario(browser));
}

/** Starts a browser with the extension, as built for end-to-end tests, under the trust domain file `domain`. */
export async function startDriver(browser: BrowserName, domain: string): Promise<Driver> {
  const { build, start } = browsers[browser];
  const scratch = await mkdtemp(join(tmpdir(), 'waxseal-driven-'));
  const remove = () => rm(scratch, { recursive: true, force: true });
  try {
    await cp(resolve(extensionFolder('e2e', build)), scratch, { recursive: true });
    await writeFile(join(scratch, 'waxseal-domain.json'), domain);
    const driver = await start(scratch);
    return { ...driver, close: () => driver.close().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

export interface DrivenWorld {
  readonly world: SealedWorld;
  readonly driver: Driver;
  close(): Promise<void>;
}

/** Starts log, service and browser; `engine` answers the chats. */
export async function startDrivenWorld(browser: BrowserName, engine: Engine): Promise<DrivenWorld> {
  const world = await startSealedWorld(engine);
  try {
    const driver = await startDriver(browser, world.domain);
    return { world, driver, close: () => driver.close().finally(world.close) };
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** An engine that says the same to everybody. */
export function answering(answer: string): Engine {
  return scriptedEngine(async (_job, onText) => {
    onText(answer);
    return { finish: 'stop', promptTokens: 1, completionTokens: 3 };
  });
}
