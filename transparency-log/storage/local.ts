import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HashColumn, MemoryColumn } from '../hash-column.ts';
import { diskError } from './disk-errors.ts';
import { FileColumn } from './file-column.ts';
import { openFileStore, type WriteStep } from './files.ts';
import { openEntryStore } from './sqlite.ts';
import type { Storage } from './storage.ts';

/** Levels of the tree that are kept in files: those above have a 256th of an entry's hash for each. */
const FILED_LEVELS = 8;

/** Makes the columns of a tree whose hashes lie in files in this folder. */
export function columnsIn(folder: string): (level: number) => HashColumn {
  return (level) =>
    level < FILED_LEVELS ? new FileColumn(join(folder, `hashes-${level}`)) : new MemoryColumn();
}

/** The default storage: `log.db` and `public/` in one folder, both on one disk. */
export async function openLocalStorage(folder: string, onStep?: (step: WriteStep) => void): Promise<Storage> {
  try {
    await mkdir(folder, { recursive: true });
    // SQLite calls a read-only disk an I/O error of its lock; the operator should read what it is.
    await access(folder, constants.W_OK);
    // The database first: its lock decides whether this process may touch the folder at all.
    const entries = openEntryStore(join(folder, 'log.db'));
    const temporary = join(folder, 'temporary');
    const files = await openFileStore(join(folder, 'public'), temporary, onStep);
    return { entries, files, newColumn: columnsIn(temporary) };
  } catch (cause) {
    throw diskError(cause);
  }
}
