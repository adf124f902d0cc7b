import { defineErrors } from '../../protocol/errors.ts';

/** Errors of the explorer page, which its visitors read. */
export const explorerError = defineErrors({
  WAX_EXPLORER_UNREACHABLE: 'The log did not answer',
  WAX_EXPLORER_QUORUM: 'Too few witnesses have signed what the log shows',
  WAX_EXPLORER_ROOT: 'The entries do not add up to the root that the log and its witnesses signed',
});
