/** A server that is asked for more than it has: places in the engine, memory, connections. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../enclave-server/engine/engine.ts';
import {
  chat,
  openSession,
  postTurn,
  scriptedEngine,
  sendTurn,
  startEnclave,
  type TestEnclave,
  testConfig,
} from '../support/enclave.ts';

// Long enough that no reply runs out of records while a test is slow.
const wire = { tickMs: 20, recordBytes: 128, maxRecords: 4096 };
const models = [{ ...testConfig().models[0], maxOutputTokens: 256 }].map(({ sha256, ...model }) => ({
  sha256,
  ...model,
}));
const engineOf = (sequences: number) => ({ ...testConfig().engine, sequences });
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 90_000 }).toBe(true);

// A machine that does other things as well makes every step slow.
const patient = { timeout: 120_000 };

let enclave: TestEnclave | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await enclave?.app.close();
});

/** An engine whose jobs go on until they are let go or aborted; `most` is how many ran at once. */
function heldEngine() {
  const jobs: { content: string; go: () => void }[] = [];
  let running = 0;
  const seen = { most: 0, aborted: 0 };
  const generate: Engine['generate'] = async ({ messages }, onText, signal) => {
    running++;
    seen.most = Math.max(seen.most, running);
    await new Promise<void>((go) => {
      jobs.push({ content: messages.at(-1)?.content ?? '', go });
      signal.addEventListener('abort', () => go());
    });
    running--;
    if (signal.aborted) {
      seen.aborted++;
      return { finish: 'aborted', promptTokens: 1, completionTokens: 0 };
    }
    onText('Done.');
    return { finish: 'stop', promptTokens: 1, completionTokens: 1 };
  };
  return { engine: scriptedEngine(generate), jobs, seen };
}

describe('more turns than the engine has places', patient, () => {
  it('wait in a queue, are served in order, and only as many at once as there are places', async () => {
    const { engine, jobs, seen } = heldEngine();
    const config = testConfig({ wire, models, engine: engineOf(2), limits: { queueMs: 60_000 } });
    enclave = await startEnclave({ engine, config });
    const { url } = enclave;
    const replies = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const { client } = await openSession(url);
      replies.push(sendTurn(url, client, chat(name, {}, 'block')));
      if (jobs.length < 2) await until(() => jobs.length === replies.length);
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (let served = 0; served < 4; served++) {
      await until(() => jobs.length > served);
      jobs[served]?.go();
    }
    for (const { outcome } of await Promise.all(replies)) expect(outcome.state).toBe('complete');
    expect(jobs.map(({ content }) => content)).toEqual(['a', 'b', 'c', 'd']);
    expect(seen.most).toBe(2);
  });

  it('beyond the queue are turned away at once, in a reply that looks like any other short one', async () => {
    const { engine, jobs } = heldEngine();
    const config = testConfig({
      wire,
      models,
      engine: engineOf(1),
      limits: { queuedTurns: 1, queueMs: 60_000 },
    });
    enclave = await startEnclave({ engine, config });
    const { url } = enclave;
    const controller = new AbortController();
    for (const name of ['runs', 'waits']) {
      const { client } = await openSession(url);
      const { body, path } = client.startTurn(chat(name));
      await postTurn(url, path, body, controller.signal);
    }
    await until(() => jobs.length === 1);
    const { client } = await openSession(url);
    const { outcome, size } = await sendTurn(url, client, chat('too many'));
    expect(outcome).toMatchObject({ state: 'failed', error: 'busy', retryAfterS: 2, session: 'kept' });
    expect(size).toBe(16 * 128);
    expect(jobs.map(({ content }) => content)).toEqual(['runs']);
    controller.abort();
  });

  it('do not wait for ever', async () => {
    const { engine, jobs } = heldEngine();
    const config = testConfig({ wire, models, engine: engineOf(1), limits: { queueMs: 50 } });
    enclave = await startEnclave({ engine, config });
    const { url } = enclave;
    const first = await openSession(url);
    const running = sendTurn(url, first.client, chat('runs', {}, 'block'));
    await until(() => jobs.length === 1);
    const { client } = await openSession(url);
    expect((await sendTurn(url, client, chat('waits'))).outcome).toMatchObject({ error: 'busy' });
    jobs[0]?.go();
    expect((await running).outcome.state).toBe('complete');
  });
});

