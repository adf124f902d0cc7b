/** The examples for operators with the real programs, and an engine that does as it is told. */
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoConfig } from '../../../enclave-server/demo-config.ts';
import { createOffer } from '../../../protocol/session/offer.ts';
import { Canaries } from '../../support/canary/canary.ts';
import { chat, openSession, postOffer, postTurn, sendTurn, service } from '../../support/enclave.ts';
import { isInstalled, type ProxiedServers, type RunningProxy, startProxied } from '../../support/proxies.ts';
import { buildScriptedBundle, bundleFolder } from '../../support/scripted/bundle.ts';

const bundle = bundleFolder('deploy');
const installed = (['nginx', 'haproxy'] as const).filter(isInstalled);

beforeAll(() => buildScriptedBundle(bundle), 240_000);
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

describe.each(installed)('%s in front of two servers', { timeout: 120_000 }, (name) => {
  const canaries = new Canaries();
  const demo = demoConfig(service);
  let stand: ProxiedServers;
  let proxy: RunningProxy;
  beforeAll(async () => {
    stand = await startProxied(name, bundle, {
      ...demo,
      // One place each: a job that is not stopped keeps everybody else waiting.
      engine: { ...demo.engine, sequences: 1 },
      wire: { tickMs: 20, recordBytes: 512, maxRecords: 4096 },
      limits: { ...demo.limits, queueMs: 60_000, drainMs: 60_000 },
    });
    proxy = stand.proxy;
  }, 120_000);
  afterAll(() => stand?.stop());

  it('lets each record through when it comes: an answer that never ends arrives', async () => {
    const { client } = await openSession(proxy.url);
    const { body, path, reply } = client.startTurn(chat('silent'));
    const reader = new AbortController();
    const response = await postTurn(proxy.url, path, body, reader.signal);
    expect(response.headers.get('content-encoding')).toBeNull();
    const stream = response.body?.getReader();
    let pieces = 0;
    while (reply.authenticated < 40) {
      reply.push((await stream?.read())?.value ?? new Uint8Array());
      pieces++;
    }
    // Gathered into buffers of 4 or 16 KiB they would come in five pieces at most.
    expect(pieces).toBeGreaterThan(10);
    reader.abort();
  });

  it('tells the server that a reader has gone, and the place is free', async () => {
    const readers: AbortController[] = [];
    const taken = new Set<string>();
    for (let tries = 0; tries < 40 && taken.size < 2; tries++) {
      const { client, answer } = await openSession(proxy.url);
      const id = Buffer.from(answer.header.id.subarray(0, 4)).toString('hex');
      if (taken.has(id)) continue;
      taken.add(id);
      const { body, path } = client.startTurn(chat('silent'));
      const reader = new AbortController();
      readers.push(reader);
      expect((await postTurn(proxy.url, path, body, reader.signal)).status).toBe(200);
    }
    expect(taken.size).toBe(2);
    const { client } = await openSession(proxy.url);
    const next = sendTurn(proxy.url, client, chat('Hi'));
    for (const reader of readers) reader.abort();
    expect((await next).outcome.state).toBe('complete');
  });

  it('takes a request of the largest size and none beyond it, and keeps none on its disk', async () => {
    const { client } = await openSession(proxy.url);
    const long = `${canaries.next()} ${'x'.repeat(700_000)}`;
    const turn = await sendTurn(proxy.url, client, chat(long, {}, 'block'));
    expect(turn.status).toBe(200);
    const { path } = (await openSession(proxy.url)).client.startTurn(chat('Hi'));
    const beyond = await postTurn(proxy.url, path, new Uint8Array(9_500_000)).catch(() => null);
    expect(beyond?.ok ?? false).toBe(false);
    const offer = await postOffer(proxy.url, new Uint8Array(5000)).catch(() => null);
    expect(offer?.ok ?? false).toBe(false);
    const kept = readdirSync(proxy.folder, { recursive: true, withFileTypes: true });
    const known = [
      'fullchain.pem',
      'privkey.pem',
      'chat.fernhill.example.pem',
      'nginx.conf',
      'haproxy.cfg',
      'nginx.pid',
    ];
    expect(kept.filter((file) => file.isFile() && !known.includes(file.name))).toEqual([]);
  });

  it('answers a turn of no known session as the servers do, and passes nothing else on', async () => {
    for (const instance of ['00000001', 'ffffffff']) {
      const response = await postTurn(proxy.url, `/waxseal/v1/turns/${instance}`, new Uint8Array(5272));
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([400, '*']);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.alloc(32));
    }
    for (const path of ['/', '/v1/chat/completions', '/counters', '/waxseal/v1/sessions/x']) {
      expect((await fetch(proxy.url + path)).status, path).toBe(404);
    }
  });

  it('speaks HTTP/2 over TLS', async () => {
    const http2 = connect(proxy.tls, { rejectUnauthorized: false });
    const stream = http2.request({
      ':method': 'POST',
      ':path': '/waxseal/v1/sessions',
      'content-type': 'application/octet-stream',
    });
    stream.end(createOffer().body);
    const [headers] = await once(stream, 'response');
    expect(headers[':status']).toBe(200);
    expect(headers['access-control-allow-origin']).toBe('*');
    http2.destroy();
  });

  it('keeps and says nothing about anybody', () => {
    expect(proxy.output()).not.toMatch(/127\.0\.0\.1|waxseal\/v1|POST/);
    expect(canaries.search('its output', proxy.output())).toEqual([]);
    expect(canaries.searchTree(proxy.folder)).toEqual([]);
  });

  it('sends offers to the other server while one is about to end, and its answers to their end', async () => {
    const [one] = stand.servers;
    let client: Awaited<ReturnType<typeof openSession>>['client'] | undefined;
    for (let tries = 0; tries < 40 && client === undefined; tries++) {
      const opened = await openSession(proxy.url);
      if (opened.answer.header.id[3] === 1) client = opened.client;
    }
    if (client === undefined) throw new Error('no session with the first server');
    const { body, path, reply } = client.startTurn(chat('say 100 20'));
    const response = await postTurn(proxy.url, path, body);
    const stopped = one.stop();
    for (let offers = 0; offers < 10; offers++) {
      const { answer } = await openSession(proxy.url);
      // Until the proxy has noticed, the first may still answer those that were on their way.
      if (offers > 3) expect(answer.header.id[3]).toBe(2);
    }
    for await (const chunk of response.body ?? []) reply.push(chunk);
    expect(reply.close().state).toBe('complete');
    expect(await stopped).toBe(0);
  });
});
