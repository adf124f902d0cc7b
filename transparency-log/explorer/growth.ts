/** The dates and events of a log, as finely as a picture can show them. @module */
import type { JudgedEntry } from '../../protocol/log/replay.ts';
import type { Growth, GrowthEvent, GrowthStep } from './source.ts';
import { isSimulated } from './words.ts';

/** Several to each place of the widest picture; more would only take memory. */
const MOST_STEPS = 4096;

function eventOf({ statement, error }: JudgedEntry): GrowthEvent | null {
  if (error !== null || statement === null) return null;
  if (statement.kind === 'release') return isSimulated(statement) ? 'simulated' : 'approved';
  if (statement.kind === 'extension-release') return 'approved';
  if (statement.kind === 'status') return 'takenBack';
  return statement.kind === 'policy' ? 'policy' : null;
}

export class GrowthRecord implements Growth {
  begin: number | null = null;
  #steps: GrowthStep[] = [];
  /** Entries whose dates fall into one such span (milliseconds) make one step; dates are whole seconds. */
  #span = 1000;

  get steps(): readonly GrowthStep[] {
    return this.#steps;
  }

  /** Notes the next entry. */
  add(judged: JudgedEntry): void {
    const { statement, error, index } = judged;
    const last = this.#steps.at(-1);
    const own = error === null ? (statement?.notBefore ?? 0) : 0;
    const at = Math.max(last?.at ?? 0, own);
    this.begin ??= at;
    const event = eventOf(judged);
    this.#append({ at, size: (last?.size ?? 0) + 1, newest: event === null ? {} : { [event]: index } });
    if (this.#steps.length > MOST_STEPS) this.#coarsen();
  }

  #append(step: GrowthStep): void {
    const last = this.#steps.at(-1);
    if (last === undefined || Math.floor(last.at / this.#span) < Math.floor(step.at / this.#span)) {
      this.#steps.push(step);
    } else {
      this.#steps[this.#steps.length - 1] = { ...step, newest: { ...last.newest, ...step.newest } };
    }
  }

  #coarsen(): void {
    while (this.#steps.length > MOST_STEPS / 2) {
      this.#span *= 2;
      const finer = this.#steps;
      this.#steps = [];
      for (const step of finer) this.#append(step);
    }
  }
}
