/**
 * A machine for one server: this computer's files with a layer over them in memory that takes every write, whoever
 * makes it and wherever. What is in the layer afterwards is all that was written. Needs root.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Machine {
  /** Put in front of a command, it runs there. */
  within: string[];
  /** What was written there, to be read from outside. */
  layers: string[];
  close(): void;
}

/** `size`: room for all that is written, as mount(8) takes it. */
export async function startMachine(folder: string, size: string): Promise<Machine> {
  const inside = '/mnt/waxseal-canary';
  const script = `
    mkdir -p ${inside} && mount -t tmpfs -o size=${size} layer ${inside} && cd ${inside} && mkdir upper work root
    mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
    mount --rbind /proc root/proc && mount --rbind /dev root/dev && mount -t tmpfs -o size=1g shm root/dev/shm
    echo ready && exec sleep infinity`;
  const holder: ChildProcess = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-ec', script],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ready = holder.stdout ? once(holder.stdout, 'data') : Promise.reject(new Error('no output'));
  await Promise.race([ready, once(holder, 'exit').then(() => Promise.reject(new Error('needs root')))]);
  const there = `sh -c 'cd "$0" && exec "$@"' "$(pwd)" "$@"`;
  const seen = `/proc/${holder.pid}/root${inside}`;
  return {
    // What enters loses the folder that it was in.
    within: [
      'sh',
      '-c',
      `exec nsenter --mount=/proc/${holder.pid}/ns/mnt /usr/sbin/chroot ${inside}/root ${there}`,
      'sh',
    ],
    layers: [join(seen, 'upper'), join(seen, 'root/dev/shm')].filter((path) => existsSync(path)),
    close: () => void holder.kill('SIGKILL'),
  };
}