describe('a reader that leaves', patient, () => {
  it('gives its place to the next one, whether it was being answered or waited', async () => {
    const { engine, jobs, seen } = heldEngine();
    const config = testConfig({ wire, models, engine: engineOf(1), limits: { queueMs: 60_000 } });
    enclave = await startEnclave({ engine, config });
    const { url } = enclave;
    const readers = [new AbortController(), new AbortController()];
    for (const [index, reader] of readers.entries()) {
      const { client } = await openSession(url);
      const { body, path } = client.startTurn(chat(`reader ${index}`));
      await postTurn(url, path, body, reader.signal);
      if (index === 0) await until(() => jobs.length === 1);
    }
    const { client } = await openSession(url);
    const stays = sendTurn(url, client, chat('stays', {}, 'block'));
    readers[1]?.abort();
    await until(() => engine.released.length === 1);
    expect(jobs).toHaveLength(1);
    readers[0]?.abort();
    await until(() => jobs.length === 2);
    expect(jobs[1]?.content).toBe('stays');
    expect(seen.aborted).toBe(1);
    jobs[1]?.go();
    expect((await stays).outcome.state).toBe('complete');
  });
});

describe('memory', patient, () => {
  it('is not filled by an engine that says more than a block can hold: it is stopped', async () => {
    let said = 0;
    const engine = scriptedEngine(async (_job, onText, signal) => {
      while (!signal.aborted && said < 100_000_000) {
        onText('x'.repeat(50_000));
        said += 50_000;
        await new Promise((resolve) => setImmediate(resolve));
      }
      return { finish: 'aborted', promptTokens: 1, completionTokens: 1 };
    });
    enclave = await startEnclave({ engine, config: testConfig({ wire, models }) });
    const { client } = await openSession(enclave.url);
    const { outcome } = await sendTurn(enclave.url, client, chat('Hi', {}, 'block'));
    expect(outcome).toMatchObject({ state: 'failed', error: 'engine-failed', session: 'kept' });
    expect(said).toBeLessThan(9_000_000);
  });

  /** Announces a request of so many bytes and sends none of them; resolves to what comes back, '' for nothing. */
  function announce(url: string, path: string, bytes: number) {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    sockets.push(socket);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: ${bytes}\r\n\r\n`,
    );
    return { socket, answer: () => answer };
  }

  it('is taken by requests up to a limit: what is announced beyond it is refused before it is read', async () => {
    const session = { ...testConfig().session, maxRequestBytes: 4_000_000 };
    const config = testConfig({ wire, models, session, limits: { requestBytes: 8_388_608 } });
    enclave = await startEnclave({ config });
    const { url } = enclave;
    const { client } = await openSession(url);
    const { body, path } = client.startTurn(chat('Hi'));
    const held = [announce(url, path, 4_000_000), announce(url, path, 4_000_000)];
    await expect
      .poll(
        async () => {
          const probe = announce(url, path, 4_000_000);
          await once(probe.socket, 'data');
          return probe.answer().slice(0, 12);
        },
        { timeout: 30_000 },
      )
      .toBe('HTTP/1.1 400');
    expect(held.map(({ answer }) => answer())).toEqual(['', '']);
    // What still fits is served.
    const response = await postTurn(url, path, body);
    expect(response.status).toBe(200);
    await response.arrayBuffer();
    // Who leaves makes room.
    held[0]?.socket.destroy();
    const next = await openSession(url);
    await expect
      .poll(async () => (await sendTurn(url, next.client, chat('Hi'))).outcome.state, { timeout: 30_000 })
      .toBe('complete');
  });

  it('is not taken at all by a request for another process', async () => {
    enclave = await startEnclave({ config: testConfig({ wire, models }) });
    const { answer, socket } = announce(enclave.url, '/waxseal/v1/turns/00000000', 1_000_000);
    await once(socket, 'data');
    expect(answer()).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('is taken by so many connections and no more', async () => {
    enclave = await startEnclave({ config: testConfig({ wire, models, limits: { connections: 2 } }) });
    const { port } = new URL(enclave.url);
    const open = () => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      return socket;
    };
    const first = open();
    await once(first, 'connect');
    await once(open(), 'connect');
    const third = open();
    await once(third, 'close');
    first.destroy();
    await expect
      .poll(
        () =>
          fetch(`${enclave?.url}/health`).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 30_000 },
      )
      .toBe(200);
  });
});
