/**
 * The trust domain and its log as a verification needs them: asked of the background each time, and read
 * again here. The log is brought up to date where the copy is old, short, missing or not compared with the pin.
 * @module
 */
import { isHeldAgainstPin } from '../../protocol/log/accept.ts';
import type { Surroundings } from '../../protocol/verify.ts';
import { ask } from '../ask.ts';
import { extensionError } from '../errors.ts';
import { choices, type HeldLog, readLog, readTrust } from './trust.ts';
import { verifiers } from './verifiers.ts';

/** The two clocks of this document. */
export const clock = { now: () => Date.now(), monotonic: () => performance.now() };

export interface LookOptions {
  readonly service: string;
  /** Told what was found, before it is used. */
  onLog(log: HeldLog): void;
}

/** A `look` for `ChatSession`, over the background. */
export function createLook({ service, onLog }: LookOptions) {
  return async ({ leastSize }: { leastSize: number }): Promise<Surroundings> => {
    const choice = choices(await readTrust()).find(({ enclave }) => enclave.service === service);
    if (!choice) throw extensionError('WAX_EXT_DOMAIN', service);
    const { domain, importedAt, demands } = choice;
    let log = readLog(await ask('log/get', { domain: domain.name }), domain);
    const age = log.answeredAt === null ? Number.POSITIVE_INFINITY : Date.now() - log.answeredAt;
    const size = log.state?.checkpoint?.size ?? 0;
    // A newer build pins another size: the copy is worth nothing before the two were compared.
    const isCompared = log.state !== null && isHeldAgainstPin(log.state, domain);
    // A clock that was set back makes the last answer lie ahead: its age is then unknown, not small.
    const old = age < 0 || age > domain.freshness.syncMinutes * 60_000;
    if (!log.damaged && (old || !isCompared || size === 0 || size < leastSize)) {
      log = readLog(await ask('log/sync', { domain: domain.name }), domain);
    }
    onLog(log);
    // Starting over without the old copy would forget what the log once showed: a person decides that.
    if (log.damaged) throw extensionError('WAX_STORE_CORRUPT', domain.log.origin);
    return {
      domain,
      imported: importedAt !== null,
      demands,
      log: { state: log.state, problem: log.problem },
      clock,
      verifiers,
    };
  };
}
