import { defineErrors } from '../protocol/errors.ts';

/** Why a relay carries something no further. None of these says anything about what was in it. */
export const relayError = defineErrors({
  WAX_RELAY_SERVICES: 'The list of services that the relay is to carry is not usable',
  WAX_RELAY_PATH: 'The path is not one that a relay carries',
  WAX_RELAY_SERVICE: 'The relay does not carry this service',
  WAX_RELAY_METHOD: 'The method is not one that a relay carries',
  WAX_RELAY_FORM: 'The request has another type or length than the protocol allows',
  WAX_RELAY_BUSY: 'The relay has no room for another request at the moment',
  WAX_RELAY_UNREACHABLE: 'The service could not be reached, or broke off before it answered',
  WAX_RELAY_TIMEOUT: 'The service did not take the request or answer it in time',
  WAX_RELAY_ANSWER: 'The service answered in a form that the protocol does not know',
});
