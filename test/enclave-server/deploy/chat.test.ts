/** The examples for operators with the real programs: nginx and HAProxy in front of two servers with a model. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoConfig } from '../../../enclave-server/demo-config.ts';
import { buildEnclaveBundle } from '../../../scripts/build-enclave.ts';
import { chat, openSession, sendTurn, service } from '../../support/enclave.ts';
import { isInstalled, type ProxiedServers, startProxied } from '../../support/proxies.ts';
import { bundleFolder } from '../../support/scripted/bundle.ts';

const bundle = bundleFolder('deploy');
const installed = (['nginx', 'haproxy'] as const).filter(isInstalled);

beforeAll(() => buildEnclaveBundle('development', bundle), 240_000);
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

describe.each(installed)('%s in front of two servers with a model', { timeout: 120_000 }, (name) => {
  let stand: ProxiedServers;
  beforeAll(async () => {
    stand = await startProxied(name, bundle, demoConfig(service));
  }, 120_000);
  afterAll(() => stand?.stop());

  it('carries sealed chats, each to the server that has made its key, turn after turn', async () => {
    const met = new Set<string>();
    for (let chats = 0; chats < 40 && met.size < 2; chats++) {
      const { client, answer } = await openSession(stand.proxy.url);
      met.add(Buffer.from(answer.header.id.subarray(0, 4)).toString('hex'));
      for (const [question, part] of [
        ['What is a Merkle tree?', /tree of hashes/],
        ['What is 7 + 5?', /7 plus 5/],
      ] as const) {
        const { text, outcome } = await sendTurn(stand.proxy.url, client, chat(question));
        expect(outcome.state).toBe('complete');
        expect(text).toMatch(part);
      }
    }
    expect([...met].sort()).toEqual(['00000001', '00000002']);
  });
});
