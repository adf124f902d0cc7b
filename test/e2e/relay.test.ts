import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRelay } from '../../relay/app.ts';
import { parseServices } from '../../relay/routes.ts';
import { describeInBrowsers } from '../support/driven-world.ts';
import { type HostileProxy, startHostileProxy } from '../support/hostile-proxy.ts';
import { type DrivenLab, openDrivenLab } from './support/driven-lab.ts';
import { type RunningEnclave, startEnclave } from './support/enclave.ts';
import { leaks } from './support/lab.ts';
import { type Panel, panelOf } from './support/panel.ts';

const prompt = 'Please explain attestation to Quillon';
const patient = { timeout: 20_000 };

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describeInBrowsers('a chat whose trust domain names a relay', (browser) => {
  let proxy: HostileProxy;
  let enclave: RunningEnclave;
  let lab: DrivenLab;
  let relay: Server;
  let relayUrl: string;
  let panel: Panel;
  /** Headers that came to the service. */
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
    lab = await openDrivenLab(browser, {
      enclave,
      proxy,
      domain: { enclaves: [{ ...service, relay: named }] },
    });
    panel = panelOf(lab.driver);
    await panel.open();
  });
  afterAll(async () => {
    await lab?.close();
    await enclave?.stop();
    relay?.closeAllConnections();
    relay?.close();
    await proxy?.close();
  });

  /** Whatever the browser sent anywhere has gone to the relay. */
  const allThroughRelay = async () => {
    const written = await lab.driver.written();
    expect(written.length).toBeGreaterThan(1);
    for (const url of written) expect(url.startsWith(`${relayUrl}/relay/`), url).toBe(true);
  };

  it('goes through it, and the service sees nothing of the browser', async () => {
    await panel.word('Simulated');
    await panel.send(prompt);
    await panel.answered(1);
    await allThroughRelay();
    expect(leaks([...proxy.bodies, ...proxy.replies], prompt)).toBe(false);
    const names = new Set(headers.map((line) => line.split(':')[0]));
    expect([...names].sort()).toEqual(['connection', 'content-length', 'content-type', 'host']);
    expect(headers.join()).not.toMatch(/chrome|mozilla|extension/i);
  });

  it('is said beside what the proof does not cover', async () => {
    const { driver } = lab;
    await driver.click('button.verdict', 'page');
    const [limits] = await panel.texts('.cant');
    expect(limits).toContain(
      `${new URL(relayUrl).host}, run by Rowan Foundation, sees the network address of this computer`,
    );
    await driver.closeTab();
    await driver.open(driver.address('options'));
    await expect.poll(() => panel.texts('.domain-head'), patient).toHaveLength(1);
    await driver.click('.domain-head', 'page');
    await expect
      .poll(async () => (await panel.texts('.domain-more'))[0], patient)
      .toContain(`${relayUrl}, run by Rowan Foundation`);
    await driver.closeTab();
  });

  it('is not carried past it when it is gone, and keeps the draft', async () => {
    relay.closeAllConnections();
    await new Promise((resolve) => relay.close(resolve));
    // In its place stands what refuses everybody.
    const closed = createServer((_request, response) => void response.writeHead(503).end());
    await new Promise<void>((resolve) => closed.listen(Number(new URL(relayUrl).port), '127.0.0.1', resolve));
    const before = proxy.bodies.length;
    try {
      await panel.open();
      await panel.type(prompt);
      await panel.word(/Busy|Can’t reach it/);
      expect(await panel.draft()).toBe(prompt);
      expect(proxy.bodies.length).toBe(before);
      await allThroughRelay();
    } finally {
      closed.closeAllConnections();
      closed.close();
    }
  });
});
