import { defineErrors } from '../errors.ts';

/** Errors of the verification report and of the way from it to a sealing key. */
export const verifyError = defineErrors({
  WAX_VERIFY_SKIPPED: 'The check could not run, because what it needs was not there',
  WAX_VERIFY_EVIDENCE_TYPE: 'This build has no verifier for this type of evidence',
  WAX_VERIFY_ENCLAVE: 'The trust domain does not name this service',
  WAX_VERIFY_SERVICE: 'The server says that it is another service than the one that was asked',
  WAX_VERIFY_BINDING: 'The report does not hold the number that this browser chose for this session',
  WAX_VERIFY_BEHIND: 'The approval may be in entries of the log that were not read yet',
  WAX_VERIFY_WIRE: 'The wire parameters are not those of the approved release',
  WAX_VERIFY_MACHINE: 'The machine is not on the list that the log holds',
  WAX_VERIFY_MACHINE_UNKNOWN: 'The evidence does not say which machine it is from',
  WAX_VERIFY_LIFETIME: 'The answer is too old to seal with',
  WAX_VERIFY_CLOCK: 'The two clocks of this computer disagree on how old the answer is',
  WAX_VERIFY_DOMAIN: 'The trust domain was changed after this report was made',
  WAX_VERIFY_REFUSED: 'Not every check passed, so there is no key to seal with',
  WAX_VERIFY_USED: 'The key of this report was used already',
});
