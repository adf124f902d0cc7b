import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import { OFFERS_A_TURN } from '../../enclave-server/pace.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import {
  chat,
  openSession,
  scriptedEngine,
  sendTurn,
  startEnclave,
  type TestEnclave,
  testConfig,
} from '../support/enclave.ts';
import { startCapture } from '../support/wire-capture.ts';

const SLOW = process.env.SLOW === '1';
if (!SLOW) process.stderr.write('skipped: gaps on the wire beside a flood need a quiet machine (SLOW=1)\n');

const simulator = createSimulator({ measurement: new Uint8Array(48).fill(7) });

/** A report device that gives nothing before it is told to. */
function heldAttester() {
  const { promise: let_, resolve: release } = Promise.withResolvers<void>();
  let asked = 0;
  const attester = {
    evidenceType: simulator.evidenceType,
    async report(data: Uint8Array) {
      asked++;
      await let_;
      return simulator.report(data);
    },
  };
  return { attester, release, asked: () => asked };
}

/** An offer that takes no connection of its own. */
const inject = (
  app: TestEnclave['app'],
  remoteAddress = '192.0.2.1',
  headers: { [name: string]: string } = {},
) =>
  app.inject({
    method: 'POST',
    url: '/waxseal/v1/sessions',
    headers: { 'content-type': 'application/octet-stream', ...headers },
    payload: Buffer.from(createOffer().body),
    remoteAddress,
  });

const statuses = (replies: { statusCode: number }[], status: number) =>
  replies.filter(({ statusCode }) => statusCode === status).length;

describe('hundreds of offers at once', () => {
  it('are worked off in parts: timers wait for a few of them, and never for all', async () => {
    let begun = 0;
    let answered = 0;
    const enclave = await startEnclave({
      attester: simulator,
      logSizeHint: () => {
        answered++;
        return 0;
      },
    });
    const draw = crypto.getRandomValues.bind(crypto);
    const random = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
      // Twelve bytes are the random part of a session's id: the first thing that is made for an offer.
      if (array?.byteLength === 12) begun++;
      return draw(array);
    });
    try {
      const all = Promise.all(Array.from({ length: 600 }, () => inject(enclave.app)));
      const most = { begun: 0, answered: 0 };
      while (answered < 600) {
        const before = { begun, answered };
        await nextTurn();
        most.begun = Math.max(most.begun, begun - before.begun);
        most.answered = Math.max(most.answered, answered - before.answered);
      }
      expect(statuses(await all, 200)).toBe(600);
      expect(begun).toBe(600);
      // Those of this turn of the event loop, and those that were let through for the next.
      expect(most.begun + most.answered).toBeGreaterThan(0);
      expect(most.begun).toBeLessThanOrEqual(2 * OFFERS_A_TURN);
      expect(most.answered).toBeLessThanOrEqual(2 * OFFERS_A_TURN);
    } finally {
      random.mockRestore();
      await enclave.app.close();
    }
  });

  it('beyond what may wait are refused with 503 and a time to come again, and the others are answered', async () => {
    const { attester, release, asked } = heldAttester();
    const config = testConfig({ limits: { queuedOffers: 8 } });
    const enclave = await startEnclave({ config, attester });
    const first = inject(enclave.app);
    await expect.poll(asked).toBe(1);
    const offers = Array.from({ length: 20 }, () => inject(enclave.app));
    const refused = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const done = await Promise.race(
          offers.map(async (offer, at) => ({ at, reply: await offer })).slice(0, 20 - index),
        );
        offers.splice(done.at, 1);
        return done.reply;
      }),
    );
    expect(refused.every(({ statusCode }) => statusCode === 503)).toBe(true);
    expect(refused.every(({ headers }) => headers['retry-after'] === '5')).toBe(true);
    release();
    const answered = await Promise.all([first, ...offers]);
    expect(statuses(answered, 200)).toBe(9);
    expect(answered.every(({ headers }) => headers['retry-after'] === undefined)).toBe(true);
    await enclave.app.close();
  });

  it('of one address leave room for another, in the queue and among the sessions that wait', async () => {
    const { attester, release, asked } = heldAttester();
    const config = testConfig({ limits: { queuedOffers: 8, pendingSessions: 8 } });
    const enclave = await startEnclave({ config, attester });
    const first = inject(enclave.app);
    await expect.poll(asked).toBe(1);
    const flood = Array.from({ length: 16 }, () => inject(enclave.app));
    let refused = 0;
    for (const offer of flood)
      void offer.then(({ statusCode }) => {
        if (statusCode === 503) refused++;
      });
    await expect.poll(() => refused).toBe(8);
    const other = inject(enclave.app, '192.0.2.2');
    await expect.poll(() => refused).toBe(9);
    release();
    expect((await other).statusCode).toBe(200);
    expect((await first).statusCode).toBe(200);
    await Promise.all(flood);
    expect(refused).toBe(9);
    // Eight sessions wait now, seven of them for the first address, which gets no eighth.
    expect((await inject(enclave.app)).statusCode).toBe(503);
    expect((await inject(enclave.app, '192.0.2.2')).statusCode).toBe(200);
    await enclave.app.close();
  });

  it('of all addresses of one IPv6 customer count as those of one, whatever a header says of them', async () => {
    const enclave = await startEnclave({ config: testConfig({ limits: { pendingSessions: 8 } }) });
    const offer = async (address: string) => (await inject(enclave.app, address)).statusCode;
    for (let host = 1; host <= 8; host++) expect(await offer(`2001:db8:1:2::${host}`)).toBe(200);
    expect(await offer('2001:db8:1:2:ffff::9')).toBe(503);
    expect(await offer('2001:db8:1:3::1')).toBe(200);
    const named = { 'x-forwarded-for': '198.51.100.7', forwarded: 'for=198.51.100.7' };
    expect((await inject(enclave.app, '2001:db8:1:2::1', named)).statusCode).toBe(503);
    await enclave.app.close();
  });

  it('on one connection are answered one by one, or not at all', async () => {
    const { attester, release, asked } = heldAttester();
    const enclave = await startEnclave({ attester });
    const socket = connect(Number(new URL(enclave.url).port), '127.0.0.1');
    const head =
      'POST /waxseal/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n';
    for (let count = 0; count < 3; count++) {
      socket.write(`${head}content-length: 64\r\n\r\n`);
      socket.write(createOffer().body);
    }
    let seen = '';
    socket.setEncoding('latin1').on('data', (text) => {
      seen += text;
    });
    await expect.poll(asked).toBe(1);
    release();
    await expect
      .poll(() => seen.match(/HTTP\/1.1 \d+/g)?.join())
      .toBe('HTTP/1.1 200,HTTP/1.1 503,HTTP/1.1 503');
    socket.destroy();
    await enclave.app.close();
  });
});

