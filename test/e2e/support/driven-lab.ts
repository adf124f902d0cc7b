/** The lab in either browser: a real enclave process behind a hostile proxy, a log that can lie, a driven extension. */
import { type BrowserName, startDriver } from '../../support/driven-world.ts';
import { type Driver, passFirstRun } from '../../support/driver.ts';
import { type LabOptions, startLab } from './lab.ts';
import type { LabLog } from './lab-log.ts';

export interface DrivenLab {
  readonly log: LabLog;
  readonly driver: Driver;
  close(): Promise<void>;
}

/** Starts log and browser, with first run done; the enclave and the proxy are the caller's. */
export async function openDrivenLab(browser: BrowserName, options: LabOptions): Promise<DrivenLab> {
  const { log, domain } = await startLab(options);
  try {
    const driver = await startDriver(browser, domain);
    await passFirstRun(driver);
    return { log, driver, close: () => driver.close().finally(log.close) };
  } catch (error) {
    await log.close();
    throw error;
  }
}
