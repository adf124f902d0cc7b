/**
 * The memory of the log's process while it grows, over HTTP and with three witnesses, to a million entries, and what a
 * start takes then. At each size people read the explorer and search, so what these keep is counted. For Linux: the
 * memory is what the kernel says in /proc.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LogWorld } from '../../support/log-server.ts';
import { residentBytes } from '../../support/resident-bytes.ts';
import { startServer, submit } from './server.ts';

/** Submissions under way at a time; the log takes up to 8,192 that wait. */
const UNDER_WAY = 2048;

export interface Growth {
  size: number;
  /** Bytes in memory of the log's process. */
  resident: number;
  /** The same once its garbage was collected, which V8 lets lie while there is room. */
  collected: number;
  /** And once the explorer has shown its first page and results of a search. */
  collectedRead: number;
  /** Milliseconds of the explorer's first page, which reads on from the size before; and of the same page again. */
  page: [first: number, again: number];
  /** Entries a second since the size before. */
  rate: number;
}

export interface Restart {
  size: number;
  resident: number;
  seconds: number;
}

/** Bytes in memory after a collection. */
async function collectedBytes(log: ChildProcess): Promise<number> {
  log.kill('SIGUSR2');
  await setTimeout(2000);
  return residentBytes(log);
}

async function timeOf(url: URL): Promise<number> {
  const began = performance.now();
  const answer = await fetch(url);
  await answer.text();
  if (!answer.ok) throw new Error(`status ${answer.status} for ${url.pathname}`);
  return performance.now() - began;
}

/** Grows one log through these sizes, then starts it again. */
export async function measureGrowth(
  sizes: readonly number[],
  onSize: (growth: Growth) => void,
): Promise<Restart> {
  const world = await LogWorld.create();
  const explorer = join(world.folder, 'explorer');
  await mkdir(explorer);
  const options = { budget: 2 * (sizes.at(-1) ?? 0), explorer };
  let server = await startServer(world, options);
  try {
    // Entry 0 is the policy.
    let version = 0;
    for (const size of sizes) {
      const [from, began] = [version, performance.now()];
      // Not the one from before: its connections have been idle for long enough to be closed by the other side.
      const agent = new Agent({ keepAlive: true, maxSockets: UNDER_WAY });
      const writer = async () => {
        while (version < size - 1) await submit(agent, server.url, await world.release(++version));
      };
      await Promise.all(Array.from({ length: UNDER_WAY }, writer));
      agent.destroy();
      const rate = (1000 * (version - from)) / (performance.now() - began);
      const resident = await residentBytes(server.log);
      const collected = await collectedBytes(server.log);
      const home = new URL('/', server.url);
      const page: Growth['page'] = [await timeOf(home), await timeOf(home)];
      await timeOf(new URL('/search?q=waxseal', server.url));
      onSize({ size, rate, resident, collected, collectedRead: await collectedBytes(server.log), page });
    }
    await server.stop();
    const began = performance.now();
    server = await startServer(world, options);
    const seconds = (performance.now() - began) / 1000;
    return { size: version + 1, resident: await residentBytes(server.log), seconds };
  } finally {
    await server.stop();
    await world.close();
  }
}
