import { defineErrors } from '../../protocol/errors.ts';

/** Why an enclave service could not be used. None of these says anything about who answered. */
export const serviceError = defineErrors({
  WAX_SERVICE_UNREACHABLE: 'The service could not be reached',
  WAX_SERVICE_TIMEOUT: 'The service did not answer in time',
  WAX_SERVICE_REFUSED: 'The service refused the message',
  WAX_SERVICE_TOKEN: 'The service wants an access token, or another one',
  WAX_SERVICE_BUSY: 'The service asks for fewer requests',
  WAX_SERVICE_UNAVAILABLE: 'The service has no room for another session at the moment',
  WAX_SERVICE_STATUS: 'The service answered with a status that the protocol does not know',
  WAX_SERVICE_SIZE: 'The answer of the service is longer than allowed',
});
