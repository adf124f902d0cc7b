/** What a process has taken of the machine, as the kernel counts it. */
import { readFileSync } from 'node:fs';

/** Seconds of processor that a process has used. */
export function processorOf(pid: number): number {
  const [, times = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user = 0, system = 0] = times.split(' ').slice(11, 13).map(Number);
  return (user + system) / 100;
}

/** Resident memory of a process in KiB. */
export const memoryOf = (pid: number) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Seconds of processor that all processes of the machine have used. */
export function processorOfAll(): number {
  const [total = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = total
    .trim()
    .split(/ +/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / 100;
}
