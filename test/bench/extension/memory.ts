/**
 * What the extension costs while nobody uses it. In Chromium no debugger is attached, since one that is keeps the
 * background alive; the processes are looked at from outside. Linux only.
 */
import { spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromiumArguments, chromiumPath } from '../../../demo/chromium.ts';
import { startFirefox } from '../../support/firefox.ts';

/** The extension opens its first page by itself when it is installed; that page is not idle, so it goes. */
export const closeWelcome = `
  const { id } = await chrome.tabs.getCurrent();
  await chrome.tabs.remove(id);`;

export interface IdleMemory {
  /** Megabytes of its process while the background is awake, and after the browser has put it to sleep. */
  readonly awake: number;
  readonly asleep: number;
  /** Seconds from the start of the browser until then. */
  readonly asleepAfter: number;
  /** Megabytes of a process that shows an empty page. */
  readonly emptyPage: number;
}

/** Proportional share of memory, in megabytes. */
async function shareOf(pid: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
}

/** Memory of the browser's renderers below `profile`, those of extensions apart. */
async function renderers(profile: string): Promise<{ extension: number[]; other: number[] }> {
  const found = { extension: [] as number[], other: [] as number[] };
  const every = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = new Map<string, string>();
  for (const pid of every) lines.set(pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  const parents = new Map<string, string>();
  for (const pid of every) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    parents.set(pid, stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0] ?? '');
  }
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && pid !== '' && (lines.get(pid)?.includes(profile) || isOurs(parents.get(pid)));
  for (const [pid, line] of lines) {
    if (!line.includes('--type=renderer') || !isOurs(pid)) continue;
    (line.includes('--extension-process') ? found.extension : found.other).push(await shareOf(pid));
  }
  return found;
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** Starts Chromium with the extension and waits until its background has been put to sleep. */
export async function idleChromium(extension: string, scratch: string): Promise<IdleMemory> {
  const profile = join(scratch, 'idle-profile');
  const flags = ['--headless=new', '--no-sandbox', `--user-data-dir=${profile}`];
  const child = spawn(chromiumPath() ?? '', [...flags, ...chromiumArguments(extension), 'about:blank'], {
    stdio: 'ignore',
  });
  const began = Date.now();
  let [awake, emptyPage] = [0, 0];
  try {
    for (;;) {
      await pause(1_000);
      const { extension: own, other } = await renderers(profile);
      const asleepAfter = Math.round((Date.now() - began) / 1000);
      // The last look before the end is the one at rest.
      if (own.length > 0) [awake, emptyPage] = [sum(own), Math.min(...other)];
      else if (awake > 0) return { awake, asleep: 0, asleepAfter, emptyPage };
      if (asleepAfter > 180) return { awake, asleep: sum(own), asleepAfter, emptyPage };
    }
  } finally {
    child.kill('SIGTERM');
    await new Promise((done) => child.once('exit', done));
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Megabytes of Firefox's process for extensions, without ours and with it. */
export async function idleFirefox(
  extension: string,
  addonId: string,
  uuid: string,
): Promise<{ without: number; withOurs: number }> {
  const firefox = await startFirefox(addonId, uuid);
  const memory = async () => {
    await pause(8_000);
    const body = `const { children } = await ChromeUtils.requestProcInfo();
      return children.filter(({ type }) => type === 'extension').map(({ memory }) => memory)`;
    return sum((await firefox.run(body, 'chrome')) as number[]) / 1024 / 1024;
  };
  try {
    const without = await memory();
    await firefox.install(extension);
    await firefox.run(
      `Services.wm.getMostRecentWindow('navigator:browser').SidebarController.hide()`,
      'chrome',
    );
    return { without, withOurs: await memory() };
  } finally {
    await firefox.close();
  }
}
