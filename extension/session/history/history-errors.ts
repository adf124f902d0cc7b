import { defineErrors } from '../../../protocol/errors.ts';

/** Errors of the encrypted history. None holds a word of a chat or of a passphrase. */
export const historyError = defineErrors({
  WAX_HISTORY_PASSPHRASE: 'This passphrase does not open the history',
  WAX_HISTORY_SHORT: 'The passphrase is too short',
  WAX_HISTORY_DAMAGED: 'A part of the stored history is damaged, missing, or older than it should be',
  WAX_HISTORY_CHANGED: 'The history was locked, deleted or given another passphrase elsewhere',
  WAX_HISTORY_FULL: 'The chat is too long to be kept',
  WAX_HISTORY_UNAVAILABLE: 'The browser did not open the history’s database',
  WAX_HISTORY_PRIVATE: 'Private windows keep no history',
});
