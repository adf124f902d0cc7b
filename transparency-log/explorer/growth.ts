/** The dates and events of a log, entry by entry. @module */
import type { JudgedEntry } from '../../protocol/log/replay.ts';
import type { Growth, GrowthEvent } from './source.ts';
import { isSimulated } from './words.ts';

function eventOf({ statement, error }: JudgedEntry): GrowthEvent | null {
  if (error !== null || statement === null) return null;
  if (statement.kind === 'release') return isSimulated(statement) ? 'simulated' : 'approved';
  if (statement.kind === 'extension-release') return 'approved';
  if (statement.kind === 'status') return 'takenBack';
  return statement.kind === 'policy' ? 'policy' : null;
}

export class GrowthRecord implements Growth {
  readonly times: number[] = [];
  readonly events: (GrowthEvent | null)[] = [];

  /** Notes the next entry. */
  add(judged: JudgedEntry): void {
    const { statement, error } = judged;
    const own = error === null ? (statement?.notBefore ?? 0) : 0;
    this.times.push(Math.max(this.times.at(-1) ?? 0, own));
    this.events.push(eventOf(judged));
  }
}
