import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError } from './disk-errors.ts';
import { openFileStore, type WriteStep } from './files.ts';
import { openEntryStore } from './sqlite.ts';
import type { Storage } from './storage.ts';

/** The default storage: `log.db` and `public/` in one folder, both on one disk. */
export async function openLocalStorage(folder: string, onStep?: (step: WriteStep) => void): Promise<Storage> {
  try {
    await mkdir(folder, { recursive: true });
    // SQLite calls a read-only disk an I/O error of its lock; the operator should read what it is.
    await access(folder, constants.W_OK);
    // The database first: its lock decides whether this process may touch the folder at all.
    const entries = openEntryStore(join(folder, 'log.db'));
    const files = await openFileStore(join(folder, 'public'), join(folder, 'temporary'), onStep);
    return { entries, files };
  } catch (cause) {
    throw diskError(cause);
  }
}
