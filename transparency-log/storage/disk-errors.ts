import { CodedError } from '../../protocol/errors.ts';
import { serverError } from '../errors.ts';

type DiskCode = Parameters<typeof serverError>[0];

const CODES: readonly [RegExp, DiskCode][] = [
  [/^(EROFS|EACCES|EPERM|SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM)/, 'WAX_LOGSERVER_DISK_READ_ONLY'],
  [/^(ENOSPC|EDQUOT|EFBIG|SQLITE_FULL)/, 'WAX_LOGSERVER_DISK_FULL'],
  [/^(SQLITE_BUSY|SQLITE_LOCKED)/, 'WAX_LOGSERVER_LOCKED'],
  [/^(SQLITE_CORRUPT|SQLITE_NOTADB|SQLITE_CONSTRAINT)/, 'WAX_LOGSERVER_DAMAGED'],
  [/^(E[A-Z]+$|SQLITE_)/, 'WAX_LOGSERVER_DISK'],
];

/** Turns what the file system or SQLite threw into a coded error; coded errors pass through unchanged. */
export function diskError(cause: unknown): CodedError {
  if (cause instanceof CodedError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known = CODES.find(([pattern]) => pattern.test(code));
  return serverError(known?.[1] ?? 'WAX_LOGSERVER_INTERNAL', code, { cause });
}
