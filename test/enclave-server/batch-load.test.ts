import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import { chat, openSession, scriptedEngine, sendTurn, startEnclave, testConfig } from '../support/enclave.ts';
import { type LoadResult, loadBatches, SlowAttester } from '../support/slow-attester.ts';
import { startCapture } from '../support/wire-capture.ts';

const SLOW = process.env.SLOW === '1';
const table: { [name: string]: LoadResult } = {};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function measured(name: string, options: Parameters<typeof loadBatches>[0]): Promise<LoadResult> {
  const result = await loadBatches(options);
  table[name] = result;
  return result;
}

describe('a thousand offers', () => {
  it.each(SLOW ? [5, 50, 500, 5000] : [5, 50, 300])(
    'at once, and within a second, where a report takes %d ms',
    { timeout: 60_000 },
    async (latency) => {
      const atOnce = await measured(`${latency} ms, at once`, {
        attester: new SlowAttester(latency),
        offers: 1000,
        withinMs: 0,
      });
      expect(atOnce).toMatchObject({ reports: 1, served: 1000, overtaken: 0 });
      const spread = await measured(`${latency} ms, within 1 s`, {
        attester: new SlowAttester(latency),
        offers: 1000,
        withinMs: 1000,
      });
      expect(spread).toMatchObject({ served: 1000, overtaken: 0, failed: 0, overloaded: 0 });
      // One for each time that a report takes, whoever comes meanwhile.
      expect(spread.reports).toBeLessThanOrEqual(1000 / latency + 2);
      // Nobody waits for more than the report under way and the own one.
      expect(spread.mostReports).toBeLessThanOrEqual(2);
    },
  );

  it('where every third report fails: only its own members fail, and the order stays', async () => {
    const result = await measured('20 ms, every third fails', {
      attester: new SlowAttester(20, (report) => (report % 3 === 2 ? 'error' : 'report')),
      offers: 1000,
      withinMs: 500,
    });
    expect(result.served + result.failed).toBe(1000);
    expect(result.served).toBeGreaterThan(0);
    expect(result.failed).toBeGreaterThan(0);
    expect(result.overtaken).toBe(0);
  });

  it('where the hardware is busy half of the time: those of a refused report are refused, the rest served', async () => {
    const result = await measured('20 ms, every second busy', {
      attester: new SlowAttester(20, (report) => (report % 2 === 1 ? 'busy' : 'report')),
      offers: 1000,
      withinMs: 500,
    });
    expect(result.served + result.failed).toBe(1000);
    expect(result.served).toBeGreaterThan(0);
    expect(result).toMatchObject({ overtaken: 0, overloaded: 0 });
  });

  it('where the hardware dies: those who wait are told in time, the others at once', async () => {
    const begun = performance.now();
    const result = await measured('20 ms, dies at the third', {
      attester: new SlowAttester(20, (report) => (report === 2 ? 'death' : 'report')),
      offers: 1000,
      withinMs: 500,
      reportMs: 200,
    });
    expect(result).toMatchObject({ reports: 3, overtaken: 0 });
    expect(result.served + result.failed).toBe(1000);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('of which only so many may wait: the queue has an end, and who was let in is served', async () => {
    const result = await measured('300 ms, 100 may wait', {
      attester: new SlowAttester(300),
      offers: 1000,
      withinMs: 200,
      queued: 100,
    });
    expect(result.served + result.overloaded).toBe(1000);
    expect(result.overloaded).toBeGreaterThan(700);
    // Those in the report under way, and those in the queue.
    expect(result.waiting).toBeLessThanOrEqual(201);
  });
});

/** Offers from another process, 32 at a time, for as long as it is said; gives how many were answered. */
const FLOOD = `
  const [url, ms] = process.argv.slice(1);
  const end = Date.now() + Number(ms);
  const count = { answered: 0, refused: 0 };
  const headers = { 'content-type': 'application/octet-stream' };
  const work = async () => {
    while (Date.now() < end) {
      const body = crypto.getRandomValues(new Uint8Array(64)).fill(0, 0, 32);
      body.set([0x57, 0x58, 0x53, 0x4f, 1]);
      const response = await fetch(url + '/waxseal/v1/sessions', { method: 'POST', headers, body });
      await response.arrayBuffer();
      count[response.status === 200 ? 'answered' : 'refused']++;
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
  console.log(JSON.stringify(count));
`;

async function flood(url: string, ms: number): Promise<{ answered: number; refused: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', FLOOD, url, String(ms)]);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(child, 'close');
  return JSON.parse(output);
}

/**
 * Longest stretches of work between two looks at the timers, in milliseconds of this thread's CPU. Unlike the
 * gaps between records it does not depend on what else the machine is doing.
 */
function watchStretches() {
  const stretches: number[] = [];
  let before = process.threadCpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    stretches.push((user + system) / 1000);
  }, 1);
  return () => {
    clearInterval(timer);
    return quantiles(stretches);
  };
}

function quantiles(values: number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number) => Math.round(10 * (sorted[Math.floor(q * (sorted.length - 1))] ?? 0)) / 10;
  return { median: at(0.5), most95: at(0.95), most99: at(0.99), most: at(1) };
}

/** Gaps between the pieces of a reply that takes `ms`, as they arrive. */
async function gapsOfChat(url: string) {
  const capture = await startCapture(Number(new URL(url).port));
  const { client } = await openSession(url);
  const { outcome } = await sendTurn(capture.url, client, chat('Hi'));
  capture.close();
  expect(outcome.state).toBe('complete');
  const gaps = capture.down.slice(1).map(({ at }, index) => at - (capture.down[index]?.at ?? 0));
  return quantiles(gaps);
}

describe('a flood of offers', () => {
  it('does not disturb the beat of an open chat', { timeout: 60_000, retry: 1 }, async () => {
    const tickMs = 50;
    const seconds = SLOW ? 10 : 2;
    const engine = scriptedEngine(async (_job, onText) => {
      for (let at = 0; at < seconds * 10; at++) {
        onText('word ');
        await pause(100);
      }
      return { finish: 'stop', promptTokens: 1, completionTokens: seconds * 10 };
    });
    const simulator = createSimulator({ measurement: new Uint8Array(48).fill(7) });
    const attester = {
      evidenceType: simulator.evidenceType,
      async report(data: Uint8Array) {
        await pause(50);
        return simulator.report(data);
      },
    };
    const enclave = await startEnclave({ config: testConfig(), engine, attester });
    const quiet = await gapsOfChat(enclave.url);
    const offers = flood(enclave.url, 1000 * (seconds + 2));
    await pause(700);
    const stop = watchStretches();
    const flooded = await gapsOfChat(enclave.url);
    const work = stop();
    const count = await offers;
    await enclave.app.close();
    console.table({ quiet, flooded, work });
    console.log(`${count.answered} offers answered, ${count.refused} refused`);
    console.table(table);
    expect(count.answered).toBeGreaterThan(20);
    // Between two beats there is time for everything else.
    expect(work.most99).toBeLessThan(tickMs / 2);
    expect(work.most).toBeLessThan(2 * tickMs);
    if (!SLOW) return;
    // Only a machine that has nothing else to do shows it on the wire as well.
    expect(Math.abs(flooded.median - tickMs)).toBeLessThan(tickMs / 5);
    expect(flooded.most95).toBeLessThan(2 * Math.max(tickMs, quiet.most95));
  });
});
