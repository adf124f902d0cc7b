/** The log and its three witnesses in two processes of their own, and one submission. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogProcessOptions } from '../../support/log-process.ts';
import type { LogWorld } from '../../support/log-server.ts';
import type { WitnessesOptions } from './witnesses-process.ts';

const WITNESSES = fileURLToPath(new URL('./witnesses-process.ts', import.meta.url));
const SERVER = fileURLToPath(new URL('../../support/log-process.ts', import.meta.url));
const PUBLISH_INTERVAL_MS = 1000;

export interface Server {
  url: URL;
  log: ChildProcess;
  /** Ends both processes. */
  stop: () => Promise<void>;
}

/** A process that says on its first line that it is there. */
async function startProcess(
  script: string,
  options: unknown,
): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['--expose-gc', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, line: String(line).trim() };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** A log of this world's builder, which publishes once a second; and its witnesses, out of the way of the client. */
export async function startServer(
  world: LogWorld,
  changes: Partial<LogProcessOptions> = {},
): Promise<Server> {
  const policy = join(world.folder, 'policy');
  await writeFile(policy, world.policyEntry);
  for (const index of world.endpoints.keys()) await world.stopWitness(index);
  const { origin, quorum, signer } = world.builder;
  const ports = world.endpoints.map(({ url }) => Number(new URL(url).port));
  const watched: WitnessesOptions = { folder: world.folder, log: signer.verifierKey.text, ports };
  const witnesses = await startProcess(WITNESSES, watched);
  const options: LogProcessOptions = {
    folder: join(world.folder, 'data'),
    origin,
    policy,
    witnesses: world.endpoints.map(({ url, key }) => ({ url, key: key.text })),
    quorum,
    publishIntervalMs: PUBLISH_INTERVAL_MS,
    // A machine that cannot keep up shall be seen as slow, and not end the run.
    submitWaitMs: 60_000,
    killAt: null,
    ...changes,
  };
  const { child, line } = await startProcess(SERVER, options);
  const stop = async () => {
    await end(child);
    await end(witnesses.child);
  };
  return { url: new URL('/api/v1/entries', line), log: child, stop };
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
