import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Memory of a process, as the kernel of Linux says it. */
export async function residentBytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
}
