import { defineErrors } from '../protocol/errors.ts';

/** Errors of the log server: what it refuses to start on, and what it answers to submissions. */
export const serverError = defineErrors({
  WAX_LOGSERVER_FOREIGN_KEY: 'This log was begun with another signing key',
  WAX_LOGSERVER_ORIGIN: 'This log was begun under another origin',
  WAX_LOGSERVER_POLICY: 'This log was begun with another policy entry',
  WAX_LOGSERVER_BEHIND:
    'The database is behind a checkpoint that was published or witnessed; it was restored from a backup',
  WAX_LOGSERVER_TWO_ROOTS: 'A second root for one size would be signed; the log must not go on',
  WAX_LOGSERVER_DAMAGED: 'The database does not agree with what this log signed',
  WAX_LOGSERVER_LOCKED: 'Another process has this log open',
  WAX_LOGSERVER_FORMAT: 'The folder was written by another version of this program',
  WAX_LOGSERVER_DISK_READ_ONLY: 'The folder of the log cannot be written to',
  WAX_LOGSERVER_DISK_FULL: 'The disk of the log is full',
  WAX_LOGSERVER_DISK: 'The disk of the log reports an error',
  WAX_LOGSERVER_NO_QUORUM:
    'Too few witnesses answered, so nothing is signed and the log is read-only for now',
  WAX_LOGSERVER_HALTED: 'The log stopped accepting entries; its operator must look into it',
  WAX_LOGSERVER_STOPPING: 'The log is shutting down',
  WAX_LOGSERVER_BUSY: 'Too many submissions are waiting',
  WAX_LOGSERVER_FULL: 'The log has reached its last size; its successor takes new entries',
  WAX_LOGSERVER_CLOSED: 'The log was closed by a log-closed entry; its successor takes new entries',
  WAX_LOGSERVER_NO_SUCH_ENTRY: 'The log has no such entry',
  WAX_LOGSERVER_NO_SUCH_PATH: 'There is nothing under this address',
  WAX_LOGSERVER_REQUEST: 'The request is not in the documented form',
  WAX_LOGSERVER_RATE: 'Too many submissions from this address were refused',
  WAX_LOGSERVER_TOO_LARGE: 'The entry is larger than this log accepts',
  WAX_LOGSERVER_MEDIA_TYPE: 'The entry must be sent as application/json',
  WAX_LOGSERVER_INTERNAL: 'Something in the log server failed',
  WAX_LOGSERVER_CONFIG: 'The configuration of the log is not in the documented form',
});
