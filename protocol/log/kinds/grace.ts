/**
 * `grace`: for at most 30 days, platforms that one named TCB event has put out of date are tolerated, and
 * shown as "hardware patch pending". It never tolerates a revoked TCB.
 * @module
 */
import { readOneOf, readString, readTime } from '../../shape.ts';
import { formatTime, type Kind, logSubject, requirePeriod } from './kind.ts';
import { type Platform, platforms } from './release.ts';

export interface GraceFields {
  expires: number;
  platform: Platform;
  /** The vendor's name of the event, such as "INTEL-TCB-R-20". */
  event: string;
  reason: string;
}

const MAX_DAYS = 30;

export const grace: Kind<GraceFields> = {
  required: ['expires', 'platform', 'event', 'reason'],
  optional: [],
  read(predicate, { notBefore }) {
    const expires = readTime(predicate.expires, 'expires');
    requirePeriod(notBefore, expires, MAX_DAYS);
    return {
      expires,
      platform: readOneOf(predicate.platform, 'platform', platforms),
      event: readString(predicate.event, 'event', { most: 64 }),
      reason: readString(predicate.reason, 'reason', { most: 500 }),
    };
  },
  write: ({ expires, platform, event, reason }) => ({
    expires: formatTime(expires),
    platform,
    event,
    reason,
  }),
  subject: (_, { log }) => logSubject(log),
};
