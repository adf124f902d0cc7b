import { defineErrors } from '../../protocol/errors.ts';

/** Errors of `waxseal enclave staple`. */
export const stapleError = defineErrors({
  WAX_STAPLE_ADMIN: 'The enclave server does not answer at its admin address',
  WAX_STAPLE_VENDOR: 'The chip maker does not give what was asked for',
  WAX_STAPLE_EVIDENCE: 'The evidence is not of a machine that needs endorsements',
  WAX_STAPLE_REFUSED: 'The endorsements do not fit the evidence',
});
