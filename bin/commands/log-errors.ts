import { defineErrors } from '../../protocol/errors.ts';

/** Errors of `waxseal log …`. */
export const logCommandError = defineErrors({
  WAX_LOGCOMMAND_OPTION: 'A needed option is missing or malformed',
  WAX_LOGCOMMAND_QUORUM: 'Too few witnesses have signed the checkpoint of the log',
  WAX_LOGCOMMAND_GROUPS:
    'The log asks for groups of witnesses, and a trust domain can only ask for any so many of them',
  WAX_LOGCOMMAND_POLICY: 'The file is not a signed first policy for this origin',
});
