import { defineErrors } from '../protocol/errors.ts';

/** Errors of the commands that talk to an enclave. */
export const clientCommandError = defineErrors({
  WAX_CLIENTCOMMAND_OPTION: 'A needed option is missing or malformed',
  WAX_CLIENTCOMMAND_FILE: 'A file cannot be read or written',
});
