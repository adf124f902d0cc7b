import { defineErrors } from '../../../protocol/errors.ts';

/** Errors of the command line of `waxseal evidence`. */
export const evidenceCommandError = defineErrors({
  WAX_EVIDENCE_REQUEST: 'The request is malformed',
  WAX_EVIDENCE_MEASUREMENT: 'The measurement is not the expected one',
});
