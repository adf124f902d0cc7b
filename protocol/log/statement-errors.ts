import { defineErrors } from '../errors.ts';

/** Errors of log entries: their envelopes, the statements in them, and who may make which. */
export const statementError = defineErrors({
  WAX_STATEMENT_SIZE: 'The entry is longer than 16 KiB',
  WAX_STATEMENT_ENVELOPE: 'The entry is not an envelope in the one form that the log takes',
  WAX_STATEMENT_FORM: 'The payload is not a statement of the shape that its kind demands',
  WAX_STATEMENT_KIND: 'The statement is of a kind that this version does not know',
  WAX_STATEMENT_VALIDITY: 'The statement is valid for no time, or for longer than its kind may be',
  WAX_STATEMENT_LOG: 'The statement was signed for another log',
  WAX_STATEMENT_GENESIS: 'The first entry is not the policy that the trust domain pins',
  WAX_STATEMENT_POLICY: 'The statement was signed under a policy that is not in force',
  WAX_STATEMENT_STALE: 'The statement is dated more than 7 days before what the log already holds',
  WAX_STATEMENT_CLOCK: 'The statement is dated more than 7 days from now',
  WAX_STATEMENT_SIGNATURE: 'A signature by a publisher does not verify',
  WAX_STATEMENT_THRESHOLD: 'Too few publishers have signed',
  WAX_STATEMENT_DUPLICATE: 'The log already holds this statement',
  WAX_STATEMENT_TARGET: 'The statement revokes an entry that is not in force under that index and hash',
  WAX_STATEMENT_CLOSED: 'The log was closed before this entry',
});
