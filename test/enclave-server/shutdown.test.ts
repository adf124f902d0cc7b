/** What a server that is told to end does with those who are there. */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../enclave-server/engine/engine.ts';
import {
  chat,
  openSession,
  postOffer,
  postTurn,
  scriptedEngine,
  sendTurn,
  startEnclave,
  testConfig,
} from '../support/enclave.ts';

const config = testConfig({ wire: { tickMs: 20, recordBytes: 512, maxRecords: 512 } });

/** An engine that says one word and goes on when told, or stops when it is aborted. */
function heldEngine() {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  let begun = 0;
  const generate: Engine['generate'] = async (_job, onText, signal) => {
    begun++;
    onText('Once ');
    await Promise.race([promise, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
    if (signal.aborted) return { finish: 'aborted', promptTokens: 1, completionTokens: 1 };
    onText('upon a time.');
    return { finish: 'stop', promptTokens: 1, completionTokens: 4 };
  };
  return { engine: scriptedEngine(generate), release, begun: () => begun };
}

async function running(drainMs: number, mode: 'steady' | 'block' = 'steady') {
  const { engine, release, begun } = heldEngine();
  const enclave = await startEnclave({ config, engine, drainMs });
  const idle = await openSession(enclave.url);
  const waiting = await openSession(enclave.url);
  await sendTurn(enclave.url, idle.client, { op: 'models', mode: 'block', body: {} });
  const { client } = await openSession(enclave.url);
  const reply = sendTurn(enclave.url, client, chat('Tell me', {}, mode));
  await expect.poll(begun, { timeout: 30_000 }).toBe(1);
  return { ...enclave, reply, release, idle: idle.client, waiting: waiting.client };
}

describe('a server that is told to end', () => {
  it('finishes the reply under way, and meanwhile refuses whatever is new', async () => {
    const { app, url, reply, release, idle, waiting, events } = await running(60_000);
    const closing = app.close();
    await expect.poll(async () => (await fetch(`${url}/health`)).status, { timeout: 30_000 }).toBe(503);
    const offer = new Uint8Array(64);
    offer.set([0x57, 0x58, 0x53, 0x4f, 1]);
    const refused = await postOffer(url, offer);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    // Like a session that is not known, so that the client opens one elsewhere and asks there once more.
    for (const client of [idle, waiting]) {
      const { body, path } = client.startTurn(chat('Hi'));
      const response = await postTurn(url, path, body);
      expect(response.status).toBe(400);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.alloc(32));
    }
    release();
    const { text, outcome } = await reply;
    expect(text).toBe('Once upon a time.');
    expect(outcome).toMatchObject({ state: 'complete' });
    await closing;
    expect(events).toContain('{"event":"stopping"}');
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  it.each(['steady', 'block'] as const)(
    'ends a %s reply that takes too long with an error inside the seal, padded like any other',
    async (mode) => {
      const { app, reply } = await running(50, mode);
      const closing = app.close();
      const { outcome, size } = await reply;
      expect(outcome).toMatchObject({ state: 'failed', error: 'session-over', session: 'dropped' });
      const [recordBytes, counts] = mode === 'steady' ? [512, [16, 23, 32, 46, 64, 91, 128]] : [4096, [4]];
      expect(counts).toContain(size / recordBytes);
      await closing;
    },
  );

  it('does not wait where nobody is being answered', async () => {
    const { app, url } = await startEnclave({ config, drainMs: 3_600_000 });
    await openSession(url);
    await app.close();
  });

  it('cuts replies off where it was not told to wait', async () => {
    const { engine, begun } = heldEngine();
    const { app, url } = await startEnclave({ config, engine });
    const { client } = await openSession(url);
    const { body, path } = client.startTurn(chat('Hi'));
    const response = await postTurn(url, path, body);
    await expect.poll(begun, { timeout: 30_000 }).toBe(1);
    await app.close();
    await expect(response.arrayBuffer()).rejects.toThrow();
  });
});
