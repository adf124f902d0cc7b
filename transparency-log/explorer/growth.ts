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
  readonly events: Growth['events'][number][] = [];

  /** Notes the next entry. */
  add(judged: JudgedEntry): void {
    const { index, statement, error } = judged;
    const own = error === null ? (statement?.notBefore ?? 0) : 0;
    const at = Math.max(this.times.at(-1) ?? 0, own);
    this.times.push(at);
    const event = eventOf(judged);
    if (event !== null) this.events.push({ index, at, event });
  }
}
