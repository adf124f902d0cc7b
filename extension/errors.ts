import { defineErrors } from '../protocol/errors.ts';

/** Errors of the extension's own parts: messages, grants and the background's store. */
export const extensionError = defineErrors({
  WAX_EXT_SENDER: 'This part of the extension may not send that message',
  WAX_EXT_MESSAGE: 'The message is not in a known form',
  WAX_EXT_TOKEN: 'The frame token is unknown, used or for another tab',
  WAX_EXT_REFUSED: 'The background refused the request',
  WAX_EXT_NOT_GRANTED: 'The browser has not given access to this site',
  WAX_EXT_UNREACHABLE: 'The background did not answer',
  WAX_EXT_DOMAIN: 'There is no trust domain of that name',
  WAX_EXT_DOMAIN_EXISTS: 'There already is a trust domain of that name or for that log',
  WAX_EXT_PRESET: 'That preset does not ask for more than the trust domain does',
  WAX_STORE_CORRUPT: 'A stored record is damaged',
  WAX_STORE_CONFLICT: 'The stored log state changed in the meantime',
  WAX_STORE_UNAVAILABLE: 'The browser did not open the extension’s database',
});
