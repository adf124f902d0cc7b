import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../demo/chromium.ts';
import { exportReport } from '../../demo/person.ts';
import { type HostileProxy, startHostileProxy } from '../support/hostile-proxy.ts';
import { type RunningEnclave, startEnclave } from './support/enclave.ts';
import { approvalOf, type Lab, openLab, sendPrompt, waitForWord } from './support/lab.ts';

const patient = { timeout: 30_000 };
const greeting = 'Hello';
const question = 'What is a Merkle tree?';

describe.skipIf(chromiumPath() === undefined)('a chat in a real browser', () => {
  let proxy: HostileProxy;
  let enclave: RunningEnclave;
  let lab: Lab;
  let panel: Page;

  beforeAll(async () => {
    proxy = await startHostileProxy(0, 512);
    enclave = await startEnclave(proxy.url);
    lab = await openLab({ enclave, proxy });
  });
  beforeEach(async () => {
    proxy.target = enclave.port;
    panel = await lab.context.newPage();
  });
  afterEach(async () => {
    proxy.tamper = {};
    await lab.context.setOffline(false);
    await panel.close();
  });
  afterAll(async () => {
    await lab?.close();
    await enclave?.stop();
    await proxy?.close();
  });

  const openPanel = async () => {
    await panel.goto(`chrome-extension://${lab.id}/sidepanel.html`);
    await waitForWord(panel, 'Simulated');
  };
  const answered = (count: number) =>
    expect.poll(() => panel.locator('.answer-tools').count(), patient).toBe(count);
  const lines = () => panel.locator('.session-line').allInnerTexts();
  const said = () => panel.locator('.own').allInnerTexts();
  const notice = (title: string) => panel.locator('.notice-title', { hasText: title }).waitFor(patient);
  const word = (text: string) => panel.locator('.verdict-word', { hasText: text }).waitFor(patient);
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
    await panel.waitForTimeout(300);
  };
  const isTurn = (path: string) => path.includes('/turns/');

  it('goes on after a restart of the server, in a new session, and says so in one line', async () => {
    await openPanel();
    await sendPrompt(panel, greeting);
    await answered(1);
    const restarted = await startEnclave(proxy.url);
    try {
      await enclave.stop();
      enclave = restarted;
      proxy.target = enclave.port;
      await sendPrompt(panel, question);
      await answered(2);
    } catch (error) {
      await restarted.stop();
      throw error;
    }
    expect(await said()).toEqual([greeting, question]);
    expect(await lines()).toEqual([expect.stringMatching(/^Fernhill restarted\. Checked again at/)]);
  });

  it('keeps the words when the server is gone, and sends them when it is back', async () => {
    await openPanel();
    await sendPrompt(panel, greeting);
    await answered(1);
    proxy.target = 9;
    await sendPrompt(panel, question);
    await notice('No answer');
    expect(await said()).toEqual([greeting, question]);
    await word('Can’t reach it');
    // What is typed meanwhile stays as well.
    await panel.locator('textarea').fill('And another thing');
    proxy.target = enclave.port;
    await panel.getByRole('button', { name: 'Ask again' }).last().click();
    await answered(2);
    expect(await said()).toEqual([greeting, question]);
    expect(await panel.locator('textarea').inputValue()).toBe('And another thing');
    expect(await lines()).toHaveLength(1);
  });

  it('seals to a new session after the computer has slept between the check and Send', async () => {
    await panel.clock.install();
    await openPanel();
    await panel.locator('textarea').fill(question);
    const [before, offers] = [turns(), proxy.bodies.length];
    await panel.clock.fastForward('02:00:00');
    await panel.locator('button.send:enabled').click(patient);
    await answered(1);
    expect(turns()).toBe(before + 1);
    // The offer of the new session came first.
    expect(proxy.bodies[offers]?.subarray(0, 4).toString()).toBe('WXSO');
    expect(await said()).toEqual([question]);
    await panel.clock.fastForward('02:00:00');
    await sendPrompt(panel, greeting);
    await answered(2);
    expect(await lines()).toEqual([expect.stringMatching(/^New simulated session, checked/)]);
  });

  it('sends nothing while the network is lost, keeps the draft, and is ready again by itself', async () => {
    await panel.clock.install();
    await openPanel();
    await lab.context.setOffline(true);
    await panel.clock.fastForward('02:00:00');
    await panel.locator('textarea').fill(question);
    await panel
      .locator('button.send')
      .click({ force: true, timeout: 5_000 })
      .catch(() => {});
    await word('Can’t reach it');
    const before = turns();
    expect(await panel.locator('textarea').inputValue()).toBe(question);
    expect(await said()).toEqual([]);
    await lab.context.setOffline(false);
    await word('Simulated');
    expect(turns()).toBe(before);
    await panel.locator('button.send:enabled').click(patient);
    await answered(1);
    expect(await said()).toEqual([question]);
  });

  it('sends once more, to a new session, when the network was lost before a record came', async () => {
    await panel.clock.install();
    await openPanel();
    const before = turns();
    let lost = 0;
    proxy.tamper.respond = (path, body) => isTurn(path) && body.length > 0 && lost++ === 0;
    await sendPrompt(panel, question);
    await expect.poll(() => lost, patient).toBe(1);
    await panel.clock.fastForward(15_000);
    await answered(1);
    expect(turns()).toBe(before + 2);
    expect(await said()).toEqual([question]);
    expect(await lines()).toHaveLength(1);
  });

  it('never sends again once a record has come, marks what is there, and keeps the words', async () => {
    await panel.clock.install();
    await openPanel();
    const before = turns();
    const arrived = hangAfter(3);
    await sendPrompt(panel, 'explain attestation in detail');
    await arrived;
    await panel.clock.fastForward(31_000);
    await notice('Answer incomplete');
    proxy.tamper = {};
    await panel.clock.fastForward('00:05:00');
    await word('Simulated');
    expect(turns()).toBe(before + 1);
    expect(await said()).toEqual(['explain attestation in detail']);
    await panel.getByRole('button', { name: 'Ask again' }).last().click();
    await answered(1);
    expect(turns()).toBe(before + 2);
  });

  it('leaves an answer complete that the network was lost after, and goes on in a new session', async () => {
    await panel.clock.install();
    await openPanel();
    const before = turns();
    const arrived = hangAfter(14);
    await sendPrompt(panel, greeting);
    await answered(1);
    await arrived;
    await panel.clock.fastForward(31_000);
    proxy.tamper = {};
    await sendPrompt(panel, question);
    await answered(2);
    expect(turns()).toBe(before + 2);
    expect(await panel.locator('.notice').count()).toBe(0);
    expect(await lines()).toHaveLength(1);
  });

  it('goes on with the next program after a redeploy that revoked the one before', async () => {
    await openPanel();
    await sendPrompt(panel, greeting);
    await answered(1);
    const { builder } = lab.log;
    const next = await startEnclave(proxy.url, { appendToCode: '\n', measured: true });
    await builder.release({ ...approvalOf(next, builder.now), version: 2 });
    await builder.revoke(1);
    await builder.publish({ at: Date.now() });
    await enclave.stop();
    enclave = next;
    proxy.target = enclave.port;
    const before = turns();
    await sendPrompt(panel, question);
    await answered(2);
    expect(await said()).toEqual([greeting, question]);
    expect(await lines()).toHaveLength(1);
    // One more at most went to the machine that is gone, where nobody could read it.
    expect(turns() - before).toBeLessThanOrEqual(2);
    expect(await exportReport(panel, panel)).toMatchObject({ verdict: 'pass', release: { version: 2 } });
  });
});
