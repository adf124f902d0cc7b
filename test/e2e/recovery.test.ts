import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeInBrowsers } from '../support/driven-world.ts';
import type { Driver } from '../support/driver.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type HostileProxy, startHostileProxy } from '../support/hostile-proxy.ts';
import { type DrivenLab, openDrivenLab } from './support/driven-lab.ts';
import { type RunningEnclave, startEnclave } from './support/enclave.ts';
import { approvalOf } from './support/lab.ts';
import { type Panel, panelOf } from './support/panel.ts';

const patient = { timeout: 30_000 };
const greeting = 'Hello';
const question = 'What is a Merkle tree?';
const minutes = 60_000;

describeInBrowsers('a chat', (browser) => {
  let proxy: HostileProxy;
  let enclave: RunningEnclave;
  let lab: DrivenLab;
  let driver: Driver;
  let panel: Panel;

  beforeAll(async () => {
    proxy = await startHostileProxy(0, 512);
    enclave = await startEnclave(proxy.url);
    lab = await openDrivenLab(browser, { enclave, proxy });
    ({ driver } = lab);
    await driver.beforePages(fakeClock);
    panel = panelOf(driver);
  });
  beforeEach(async () => {
    proxy.target = enclave.port;
    await panel.open();
    await panel.word('Simulated');
  });
  afterEach(async () => {
    proxy.tamper = {};
    await driver.setOffline(false);
    await driver.closeTab();
  });
  afterAll(async () => {
    await lab?.close();
    await enclave?.stop();
    await proxy?.close();
  });

  const lines = () => panel.texts('.session-line');
  const said = () => panel.texts('.own');
  const later = async (ms: number) => {
    expect(await driver.run(`fastForward(${ms}); return 'later'`)).toBe('later');
  };
  /** Sealed requests that have reached the proxy so far. */
  const turns = () => proxy.bodies.filter((body) => body.subarray(0, 4).toString() === 'WXSQ').length;
  /** The network is lost after so many records; resolves when they have come and been shown. */
  const hangAfter = async (count: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    proxy.tamper.record = (record, index) => {
      if (record !== null && index < count) return [record];
      resolve();
      return 'hang';
    };
    await promise;
    // Whatever was on its way to the page is there when the page has answered.
    await pause(300);
  };
  const isTurn = (path: string) => path.includes('/turns/');

  it('goes on after a restart of the server, in a new session, and says so in one line', async () => {
    await panel.send(greeting);
    await panel.answered(1);
    const restarted = await startEnclave(proxy.url);
    try {
      await enclave.stop();
      enclave = restarted;
      proxy.target = enclave.port;
      await panel.send(question);
      await panel.answered(2);
    } catch (error) {
      await restarted.stop();
      throw error;
    }
    expect(await said()).toEqual([greeting, question]);
    expect(await lines()).toEqual([expect.stringMatching(/^Fernhill restarted\. Checked again at/)]);
  });

  it('keeps the words when the server is gone, and sends them when it is back', async () => {
    await panel.send(greeting);
    await panel.answered(1);
    proxy.target = 9;
    await panel.send(question);
    await panel.notice('No answer');
    expect(await said()).toEqual([greeting, question]);
    await panel.word('Can’t reach it');
    // What is typed meanwhile stays as well.
    await panel.type('And another thing');
    proxy.target = enclave.port;
    await panel.press('Ask again');
    await panel.answered(2);
    expect(await said()).toEqual([greeting, question]);
    expect(await panel.draft()).toBe('And another thing');
    expect(await lines()).toHaveLength(1);
  });

  it('seals to a new session after the computer has slept between the check and Send', async () => {
    await panel.type(question);
    const [before, offers] = [turns(), proxy.bodies.length];
    await later(120 * minutes);
    await panel.pressSend();
    await panel.answered(1);
    expect(turns()).toBe(before + 1);
    // The offer of the new session came first.
    expect(proxy.bodies[offers]?.subarray(0, 4).toString()).toBe('WXSO');
    expect(await said()).toEqual([question]);
    await later(120 * minutes);
    await panel.send(greeting);
    await panel.answered(2);
    expect(await lines()).toEqual([expect.stringMatching(/^New simulated session, checked/)]);
  });

  it('sends nothing while the network is lost, keeps the draft, and is ready again by itself', async () => {
    await driver.setOffline(true);
    await later(120 * minutes);
    await panel.type(question);
    await driver.run(`document.querySelector('button.send')?.click()`);
    await panel.word('Can’t reach it');
    const before = turns();
    expect(await panel.draft()).toBe(question);
    expect(await said()).toEqual([]);
    await driver.setOffline(false);
    await panel.word('Simulated');
    expect(turns()).toBe(before);
    await panel.pressSend();
    await panel.answered(1);
    expect(await said()).toEqual([question]);
  });

  it('sends once more, to a new session, when the network was lost before a record came', async () => {
    const before = turns();
    let lost = 0;
    proxy.tamper.respond = (path, body) => isTurn(path) && body.length > 0 && lost++ === 0;
    await panel.send(question);
    await expect.poll(() => lost, patient).toBe(1);
    await later(15_000);
    await panel.answered(1);
    expect(turns()).toBe(before + 2);
    expect(await said()).toEqual([question]);
    expect(await lines()).toHaveLength(1);
  });

  it('never sends again once a record has come, marks what is there, and keeps the words', async () => {
    const before = turns();
    const arrived = hangAfter(3);
    await panel.send('explain attestation in detail');
    await arrived;
    await later(31_000);
    await panel.notice('Answer incomplete');
    proxy.tamper = {};
    await later(5 * minutes);
    await panel.word('Simulated');
    expect(turns()).toBe(before + 1);
    expect(await said()).toEqual(['explain attestation in detail']);
    await panel.press('Ask again');
    await panel.answered(1);
    expect(turns()).toBe(before + 2);
  });

  it('leaves an answer complete that the network was lost after, and goes on in a new session', async () => {
    const before = turns();
    const arrived = hangAfter(14);
    await panel.send(greeting);
    await panel.answered(1);
    await arrived;
    await later(31_000);
    proxy.tamper = {};
    await panel.send(question);
    await panel.answered(2);
    expect(turns()).toBe(before + 2);
    expect(await panel.texts('.notice')).toEqual([]);
    expect(await lines()).toHaveLength(1);
  });

  it('goes on with the next program after a redeploy that revoked the one before', async () => {
    await panel.send(greeting);
    await panel.answered(1);
    const { builder } = lab.log;
    const next = await startEnclave(proxy.url, { appendToCode: '\n', measured: true });
    await builder.release({ ...approvalOf(next, builder.now), version: 2 });
    await builder.revoke(1);
    await builder.publish({ at: Date.now() });
    await enclave.stop();
    enclave = next;
    proxy.target = enclave.port;
    const before = turns();
    await panel.send(question);
    await panel.answered(2);
    expect(await said()).toEqual([greeting, question]);
    expect(await lines()).toHaveLength(1);
    // One more at most went to the machine that is gone, where nobody could read it.
    expect(turns() - before).toBeLessThanOrEqual(2);
    expect(await panel.exportReport()).toMatchObject({ verdict: 'pass', release: { version: 2 } });
  });
});
