import { defineErrors } from './errors.ts';

/** Errors of trust domains: the files that say whom to trust. */
export const policyError = defineErrors({
  WAX_POLICY_FORM: 'The file is not a trust domain that this version can read',
  WAX_POLICY_KEY: 'A key in the trust domain is malformed, of the wrong type or used twice',
  WAX_POLICY_DUPLICATE: 'Two parts of the trust domain have the same name',
  WAX_POLICY_RELAY: 'A relay has the address of a service, so it would hide nobody',
  WAX_POLICY_QUORUM: 'Two quorums of these witnesses need not share an honest one',
});
