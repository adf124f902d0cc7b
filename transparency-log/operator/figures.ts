/** Counts and sizes for the operator's pages. @module */
import { statfs } from 'node:fs/promises';
import { memoryUsage, uptime } from 'node:process';
import type { Table } from './page.ts';

interface Refused {
  count: number;
  /** Milliseconds since the epoch. */
  last: number;
}

/** What was refused since the start, by code. There are as many codes as the sources have. */
export class RefusalCount {
  readonly #refused = new Map<string, Refused>();

  add(code: string, now: number): void {
    this.#refused.set(code, { count: (this.#refused.get(code)?.count ?? 0) + 1, last: now });
  }

  /** The newest first. */
  table(now: number): Table {
    const rows = [...this.#refused]
      .sort(([, a], [, b]) => b.last - a.last)
      .map(([code, { count, last }]) => [code, count.toLocaleString('en'), ago(last, now)]);
    return { title: 'Refused since the start', none: 'Nothing.', columns: ['Code', 'Times', 'Last'], rows };
  }
}

const UNITS: readonly [number, string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
];

export function span(ms: number): string {
  const [unit, name] = UNITS.find(([each]) => ms >= each) ?? [1000, 'second'];
  const count = Math.floor(ms / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

export const ago = (at: number, now: number): string =>
  now - at < 1000 ? 'just now' : `${span(now - at)} ago`;

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** What this machine has left. */
export async function machineFacts(folder: string | null): Promise<[string, string][]> {
  const facts: [string, string][] = [
    ['Running for', span(1000 * uptime())],
    ['Memory', `${Math.round(memoryUsage.rss() / 2 ** 20)} MiB`],
  ];
  if (folder === null) return facts;
  const disk = await statfs(folder).catch(() => null);
  const free = disk && `${gibibytes(disk.bavail * disk.bsize)} of ${gibibytes(disk.blocks * disk.bsize)}`;
  return [['Disk free', free ?? 'cannot be read'], ...facts];
}
