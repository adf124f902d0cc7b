/**
 * What every kind of statement has in common: fields of its own, and a subject that follows from them.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8 } from '../../bytes.ts';
import type { JsonValue } from '../../json.ts';
import { statementError } from '../statement-errors.ts';

/** The fields that every predicate has. Times are milliseconds since 1970. */
export interface StatementBase {
  /** Origin of the log that this was signed for. */
  log: string;
  /** Hex SHA-256 of the policy entry it was signed under; null only for the first policy of a log. */
  policy: string | null;
  notBefore: number;
  /** A client that does not know the kind must not seal while this stands. */
  critical: boolean;
}

/** The one artefact that an in-toto statement of ours is about. */
export interface Subject {
  name: string;
  /** Hex. */
  sha256: string;
}

type Predicate = { [key: string]: JsonValue | undefined };

/** How one kind of statement is read out of a predicate and written into one. */
export interface Kind<Fields> {
  /** Keys of the predicate besides the common ones. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Narrows the fields, or throws WAX_JSON_SHAPE or WAX_STATEMENT_*. */
  read(predicate: Predicate, base: StatementBase): Fields;
  write(fields: Fields): { [key: string]: JsonValue };
  subject(fields: Fields, base: StatementBase): Subject;
}

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** RFC 3339 in UTC with whole seconds, the inverse of `readTime`. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** The subject of a statement that is about the log itself. */
export function logSubject(log: string): Subject {
  return { name: log, sha256: toHex(sha256(utf8(log))) };
}

/** Refuses an end before the beginning and a period above `days`. */
export function requirePeriod(notBefore: number, expires: number, days: number): void {
  if (expires <= notBefore) throw statementError('WAX_STATEMENT_VALIDITY', 'expires before it begins');
  if (expires - notBefore > days * DAY)
    throw statementError('WAX_STATEMENT_VALIDITY', `at most ${days} days`);
}
