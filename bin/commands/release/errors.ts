import { defineErrors } from '../../../protocol/errors.ts';

/** Errors of `waxseal release` and `waxseal trust`. */
export const releaseCommandError = defineErrors({
  WAX_RELEASECMD_OPTION: 'A needed option is missing or malformed',
  WAX_RELEASECMD_FILE: 'The file cannot be read',
  WAX_RELEASECMD_EXISTS: 'There is a file of that name already',
  WAX_RELEASECMD_LOG: 'The log could not be brought up to date, so nothing was drafted',
  WAX_RELEASECMD_ENTRY: 'The log holds no such entry that could be taken back or renewed',
  WAX_RELEASECMD_CONFIRM: 'Nobody is there to confirm; add --yes if this is meant',
  WAX_RELEASECMD_DECLINED: 'Not signed',
});
