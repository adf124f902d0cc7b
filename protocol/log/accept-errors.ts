import { defineErrors } from '../errors.ts';

/** Why a client does not go on with what a log shows it, and what can be wrong with the state it keeps. */
export const acceptError = defineErrors({
  WAX_ACCEPT_FORK: 'The log has signed two trees that cannot both be true',
  WAX_ACCEPT_PIN: 'The log contradicts the size and root that the trust domain pins',
  WAX_ACCEPT_UNCOMPARED: 'What is known of the log was not compared yet with what a newer build pins',
  WAX_ACCEPT_ROLLBACK: 'The log shows a smaller tree than it has shown before',
  WAX_ACCEPT_SIGNATURE: 'The checkpoint is not signed by the log, or a signature in it is bad',
  WAX_ACCEPT_QUORUM: 'Too few witnesses have cosigned the checkpoint',
  WAX_ACCEPT_AGE: 'The newest cosignatures are too old',
  WAX_ACCEPT_CLOCK: 'The clock of this computer and the witnesses disagree about the time',
  WAX_ACCEPT_UPDATE: 'The log holds a statement that only a newer version understands',
  WAX_ACCEPT_CHECKPOINT: 'What the log serves as its checkpoint is not one',
  WAX_ACCEPT_ENTRIES: 'The entries that the log serves do not add up to the root that it signed',
  WAX_STATE_CORRUPT: 'The stored state of the log is damaged or of another version',
  WAX_STATE_DOMAIN: 'The stored state belongs to another log or contradicts the trust domain',
});
