import { defineErrors } from '../errors.ts';

/** Why a program that is running somewhere is not covered by a live release. */
export const releaseError = defineErrors({
  WAX_RELEASE_UNKNOWN: 'No release in the log has this measurement',
  WAX_RELEASE_PARTIAL: 'A release has this measurement, but not together with all the rest',
  WAX_RELEASE_NOT_YET: 'The release is not valid yet',
  WAX_RELEASE_REVOKED: 'The release was revoked',
  WAX_RELEASE_SUPERSEDED: 'The release was superseded',
  WAX_RELEASE_EXPIRED: 'The release has expired',
  WAX_RELEASE_RETIRED: 'A newer version has retired the release',
});
