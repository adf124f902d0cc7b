/** The log in a process of its own, and one submission to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogProcessOptions } from '../../support/log-process.ts';
import type { LogWorld } from '../../support/log-server.ts';

const SERVER = fileURLToPath(new URL('../../support/log-process.ts', import.meta.url));
const PUBLISH_INTERVAL_MS = 1000;

/** A log of this world's builder, which publishes once a second. */
export async function startServer(
  world: LogWorld,
  changes: Partial<LogProcessOptions> = {},
): Promise<{ child: ChildProcess; url: URL }> {
  const policy = join(world.folder, 'policy');
  await writeFile(policy, world.policyEntry);
  const options: LogProcessOptions = {
    folder: join(world.folder, 'data'),
    origin: world.builder.origin,
    policy,
    witnesses: world.endpoints.map(({ url, key }) => ({ url, key: key.text })),
    quorum: world.builder.quorum,
    publishIntervalMs: PUBLISH_INTERVAL_MS,
    // A machine that cannot keep up shall be seen as slow, and not end the run.
    submitWaitMs: 60_000,
    killAt: null,
    ...changes,
  };
  const child = spawn(process.execPath, [SERVER, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, url: new URL('/api/v1/entries', String(line).trim()) };
}

/** Milliseconds until the answer; whatever is not 201 ends the run. */
export async function submit(agent: Agent, url: URL, entry: Uint8Array): Promise<number> {
  const began = performance.now();
  const headers = { 'content-type': 'application/json', 'content-length': entry.length };
  const sent = request(url, { agent, method: 'POST', headers });
  sent.end(entry);
  const [answer] = await once(sent, 'response');
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 201) throw new Error(`status ${answer.statusCode}`);
  return performance.now() - began;
}
