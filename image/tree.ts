/** The entries of an archive as files in a folder, to look at and to measure. */
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Entry } from './cpio.ts';

/** Makes `folder` anew with every entry but devices, which only a machine of its own may have. */
export async function writeTree(entries: readonly Entry[], folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const entry of entries) {
    const path = join(folder, entry.path);
    await mkdir(entry.kind === 'folder' ? path : dirname(path), { recursive: true });
    if (entry.kind === 'link') await symlink(entry.target, path);
    if (entry.kind !== 'file') continue;
    if (entry.source instanceof Uint8Array) await writeFile(path, entry.source);
    else await copyFile(entry.source.file, path);
  }
}
