import { defineErrors } from '../../protocol/errors.ts';

/** Errors of the witness server and of those who ask witnesses. */
export const witnessError = defineErrors({
  WAX_WITNESS_UNKNOWN_LOG: 'This witness does not know the log',
  WAX_WITNESS_UNTRUSTED: 'The checkpoint has no valid signature by a key known for the log',
  WAX_WITNESS_OLD_SIZE: 'The old size is larger than the size of the checkpoint',
  WAX_WITNESS_CONFLICT: 'The old size is not the size recorded last',
  WAX_WITNESS_INCONSISTENT: 'The checkpoint is not shown to extend the one recorded last',
  WAX_WITNESS_RATE: 'The log has used up its requests for today',
  WAX_WITNESS_LOG_LIST: 'The list of logs is not in the form logs/v0',
  WAX_WITNESS_LOG_TWICE: 'A log is listed twice with the same key',
  WAX_WITNESS_UNREACHABLE: 'The witness cannot be reached',
  WAX_WITNESS_REFUSED: 'The witness refused the checkpoint',
  WAX_WITNESS_AHEAD: 'The witness has recorded a larger tree than the one submitted',
  WAX_WITNESS_BAD_ANSWER: 'The answer holds no valid cosignature by the witness on this checkpoint',
  WAX_WITNESS_CLOCK: 'The cosignature is dated more than five minutes off',
});
