import { defineErrors } from '../../protocol/errors.ts';

/** Errors of the command line of `waxseal relay`. */
export const relayCommandError = defineErrors({
  WAX_RELAYCOMMAND_OPTION: 'An option is malformed',
});
