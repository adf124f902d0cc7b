import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../demo/chromium.ts';
import { exportReport } from '../../demo/person.ts';
import { encodeAnswer, parseAnswer } from '../../protocol/session/answer.ts';
import { makeSnp } from '../support/attestation/amd-pki.ts';
import { type HostileProxy, startHostileProxy } from '../support/hostile-proxy.ts';
import { DAY, HOUR, MINUTE, testDigest } from '../support/log-builder.ts';
import { type RunningEnclave, startEnclave } from './support/enclave.ts';
import {
  failedCodes,
  type Lab,
  type LabOptions,
  leaks,
  openLab,
  sendPrompt,
  waitForWord,
} from './support/lab.ts';

const prompt = 'My neighbour Quillon owes me 4711 thalers';
const recordBytes = 512;

let proxy: HostileProxy;
let enclave: RunningEnclave;
let lab: Lab | undefined;

describe.skipIf(chromiumPath() === undefined)('in a real browser', () => {
  beforeAll(async () => {
    proxy = await startHostileProxy(0, recordBytes);
    enclave = await startEnclave(proxy.url);
    proxy.target = enclave.port;
  });
  afterEach(async () => {
    proxy.tamper = {};
    proxy.target = enclave.port;
    await lab?.close();
    lab = undefined;
  });
  afterAll(async () => {
    await enclave?.stop();
    await proxy?.close();
  });

  const open = async (options: Partial<LabOptions> = {}) => {
    lab = await openLab({ enclave, proxy, ...options });
    return lab;
  };

  /** Opens the panel and types while the check is still under way; then lets the check end. */
  const typeWhileChecking = async (options: Partial<LabOptions> = {}): Promise<Page> => {
    const gate = Promise.withResolvers<void>();
    proxy.tamper.hold = gate.promise;
    const { open: openPage } = await open(options);
    const panel = await openPage('sidepanel.html');
    await panel.locator('textarea').fill(prompt);
    gate.resolve();
    return panel;
  };

  const expectNothingSent = async (panel: Page) => {
    await panel.keyboard.press('Enter');
    expect(leaks([...(lab?.sent ?? []), ...proxy.bodies], prompt)).toBe(false);
    expect(lab?.sent.some((body) => body.subarray(0, 4).toString() === 'WXSQ')).toBe(false);
  };

  /** The panel refuses with this state and these codes, keeps the draft, and sends nothing. */
  const expectRefusal = async (panel: Page, state: string, codes: string[]) => {
    await panel.locator('.failed, .refusal, .surface-fork').first().waitFor({ timeout: 30_000 });
    await expectNothingSent(panel);
    if (state !== 'fork') expect(await panel.locator('textarea').inputValue()).toBe(prompt);
    const report = await exportReport(panel, panel);
    expect(report).toMatchObject({ verdict: 'fail', state });
    expect(failedCodes(report)).toEqual(expect.arrayContaining(codes));
    return report;
  };

  describe('what is not the approved program', () => {
    it('refuses a server of which one byte was changed', async () => {
      const altered = await startEnclave(proxy.url, { appendToCode: '\n' });
      try {
        proxy.target = altered.port;
        const panel = await typeWhileChecking();
        await expectRefusal(panel, 'failed', ['WAX_RELEASE_UNKNOWN']);
      } finally {
        await altered.stop();
      }
    });

    it('refuses a measurement that was never approved', async () => {
      const panel = await typeWhileChecking({
        prepareLog: async (log, approval) => {
          const launchDigest = testDigest('another program', 48);
          await log.release({
            ...approval,
            measurements: { 'sev-snp-simulated': [{ shape: 'any', registers: { launchDigest } }] },
          });
          await log.publish({ at: Date.now() });
        },
      });
      await expectRefusal(panel, 'failed', ['WAX_RELEASE_UNKNOWN']);
    });

    it('refuses an approval with one signature of two', async () => {
      const panel = await typeWhileChecking({
        prepareLog: async (log, approval) => {
          await log.release(approval, { by: [1] });
          await log.publish({ at: Date.now() });
        },
      });
      await expectRefusal(panel, 'failed', ['WAX_RELEASE_UNKNOWN']);
    });

    it('refuses an expired approval', async () => {
      const panel = await typeWhileChecking({
        prepareLog: async (log, approval) => {
          await log.release({ ...approval, expires: log.now + 5 * MINUTE });
          await log.publish({ at: Date.now() });
        },
      });
      await expectRefusal(panel, 'retired', ['WAX_RELEASE_EXPIRED']);
    });

    it('refuses what was revoked while the extension runs', async () => {
      const { open: openPage, log } = await open();
      const panel = await openPage('sidepanel.html');
      await sendPrompt(panel, 'Hello');
      await panel.locator('.answer-tools').waitFor({ timeout: 30_000 });
      await log.builder.revoke(1);
      await log.builder.publish({ at: Date.now() });
      await panel.evaluate(() => {
        const { chrome } = globalThis as unknown as {
          chrome: { runtime: { sendMessage(m: object): Promise<unknown> } };
        };
        return chrome.runtime.sendMessage({ type: 'log/sync', body: { domain: 'Test domain' } });
      });
      const before = proxy.bodies.length;
      await sendPrompt(panel, prompt);
      await panel.locator('.failed').waitFor({ timeout: 20_000 });
      expect(leaks(proxy.bodies, prompt)).toBe(false);
      expect(proxy.bodies.slice(before).some((body) => body.subarray(0, 4).toString() === 'WXSQ')).toBe(
        false,
      );
      expect(await panel.locator('textarea').inputValue()).toBe(prompt);
      expect(failedCodes(await exportReport(panel, panel))).toEqual(['WAX_RELEASE_REVOKED']);
    });
  });

  describe('what does not answer this browser', () => {
    it("refuses an answer to somebody else's nonce", async () => {
      proxy.tamper.answer = async () => {
        const offer = Buffer.alloc(64);
        offer.write('WXSO');
        offer[4] = 1;
        offer.fill(0x5a, 32);
        const url = `http://127.0.0.1:${enclave.port}/waxseal/v1/sessions`;
        const headers = { 'content-type': 'application/octet-stream' };
        const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(offer) });
        return Buffer.from(await response.arrayBuffer());
      };
      const panel = await typeWhileChecking();
      await expectRefusal(panel, 'failed', ['WAX_SNP_BINDING']);
    });

    it('refuses a key that a proxy swapped', async () => {
      proxy.tamper.answer = (answer) => {
        const copy = Buffer.from(answer);
        copy.writeUInt8(copy.readUInt8(500) ^ 1, 500);
        return copy;
      };
      const panel = await typeWhileChecking();
      await expectRefusal(panel, 'failed', ['WAX_SNP_BINDING']);
    });

    it('refuses a report from another root', async () => {
      const { input } = makeSnp();
      proxy.tamper.answer = (answer) => {
        const { evidence, endorsements } = input;
        return Buffer.from(
          encodeAnswer({ ...parseAnswer(answer), evidence, endorsements: [...endorsements] }),
        );
      };
      const panel = await typeWhileChecking();
      const report = await expectRefusal(panel, 'failed', []);
      const codes = report.rows.flatMap((row) => row.checks.map((check) => check.code));
      expect(codes).toContain('WAX_X509_ROOT');
    });
  });

  describe('what the log does', () => {
    const release = async (...[log, approval]: Parameters<NonNullable<LabOptions['prepareLog']>>) => {
      await log.release(approval);
    };

    /** Accepts an honest log first, so that there is something to contradict. */
    const acceptFirst = async () => {
      const { open: openPage, log } = await open();
      const panel = await openPage('sidepanel.html');
      await waitForWord(panel, 'Simulated');
      return { panel, log };
    };

    it('sounds the alarm when the log has forked', async () => {
      const { panel, log } = await acceptFirst();
      await log.rewrite(async (other) => {
        await other.release({ version: 9 });
        await other.release({ version: 10 });
        await other.publish({ at: Date.now() });
      });
      await panel.locator('textarea').fill(prompt);
      await panel.locator('button.verdict').click();
      await panel.getByRole('button', { name: 'Check again' }).click();
      await panel.locator('.surface-fork').waitFor({ timeout: 20_000 });
      await expectNothingSent(panel);
      const download = panel.waitForEvent('download');
      await panel.getByRole('button', { name: 'Save the evidence' }).click();
      expect((await download).suggestedFilename()).toMatch(/\.json$/);
    });

    it('sounds the alarm when the log was rolled back', async () => {
      const { panel, log } = await acceptFirst();
      await log.builder.publish({ size: 1, at: Date.now() });
      await panel.locator('textarea').fill(prompt);
      await panel.locator('button.verdict').click();
      await panel.getByRole('button', { name: 'Check again' }).click();
      await panel.locator('.surface-fork').waitFor({ timeout: 20_000 });
      await expectNothingSent(panel);
    });

    it('pauses for a checkpoint without a quorum', async () => {
      const panel = await typeWhileChecking({
        prepareLog: async (log, approval) => {
          await release(log, approval);
          await log.publish({ at: Date.now(), by: [2] });
        },
      });
      await expectRefusal(panel, 'log-too-old', ['WAX_ACCEPT_QUORUM']);
    });

    it('pauses when the cosignatures are stale', async () => {
      const panel = await typeWhileChecking({
        logAgeMs: 2 * DAY,
        prepareLog: async (log, approval) => {
          await release(log, approval);
          await log.publish({ at: Date.now() - 25 * HOUR });
        },
      });
      await expectRefusal(panel, 'log-too-old', ['WAX_ACCEPT_AGE']);
    });
  });

  describe('what happens to the reply', () => {
    /** Sends one prompt; the records of its reply pass through `record`. */
    const replyThrough = async (record: NonNullable<HostileProxy['tamper']['record']>) => {
      const { open: openPage } = await open();
      const panel = await openPage('sidepanel.html');
      await waitForWord(panel, 'Simulated');
      proxy.tamper.record = record;
      await sendPrompt(panel, 'explain attestation in detail');
      return panel;
    };
    const expectNotice = (panel: Page, hasText: string | RegExp) =>
      panel.locator('.notice-title', { hasText }).waitFor({ timeout: 40_000 });
    /** An engine that took longer than the first records has not said a word by then. */
    const expectBrokenOff = (panel: Page) => expectNotice(panel, /^(Answer incomplete|No answer)/);

    it('marks an answer that was cut off', async () => {
      const panel = await replyThrough((record, index) => (index > 2 || !record ? 'cut' : [record]));
      await expectBrokenOff(panel);
    });

    const flip = (record: Buffer) => {
      const copy = Buffer.from(record);
      copy.writeUInt8(copy.readUInt8(40) ^ 0x80, 40);
      return copy;
    };
    let kept: Buffer | null = null;
    const reorder = (record: Buffer | null, index: number): Buffer[] => {
      if (record && index === 2) {
        kept = Buffer.from(record);
        return [];
      }
      const out = [...(record ? [record] : []), ...(kept ? [kept] : [])];
      kept = null;
      return out;
    };
    it.each<[string, NonNullable<HostileProxy['tamper']['record']>]>([
      ['flipped', (record, index) => (record ? [index === 2 ? flip(record) : record] : [])],
      ['repeated', (record, index) => (record ? (index === 2 ? [record, record] : [record]) : [])],
      ['reordered', reorder],
    ])('stops at a record that was %s', async (_what, record) => {
      await expectBrokenOff(await replyThrough(record));
    });

    it('stops at the answer of another session', async () => {
      const { open: openPage } = await open();
      const first = await openPage('sidepanel.html');
      await sendPrompt(first, 'Hello');
      await first.locator('.answer-tools').waitFor({ timeout: 30_000 });
      await expect
        .poll(() => proxy.replies.some((reply) => reply.length % recordBytes === 0), { timeout: 20_000 })
        .toBe(true);
      const recorded = proxy.replies.findLast((reply) => reply.length % recordBytes === 0) ?? Buffer.alloc(0);
      const second = await openPage('sidepanel.html');
      await waitForWord(second, 'Simulated');
      proxy.tamper.record = (record, index) =>
        record ? [recorded.subarray(index * recordBytes, (index + 1) * recordBytes)] : [];
      await sendPrompt(second, 'explain attestation');
      await expectNotice(second, 'No answer');
      expect(await second.locator('.answer').innerText()).not.toContain('Hello');
    });
  });
});
