import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../demo/chromium.ts';
import { exportReport } from '../../demo/person.ts';
import { STEADY_COUNTS } from '../../protocol/session/sizes.ts';
import { type HostileProxy, startHostileProxy } from '../support/hostile-proxy.ts';
import { type RunningEnclave, startEnclave } from './support/enclave.ts';
import { type Lab, leaks, openLab, sendPrompt } from './support/lab.ts';

const prompt = 'Please explain attestation to Quillon';

async function filesBelow(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name))));
}

describe.skipIf(chromiumPath() === undefined)('a sealed chat in the side panel', () => {
  let proxy: HostileProxy;
  let enclave: RunningEnclave;
  let lab: Lab;
  let answer = '';

  beforeAll(async () => {
    proxy = await startHostileProxy(0, 512);
    enclave = await startEnclave(proxy.url);
    proxy.target = enclave.port;
    lab = await openLab({ enclave, proxy });
  });
  afterAll(async () => {
    await lab?.close();
    await enclave?.stop();
    await proxy?.close();
  });

  it('sends nothing but sealed bytes, and shows the answer', async () => {
    const panel = await lab.open('sidepanel.html');
    await sendPrompt(panel, prompt);
    await panel.locator('.answer-tools').waitFor({ timeout: 40_000 });
    answer = (await panel.locator('.answer').innerText()).trim();
    expect(answer.length).toBeGreaterThan(20);
    const bodies = [...lab.sent, ...proxy.bodies, ...proxy.replies];
    expect(bodies.some((body) => body.subarray(0, 4).toString() === 'WXSQ')).toBe(true);
    expect(leaks(bodies, prompt)).toBe(false);
    expect(leaks(bodies, answer.slice(0, 60))).toBe(false);
    const report = await exportReport(panel, panel);
    expect(report).toMatchObject({ verdict: 'pass', state: 'simulated', simulated: true });
  });

  it('is answered in a number of records from the short list, whatever the question', async () => {
    for (const text of ['Hello', 'What is a Merkle tree?']) {
      const panel = await lab.open('sidepanel.html');
      const before = proxy.replies.length;
      await sendPrompt(panel, text);
      await panel.locator('.answer-tools').waitFor({ timeout: 40_000 });
      // Answers to offers are no multiple of the record size: the session key alone makes them odd.
      const records = () => proxy.replies.slice(before).find((reply) => reply.length % 512 === 0);
      await expect.poll(() => records()?.length ?? 0, { timeout: 40_000 }).toBeGreaterThan(0);
      expect(STEADY_COUNTS).toContain((records()?.length ?? 0) / 512);
      await panel.close();
    }
  });

  it('keeps no chat on disk', async () => {
    await lab.context.close();
    expect(leaks(await filesBelow(lab.profile), prompt)).toBe(false);
    expect(leaks(await filesBelow(lab.profile), answer.slice(0, 60))).toBe(false);
  });
});
