import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../demo/chromium.ts';
import { createRelay } from '../../relay/app.ts';
import { parseServices } from '../../relay/routes.ts';
import { type HostileProxy, startHostileProxy } from '../support/hostile-proxy.ts';
import { type RunningEnclave, startEnclave } from './support/enclave.ts';
import { type Lab, leaks, openLab, sendPrompt, waitForWord } from './support/lab.ts';

const prompt = 'Please explain attestation to Quillon';

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(chromiumPath() === undefined)('a chat whose trust domain names a relay', () => {
  let proxy: HostileProxy;
  let enclave: RunningEnclave;
  let lab: Lab;
  let relay: Server;
  let relayUrl: string;
  let panel: Page;
  /** Addresses that the browser asked for with a body, and headers that came to the service. */
  const asked: string[] = [];
  const headers: string[] = [];

  beforeAll(async () => {
    proxy = await startHostileProxy(0, 512);
    proxy.tamper.requestHeaders = (all) => {
      headers.push(...Object.entries(all).map(([name, value]) => `${name}: ${value}`));
      return all;
    };
    enclave = await startEnclave(proxy.url);
    proxy.target = enclave.port;
    relay = createRelay({ services: parseServices([proxy.url]) });
    relayUrl = await listen(relay);
    const named = { url: relayUrl, operator: 'Rowan Foundation' };
    const service = { service: proxy.url, name: 'Fernhill', product: 'waxseal-demo', machines: false };
    lab = await openLab({ enclave, proxy, domain: { enclaves: [{ ...service, relay: named }] } });
    lab.context.on('request', (request) => {
      if (request.method() !== 'GET') asked.push(request.url());
    });
    panel = await lab.open('sidepanel.html');
  });
  afterAll(async () => {
    await lab?.close();
    await enclave?.stop();
    relay?.closeAllConnections();
    relay?.close();
    await proxy?.close();
  });

  it('goes through it, and the service sees nothing of the browser', async () => {
    await waitForWord(panel, 'Simulated');
    await sendPrompt(panel, prompt);
    await panel.locator('.answer-tools').waitFor({ timeout: 40_000 });
    expect(asked.length).toBeGreaterThan(1);
    for (const url of asked) expect(url.startsWith(`${relayUrl}/relay/`), url).toBe(true);
    expect(leaks([...proxy.bodies, ...proxy.replies], prompt)).toBe(false);
    const names = new Set(headers.map((line) => line.split(':')[0]));
    expect([...names].sort()).toEqual(['connection', 'content-length', 'content-type', 'host']);
    expect(headers.join()).not.toMatch(/chrome|mozilla|extension/i);
  });

  it('is said beside what the proof does not cover', async () => {
    await panel.locator('button.verdict').click();
    const limits = await panel.locator('.cant').innerText();
    expect(limits).toContain(
      `${new URL(relayUrl).host}, run by Rowan Foundation, sees the network address of this computer`,
    );
    await panel.getByRole('button', { name: 'Back' }).click();
    const options = await lab.open('options.html');
    await options.locator('.domain-head').first().click();
    await expect
      .poll(() => options.locator('.domain-more').first().innerText(), { timeout: 20_000 })
      .toContain(`${relayUrl}, run by Rowan Foundation`);
    await options.close();
  });

  it('is not carried past it when it is gone, and keeps the draft', async () => {
    relay.closeAllConnections();
    await new Promise((resolve) => relay.close(resolve));
    // In its place stands what refuses everybody.
    const closed = createServer((_request, response) => void response.writeHead(503).end());
    await new Promise<void>((resolve) => closed.listen(Number(new URL(relayUrl).port), '127.0.0.1', resolve));
    const before = proxy.bodies.length;
    try {
      const other = await lab.open('sidepanel.html');
      await other.locator('textarea').fill(prompt);
      await other.locator('.verdict-word', { hasText: /Busy|Can’t reach it/ }).waitFor({ timeout: 20_000 });
      expect(await other.locator('textarea').inputValue()).toBe(prompt);
      expect(proxy.bodies.length).toBe(before);
      for (const url of asked) expect(url.startsWith(`${relayUrl}/relay/`), url).toBe(true);
    } finally {
      closed.closeAllConnections();
      closed.close();
    }
  });
});
