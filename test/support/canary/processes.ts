/** What anybody on a machine can see of a process and of those that it has started. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Canaries, Find } from './canary.ts';

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It has ended in the meantime.
    return '';
  }
};

/** Ids of a process and of all below it. */
export function processTree(root: number): number[] {
  const children = read(`/proc/${root}/task/${root}/children`).trim();
  return [root, ...(children === '' ? [] : children.split(' ').flatMap((id) => processTree(Number(id))))];
}

/** Regular files that a process has open for writing. */
function writableFiles(id: number): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(`/proc/${id}/fd`);
  } catch {}
  return names.flatMap((fd) => {
    const flags = /flags:\s+(\d+)/.exec(read(`/proc/${id}/fdinfo/${fd}`))?.[1] ?? '0';
    if ((Number.parseInt(flags, 8) & 3) === 0) return [];
    try {
      const target = readlinkSync(`/proc/${id}/fd/${fd}`);
      return /^(\/dev\/null|anon_inode:|socket:|pipe:)/.test(target) ? [] : [target];
    } catch {
      return [];
    }
  });
}

export interface ProcessWatch {
  found: Find[];
  /** Files, other than the server's own output, that a process has had open for writing. */
  written: Set<string>;
  looks: number;
  stop(): void;
}

/** Looks at arguments, environment, name and open files of a process tree again and again. */
export function watchProcesses(root: number, canaries: Canaries, everyMs = 100): ProcessWatch {
  const watch: ProcessWatch = { found: [], written: new Set(), looks: 0, stop: () => clearInterval(timer) };
  const look = () => {
    watch.looks++;
    for (const id of processTree(root)) {
      for (const file of ['cmdline', 'environ', 'comm', 'status']) {
        watch.found.push(
          ...canaries.search(`${file} of a process`, Buffer.from(read(`/proc/${id}/${file}`), 'latin1')),
        );
      }
      for (const path of writableFiles(id)) watch.written.add(path);
    }
  };
  const timer = setInterval(look, everyMs);
  look();
  return watch;
}
