import { defineErrors } from '../../protocol/errors.ts';

/** What an audit finds, and what keeps it from finding out. */
export const auditError = defineErrors({
  WAX_AUDIT_UNREACHABLE: 'Something that the audit needs cannot be reached',
  WAX_AUDIT_MISSING: 'The log does not serve a file that its checkpoint promises',
  WAX_AUDIT_BUNDLE: 'An entry bundle is not in the form of the standard',
  WAX_AUDIT_ROOT: 'The entries do not add up to the root that the log signed',
  WAX_AUDIT_ORACLE: 'The second implementation of the tree comes to another result',
  WAX_AUDIT_TILE: 'A tile does not hold the hashes that the entries lead to',
  WAX_AUDIT_POLICY: 'The checkpoint is not valid under the witness policy of the auditor',
  WAX_AUDIT_PIN: 'The log contradicts the size and root that the trust domain pins',
  WAX_AUDIT_UNAUTHORISED: 'The log holds entries that it should not have accepted',
  WAX_AUDIT_NOT_UNDERSTOOD: 'The log holds critical entries that only a newer version understands',
  WAX_AUDIT_ROLLBACK: 'The log shows a smaller tree than before',
  WAX_AUDIT_UNKNOWN_PAST: 'Whether the log extends what was seen before cannot be told without its entries',
  WAX_AUDIT_FORK: 'The log has signed two trees that cannot both be true',
  WAX_AUDIT_WITNESS_AHEAD: 'A witness has seen a larger tree than the log shows',
  WAX_AUDIT_SEARCH: 'The search of the log does not show what its entries say',
  WAX_AUDIT_STATE: 'The state file is damaged or belongs to another log',
  WAX_AUDIT_EVIDENCE: 'The file is not evidence in a known form',
  WAX_AUDIT_EVIDENCE_REFUTED: 'The evidence does not prove what it claims',
});
