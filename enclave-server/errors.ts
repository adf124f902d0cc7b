import { defineErrors } from '../protocol/errors.ts';

/** Errors of the enclave server: what stops it from starting, and what ends an offer. */
export const enclaveError = defineErrors({
  WAX_ENCLAVE_CONFIG: 'The configuration file is not one that this server can run',
  WAX_ENCLAVE_ENVIRONMENT: 'The environment holds settings that could change how the enclave behaves',
  WAX_ENCLAVE_MODEL: 'A model file is not the one that the configuration names',
  WAX_ENCLAVE_HPKE: 'This Node.js has no working X-Wing of its own, which the enclave requires',
  WAX_ENCLAVE_NO_ATTESTER: 'This build has no attester for this machine',
  WAX_ENCLAVE_TOKENS: 'The list of access tokens is not one hex SHA-256 digest a line',
  WAX_ENCLAVE_MEASURE: 'A file of the measurement cannot be read',
  WAX_ENCLAVE_OVERLOADED: 'The server has no room for another session at the moment',
  WAX_ENCLAVE_REPORT: 'No hardware report could be had for this offer',
  WAX_ENCLAVE_REPORT_BUSY: 'The report device is busy; it may give a report when it is asked again',
  WAX_ENCLAVE_FIRMWARE:
    'The security processor has failed for good: no report can be had before the machine restarts',
  WAX_ENCLAVE_UNSTAPLED: 'The host has not pushed in the endorsements that go with a report',
  WAX_ENCLAVE_STAPLE: 'What was pushed in is not the endorsements of this kind of machine',
  WAX_ENCLAVE_LINE: 'A process of the server said more at once than a message of it can have',
  WAX_ENCLAVE_OPTION: 'A command-line option is malformed',
});
