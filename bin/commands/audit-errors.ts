import { defineErrors } from '../../protocol/errors.ts';

/** Errors of the command line of `waxseal audit`. */
export const auditCommandError = defineErrors({
  WAX_AUDITCOMMAND_OPTION: 'A needed option is missing or malformed',
  WAX_AUDITCOMMAND_FILE: 'The file cannot be read',
  WAX_AUDITCOMMAND_NOTICE: 'There is a finding, and somebody could not be told of it',
  WAX_AUDITCOMMAND_OTHER_LIST: 'The list is not the one that the release names',
  WAX_AUDITCOMMAND_OTHER_LOG: 'The file is about another log, or one with another key',
});
