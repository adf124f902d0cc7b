/** Durable, witnessed submissions over HTTP: the log and its three witnesses in processes of their own. */
import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { LogWorld } from '../../support/log-server.ts';
import { startServer, submit } from './server.ts';

interface Load {
  /** Submissions that come at once. */
  batch: number;
  batches: number;
  /** Milliseconds from one batch to the next; null to wait for the answers. */
  every: number | null;
}

export interface Submissions extends Load {
  /** Entries a second, from the first submission to the last answer. */
  rate: number;
  /** Milliseconds from submission to a published checkpoint that a quorum cosigned. */
  p50: number;
  p99: number;
}

/** One at a time; then in batches, as many as the goal asks for and a fifth more. */
const LOADS: Load[] = [
  { batch: 1, batches: 8, every: null },
  { batch: 64, batches: 200, every: 53 },
  { batch: 1024, batches: 12, every: 1020 },
  { batch: 1024, batches: 12, every: 850 },
];

/** Submissions that do not count, before those that do. */
const WARM_UP = 4096;

/** Also the time from the first submission to the last answer. */
async function submitAll(url: URL, entries: readonly Uint8Array[], { batch, every }: Load) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4096, maxFreeSockets: 4096 });
  const waits: Promise<number>[] = [];
  const began = performance.now();
  for (let start = 0; start < entries.length; start += batch) {
    const group = entries.slice(start, start + batch).map((entry) => submit(agent, url, entry));
    waits.push(...group);
    // A refusal ends the run below, with the server stopped, and not this process here.
    for (const wait of group) wait.catch(() => {});
    // The next batch comes when it is due, however late the answers are.
    if (every === null) await Promise.all(group);
    else await setTimeout(Math.max(0, began + (start / batch + 1) * every - performance.now()));
  }
  const sorted = (await Promise.all(waits)).sort((a, b) => a - b);
  agent.destroy();
  return { sorted, took: performance.now() - began };
}

async function measure(load: Load): Promise<Submissions> {
  const world = await LogWorld.create();
  const entries: Uint8Array[] = [];
  for (let version = 1; version <= load.batch * load.batches; version++)
    entries.push(await world.release(version));
  const { url, stop } = await startServer(world);
  try {
    // A server that has just started has not compiled what it runs.
    const warm = await Promise.all(Array.from({ length: WARM_UP }, (_, i) => world.release(1_000_000 + i)));
    await submitAll(url, warm, { batch: 256, batches: WARM_UP / 256, every: 300 });
    const { sorted, took } = await submitAll(url, entries, load);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
    return { ...load, rate: (1000 * entries.length) / took, p50: at(0.5), p99: at(0.99) };
  } finally {
    await stop();
    await world.close();
  }
}

export async function submissions(): Promise<Submissions[]> {
  const measured: Submissions[] = [];
  for (const load of LOADS) measured.push(await measure(load));
  return measured;
}
