/** Many connections to a server that has not come to take them: what its kernel holds for it. @module */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** More than the 511 that Node has the kernel hold for a server that asks for nothing else. */
export const CROWD = 700;
const KERNELS_MOST = '/proc/sys/net/core/somaxconn';
/** The kernel has a limit of its own, which nobody here can raise; where it cannot be read, nothing is promised. */
export const isCrowdAllowed = existsSync(KERNELS_MOST) && Number(readFileSync(KERNELS_MOST, 'utf8')) >= CROWD;
/** Longer than a local connection takes that the kernel has room for; those without room are never made. */
const WAIT_MS = 10_000;

/** Stops the process, opens `CROWD` connections to it, and says how many were made before it went on. */
export async function crowdInto(child: ChildProcess, url: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  let made = 0;
  child.kill('SIGSTOP');
  try {
    const all = Array.from({ length: CROWD }, async () => {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      made += 1;
    });
    await Promise.race([Promise.all(all), setTimeout(WAIT_MS, null, { ref: false })]);
    return made;
  } finally {
    for (const socket of sockets) socket.on('error', () => {}).destroy();
    child.kill('SIGCONT');
  }
}
