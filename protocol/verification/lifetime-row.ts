import type { Row } from '../report.ts';
import type { Answer } from '../session/answer.ts';
import type { Clock, SentAt } from '../session/client-session.ts';
import { verifyError } from './errors.ts';
import { check, makeRow, skipped } from './row.ts';

/** How far the wall clock may have run ahead of or behind the monotonic one before its time means nothing. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** Milliseconds that are left of a lifetime, by whichever clock has run further: one may pause in sleep. */
function millisecondsLeft(lifetimeS: number, sentAt: SentAt, clock: Clock): number {
  const passed = Math.max(clock.monotonic() - sentAt.monotonic, clock.now() - sentAt.now);
  return lifetimeS * 1000 - passed;
}

/** Row 10: the answer is still fresh, counted from the moment the offer was sent. */
export function checkLifetime(answer: Answer | null, lifetimeS: number, sentAt: SentAt, clock: Clock): Row {
  const left = answer === null ? 0 : millisecondsLeft(lifetimeS, sentAt, clock);
  const about = 'There is time left to use this answer.';
  const steady = 'The clock of this computer was not set back since the offer was sent.';
  const checks =
    answer === null
      ? [skipped('B9.10', about), skipped('B9.10.clock', steady)]
      : [
          check('B9.10', about, () => {
            if (left <= 0) throw verifyError('WAX_VERIFY_LIFETIME');
          }),
          check('B9.10.clock', steady, () => {
            const behind = clock.monotonic() - sentAt.monotonic - (clock.now() - sentAt.now);
            if (behind > CLOCK_SKEW_MS) throw verifyError('WAX_VERIFY_CLOCK');
          }),
        ];
  const minutes = Math.max(0, Math.floor(left / 60_000));
  return makeRow('lifetime', {
    checks,
    passed: `This check is good for ${minutes} more ${minutes === 1 ? 'minute' : 'minutes'}.`,
    failure: () => ({ variant: null, leadsTo: 'stale', sentence: 'This check is too old to seal with.' }),
    evidence: { lifetimeSeconds: lifetimeS, secondsLeft: Math.max(0, Math.floor(left / 1000)) },
  });
}
