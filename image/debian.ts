/** Packages of Debian: fetched from the archive that this machine uses, checked against the pins, unpacked. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { imageError } from './errors.ts';
import type { DebianPackage } from './pins.ts';

const run = promisify(execFile);

export interface FetchOptions {
  /** Folder that keeps what was fetched. */
  readonly cache: string;
  /** Root of a Debian archive; null asks apt for the one that this machine uses. */
  readonly mirror: string | null;
  /** Take only what the cache has. */
  readonly offline: boolean;
}

async function archives(mirror: string | null): Promise<string[]> {
  if (mirror !== null) return [mirror];
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)']).catch((cause) => {
    throw imageError('WAX_IMAGE_TOOL', 'apt-get, which names the archive; or give --mirror', { cause });
  });
  return [...new Set(stdout.split('\n').filter((line) => line !== ''))];
}

async function download({ path, name }: DebianPackage, { mirror }: FetchOptions): Promise<Uint8Array> {
  for (const root of await archives(mirror)) {
    const response = await fetch(new URL(path, root.endsWith('/') ? root : `${root}/`)).catch(() => null);
    if (response?.ok) return new Uint8Array(await response.arrayBuffer());
  }
  throw imageError('WAX_IMAGE_FETCH', `${name}; an archive that keeps old versions can be named by --mirror`);
}

/** The package's file, in the cache. Throws WAX_IMAGE_FETCH, or WAX_IMAGE_INPUT for other bytes than the pinned. */
export async function fetchDebian(wanted: DebianPackage, options: FetchOptions): Promise<string> {
  const kept = join(options.cache, `${wanted.sha256}.deb`);
  const cached: Uint8Array | null = await readFile(kept).catch(() => null);
  if (cached === null && options.offline)
    throw imageError('WAX_IMAGE_FETCH', `${wanted.name} is not in the cache`);
  const bytes = cached ?? (await download(wanted, options));
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== wanted.sha256) {
    await rm(kept, { force: true });
    throw imageError('WAX_IMAGE_INPUT', `${wanted.name}: SHA-256 ${found}, pinned ${wanted.sha256}`);
  }
  if (cached !== null) return kept;
  await mkdir(options.cache, { recursive: true });
  // A name of its own: another build may be fetching the same file.
  const draft = `${kept}.${randomUUID()}`;
  await writeFile(draft, bytes);
  await rename(draft, kept);
  return kept;
}

/** Unpacks the files of a package into `folder`. */
export async function unpackDebian(file: string, folder: string): Promise<void> {
  await run('dpkg-deb', ['--extract', file, folder]).catch((cause) => {
    throw imageError('WAX_IMAGE_TOOL', 'dpkg-deb', { cause });
  });
}
