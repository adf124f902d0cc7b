/**
 * `status`: takes an earlier statement back for good, named by entry index and statement hash. The
 * measurement in it may be approved again only by a new statement.
 * @module
 */
import { readHex, readInteger, readOneOf, readString } from '../../shape.ts';
import type { Kind } from './kind.ts';

export interface StatusFields {
  action: 'revoke' | 'supersede';
  /** Index of the entry that is taken back. */
  index: number;
  /** Hex SHA-256 of that entry's payload. */
  statementSha256: string;
  reason: string;
}

export const status: Kind<StatusFields> = {
  required: ['action', 'index', 'statementSha256', 'reason'],
  optional: [],
  read: (predicate) => ({
    action: readOneOf(predicate.action, 'action', ['revoke', 'supersede']),
    index: readInteger(predicate.index, 'index', 1),
    statementSha256: readHex(predicate.statementSha256, 'statementSha256', 32),
    reason: readString(predicate.reason, 'reason', { most: 500 }),
  }),
  write: ({ action, index, statementSha256, reason }) => ({ action, index, statementSha256, reason }),
  subject: ({ index, statementSha256 }) => ({ name: `entry ${index}`, sha256: statementSha256 }),
};
