import { defineErrors } from '../../protocol/errors.ts';

/** Errors of the command line of `waxseal witness`. */
export const witnessCommandError = defineErrors({
  WAX_WITNESSCOMMAND_OPTION: 'A needed option is missing or malformed',
  WAX_WITNESSCOMMAND_NAME: 'The key file holds the key of a witness with another name',
});
