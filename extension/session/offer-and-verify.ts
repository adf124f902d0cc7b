/**
 * One offer, and the verdict on its answer.
 * @module
 */
import type { VerificationReport } from '../../protocol/report.ts';
import { parseAnswer } from '../../protocol/session/answer.ts';
import type { Clock } from '../../protocol/session/client-session.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import { type Surroundings, verifyAnswer } from '../../protocol/verify.ts';
import { type Service, type ServiceFailure, sendOffer } from './enclave-client.ts';
import { routeTo } from './route.ts';

/** What a verification needs of the world. */
export interface Verification {
  service: Service;
  clock: Clock;
  /**
   * The trust domain and its log as they are now; called before every verification and every Send. It brings
   * the log up to date if that was long ago, or if the log is known to have fewer than `leastSize` entries.
   */
  look: (wanted: { leastSize: number; signal?: AbortSignal }) => Promise<Surroundings>;
  /** Access token for offers, where the operator wants one. */
  token?: () => string | undefined;
}

/** How far the log must be known before the answer can be judged; what it says is only a reason to look. */
function sizeHint(answerBody: Uint8Array): number {
  try {
    return parseAnswer(answerBody).logSizeHint;
  } catch {
    return 0;
  }
}

const sizeOf = ({ log }: Surroundings): number => log.state?.checkpoint?.size ?? 0;

/** The program that runs there stands in no release that we know of. */
const isUnknown = ({ rows }: VerificationReport): boolean =>
  rows.some(({ code }) => code === 'WAX_RELEASE_UNKNOWN' || code === 'WAX_RELEASE_PARTIAL');

/**
 * Looks at the log, asks the service for a session and judges its answer; a log that is shorter than the answer
 * says, or knows nothing of the program, is looked at again first.
 * @returns the report, passed or not, or why there was no answer
 * @throws the reason of `signal`, and whatever `look` throws
 */
export async function offerAndVerify(
  { service, clock, look, token }: Verification,
  signal: AbortSignal,
  onStep: (step: 'log' | 'asking' | 'verifying') => void,
): Promise<VerificationReport | ServiceFailure> {
  onStep('log');
  const before = await look({ leastSize: 0, signal });
  signal.throwIfAborted();
  onStep('asking');
  const offer = createOffer();
  const sentAt = { now: clock.now(), monotonic: clock.monotonic() };
  const bearer = token?.();
  const result = await sendOffer(routeTo(service, before.domain), offer.body, {
    signal,
    ...(bearer !== undefined && { token: bearer }),
  });
  if (!result.ok) return { error: result.error, retryAfterS: result.retryAfterS };
  onStep('verifying');
  const { answerBody } = result;
  const leastSize = sizeHint(answerBody);
  const now = leastSize > sizeOf(before) ? await look({ leastSize, signal }) : before;
  const exchange = { offer, answerBody, service: service.origin, sentAt };
  const report = await verifyAnswer(exchange, now);
  if (!isUnknown(report)) return report;
  // Its approval may be newer than our copy of the log, without an answer that says so: no reason for an alarm.
  const newest = await look({ leastSize: sizeOf(now) + 1, signal });
  return sizeOf(newest) > sizeOf(now) ? verifyAnswer(exchange, newest) : report;
}
