import { defineErrors } from '../../protocol/errors.ts';

/** Why a file of the log could not be had. None of these says that the log did anything wrong. */
export const syncError = defineErrors({
  WAX_SYNC_UNREACHABLE: 'The log did not answer',
  WAX_SYNC_TIMEOUT: 'The log took too long to answer',
  WAX_SYNC_STATUS: 'The log answered with a status other than 200',
  WAX_SYNC_RANGE: 'The log answered with another part of the file than was asked for',
  WAX_SYNC_SIZE: 'The log sent more than the file may have',
  WAX_SYNC_MALFORMED: 'A file of the log is not in the form it must have',
});
