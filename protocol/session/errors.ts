import { defineErrors } from '../errors.ts';

/** Errors of the sealed session (wire-format.md B1 to B8), on both ends. */
export const sessionError = defineErrors({
  WAX_SESSION_OFFER: 'The offer does not have the fixed form of protocol waxseal/1',
  WAX_SESSION_ANSWER: 'The answer does not have the form of protocol waxseal/1',
  WAX_SESSION_ANSWER_SIZE: 'The answer or one of its sections is longer than allowed',
  WAX_SESSION_ENDORSEMENTS: 'The answer does not carry exactly the endorsements of its evidence type',
  WAX_SESSION_BOUNDS: 'A lifetime or limit of the session is outside what the protocol allows',
  WAX_SESSION_STATEMENT: 'The runtime statement does not have the form of protocol waxseal/1',
  WAX_SESSION_BATCH: 'The batch cannot hold this slot or this number of leaves',
  WAX_SESSION_HPKE: 'The key encapsulation failed',
  WAX_SESSION_NATIVE_HPKE: 'This runtime has no working native X-Wing, which a server must have',
  WAX_SESSION_UNVERIFIED: 'The answer was not verified, or was sealed to already',
  WAX_SESSION_ERASED: 'The key was used up and erased',
  WAX_SESSION_REQUEST: 'The sealed request does not have the form of protocol waxseal/1',
  WAX_SESSION_REQUEST_SIZE: 'The request is longer than this session allows',
  WAX_SESSION_REQUEST_OPEN: 'The request does not open under the keys of this turn',
  WAX_SESSION_REQUEST_PADDING: 'The padding of the request is not the one that the protocol prescribes',
  WAX_SESSION_REQUEST_BODY: 'The request inside the seal names something unknown or malformed',
  WAX_SESSION_TURN: 'This is not the turn that the session expects now',
  WAX_SESSION_RECORD: 'A record does not have the form of protocol waxseal/1',
  WAX_SESSION_RECORD_OPEN: 'A record does not open under the keys of this turn',
  WAX_SESSION_RECORD_ORDER: 'A record comes where the protocol does not allow it',
  WAX_SESSION_EVENT: 'The reply holds an event that is malformed or not known',
  WAX_SESSION_MODEL: 'The reply names a model that the runtime statement does not list',
  WAX_SESSION_REPLY_SIZE: 'The reply does not fit the records that a turn may have',
  WAX_SESSION_OVER: 'The session has ended; a new one must be verified first',
});
