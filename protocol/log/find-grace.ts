import type { Platform } from './kinds/release.ts';
import { isLogged, type Ledger, type Logged } from './ledger.ts';

/**
 * The grace that lasts longest among those for this platform and TCB event that run and were not taken
 * back, or null.
 * @param event the vendor's name, such as `INTEL-TCB-R-20`; another event has its own grace or none
 * @param at milliseconds
 */
export function findGrace(
  ledger: Ledger,
  platform: Platform,
  event: string,
  at: number,
): Logged<'grace'> | null {
  const live = ledger.approvals
    .filter((logged) => isLogged(logged, 'grace'))
    .filter(({ statement, takenBack }) => {
      const named = statement.platform === platform && statement.event === event;
      return named && takenBack === null && statement.notBefore <= at && at < statement.expires;
    });
  return live.sort((a, b) => b.statement.expires - a.statement.expires)[0] ?? null;
}
