import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskError } from './disk-errors.ts';
import type { FileStore, StaticFile } from './storage.ts';

/** Points inside one durable write, in order. */
export type WriteStep = 'temporary-written' | 'renamed' | 'folder-synced';

const isMissing = (error: unknown) =>
  error instanceof Error && 'code' in error && /^(ENOENT|ENOTDIR|EISDIR)$/.test(String(error.code));

/** A folder's entries are durable only once the folder itself was synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and its parents, and syncs the parent of each one made. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Static files in a local folder: each is written under a temporary name, synced, renamed, and its folder
 * synced. Temporary files lie in `temporary`, on the same file system but outside what readers can reach.
 */
export async function openFileStore(
  root: string,
  temporary: string,
  onStep: (step: WriteStep) => void = () => {},
): Promise<FileStore> {
  await rm(temporary, { recursive: true, force: true });
  await makeFolder(temporary);
  await makeFolder(root);
  let counter = 0;

  async function writeAll(files: readonly StaticFile[]): Promise<void> {
    const drafts = files.map(({ path, bytes }) => {
      const target = join(root, path);
      return { bytes, target, folder: dirname(target), draft: join(temporary, String(counter++)) };
    });
    const folders = [...new Set(drafts.map(({ folder }) => folder))];
    // Side by side, as each waits for the disk, and then for its turn among the requests that came meanwhile.
    await Promise.all(folders.map(makeFolder));
    await Promise.all(
      drafts.map(({ draft, bytes }) => writeSynced(draft, bytes).then(() => onStep('temporary-written'))),
    );
    await Promise.all(drafts.map(({ draft, target }) => rename(draft, target).then(() => onStep('renamed'))));
    await Promise.all(folders.map(syncFolder));
    onStep('folder-synced');
  }

  return {
    write: (files) =>
      writeAll(files).catch((cause) => {
        throw diskError(cause);
      }),
    read: (path) =>
      readFile(join(root, path)).catch((cause) => {
        if (isMissing(cause)) return null;
        throw diskError(cause);
      }),
    removeFolder: (path) =>
      rm(join(root, path), { recursive: true, force: true }).catch((cause) => {
        throw diskError(cause);
      }),
  };
}