describe('the server', () => {
  it('waits ten seconds for headers, and for a body as long as the slowest line needs', async () => {
    const config = testConfig({ session: { maxRequestBytes: 8_388_608 } });
    const { app } = await startEnclave({ config });
    expect(app.server.headersTimeout).toBe(10_000);
    // 8 MiB at 32 KiB/s.
    expect(app.server.requestTimeout).toBe(10_000 + 256_000);
    await app.close();
  });
});

/** Offers from another process, 32 at a time, for as long as it is said; or as much work on a processor, alone. */
const LOAD = `
  const [url, ms, kind] = process.argv.slice(1);
  const end = Date.now() + Number(ms);
  const headers = { 'content-type': 'application/octet-stream' };
  let answered = 0;
  const offer = async () => {
    const body = crypto.getRandomValues(new Uint8Array(64)).fill(0, 0, 32);
    body.set([0x57, 0x58, 0x53, 0x4f, 1]);
    const response = await fetch(url + '/waxseal/v1/sessions', { method: 'POST', headers, body });
    await response.arrayBuffer();
    if (response.status === 200) answered++;
  };
  if (kind === 'offers') {
    await Promise.all(Array.from({ length: 32 }, async () => { while (Date.now() < end) await offer(); }));
  } else while (Date.now() < end);
  console.log(answered);
`;

/** Runs \`LOAD\` beside \`work\` and gives how many offers were answered. */
async function beside<Result>(kinds: string[], url: string, ms: number, work: () => Promise<Result>) {
  const children = kinds.map((kind) =>
    spawn(process.execPath, ['--input-type=module', '-e', LOAD, url, String(ms), kind]),
  );
  const counts = children.map(async (child) => {
    const [[text]] = await Promise.all([once(child.stdout, 'data'), once(child, 'close')]);
    return Number(String(text));
  });
  const result = await work();
  return { result, answered: (await Promise.all(counts)).reduce((sum, count) => sum + count, 0) };
}

function quantiles(values: number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number) => Math.round(10 * (sorted[Math.floor(q * (sorted.length - 1))] ?? 0)) / 10;
  return { median: at(0.5), most95: at(0.95), most99: at(0.99), most: at(1) };
}

/** Gaps between the pieces of a reply, as they arrive. */
async function gapsOfChat(url: string): Promise<number[]> {
  const capture = await startCapture(Number(new URL(url).port));
  const { client } = await openSession(url);
  const { outcome } = await sendTurn(capture.url, client, chat('Hi'));
  capture.close();
  expect(outcome.state).toBe('complete');
  return capture.down.slice(1).map(({ at }, index) => at - (capture.down[index]?.at ?? 0));
}

describe.skipIf(!SLOW)('an open chat', () => {
  it('feels a flood of offers no more than any other work of the machine', { timeout: 120_000 }, async () => {
    const tickMs = 50;
    const seconds = 10;
    const engine = scriptedEngine(async (_job, onText) => {
      for (let at = 0; at < seconds * 10; at++) {
        onText('word ');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return { finish: 'stop', promptTokens: 1, completionTokens: seconds * 10 };
    });
    const attester = {
      evidenceType: simulator.evidenceType,
      async report(data: Uint8Array) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return simulator.report(data);
      },
    };
    const enclave = await startEnclave({ config: testConfig(), engine, attester });
    const work = () => gapsOfChat(enclave.url);
    const ms = 1000 * (seconds + 3);
    const quiet = await beside([], enclave.url, ms, work);
    // As many busy processes as the flood has: the one that sends, and the server that answers.
    const loaded = await beside(['work', 'work'], enclave.url, ms, work);
    const flooded = await beside(['offers'], enclave.url, ms, work);
    await enclave.app.close();
    const rows = { quiet, loaded, flooded };
    console.table(
      Object.fromEntries(Object.entries(rows).map(([name, { result }]) => [name, quantiles(result)])),
    );
    console.log(`${flooded.answered} offers answered beside the chat`);
    expect(flooded.answered).toBeGreaterThan(100);
    const [a, b] = [quantiles(loaded.result), quantiles(flooded.result)];
    expect(Math.abs(b.median - tickMs)).toBeLessThan(tickMs / 5);
    expect(b.most95).toBeLessThan(2 * Math.max(tickMs, a.most95));
  });
});
