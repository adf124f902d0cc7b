/** Asking for more than a trust domain does, in Options of the built extension, with the keyboard alone. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeInBrowsers, startDriver } from '../support/driven-world.ts';
import type { Driver } from '../support/driver.ts';
import { countPointers, focusedIn, tabTo } from '../support/keyboard.ts';
import { type LabLog, startLabLog } from './support/lab-log.ts';

const patient = { timeout: 20_000 };
const domain = 'Test domain';
const hardened = { domain, type: 'sev-snp-simulated', preset: 'hardened' };

describeInBrowsers('more than a trust domain asks', (browser) => {
  let log: LabLog;
  let driver: Driver;

  beforeAll(async () => {
    log = await startLabLog(600_000);
    await log.builder.release();
    await log.builder.publish({ at: Date.now() });
    driver = await startDriver(browser, JSON.stringify(log.builder.domainFile()));
  });
  afterAll(async () => {
    await driver?.close();
    await log?.close();
  });
  beforeEach(async () => {
    await driver.open(driver.address('options'));
    await driver.run(countPointers);
    await expect.poll(() => driver.run('return document.body.innerText'), patient).toContain(domain);
    await tabTo(driver, new RegExp(`^${domain}`));
    await driver.press('\n');
  });
  afterEach(async () => {
    expect(await driver.run('return window.pointers')).toBe(0);
    await driver.closeTab();
  });

  const kept = async () => {
    const { reply } = await driver.ask('popup', 'trust/get', {});
    return (reply as { demands: unknown }).demands;
  };
  const chosen = () =>
    driver.run(`return document.querySelector('.demands input:checked').labels[0].innerText`);

  it('is offered as what it would refuse, and chosen by an arrow key', async () => {
    const offered = String(await driver.run(`return document.querySelector('.demands').innerText`));
    expect(offered).toContain('two threads may share a core');
    expect(await driver.run(`return document.querySelectorAll('.demands input').length`)).toBe(2);
    await tabTo(driver, /^As the trust domain says/);
    await driver.press('↓');
    await expect.poll(kept, patient).toEqual([hardened]);
    const wanted = { name: expect.stringMatching(/^Hardened/), shown: true };
    await expect.poll(() => focusedIn(driver.run), patient).toMatchObject(wanted);
  });

  it('is there when the page is opened again, and taken back by the choice of what the domain says', async () => {
    expect(await chosen()).toMatch(/^Hardened/);
    await tabTo(driver, /^Hardened/);
    await driver.press('↑');
    await expect.poll(kept, patient).toEqual([]);
    expect(await chosen()).toMatch(/^As the trust domain says/);
  });

  it('is never less, whoever asks', async () => {
    const less = { domain, type: 'sev-snp-simulated', preset: 'strict' };
    expect(await driver.ask('options', 'trust/demand', less)).toMatchObject({ code: 'WAX_EXT_PRESET' });
    expect(await kept()).toEqual([]);
  });
});
