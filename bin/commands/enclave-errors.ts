import { defineErrors } from '../../protocol/errors.ts';

/** Errors of `waxseal enclave …`. */
export const enclaveCommandError = defineErrors({
  WAX_ENCLAVECOMMAND_OPTION: 'A needed option is missing or malformed',
  WAX_ENCLAVECOMMAND_BUNDLE: 'The server has not been built yet (npm run build enclave)',
});
