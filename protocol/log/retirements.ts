/**
 * From when on which versions of a product are refused. A product that goes on for years has a release and so a
 * retirement every few days; each is added and found without walking through the others.
 * @module
 */
import type { Retirement } from './ledger.ts';

/** Place of the first for which the test holds, where it holds for all that follow; `end` if for none. */
function firstWhere(
  steps: readonly Retirement[],
  holds: (step: Retirement) => boolean,
  end: number = steps.length,
): number {
  let [from, to] = [0, end];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const step = steps[middle];
    if (step !== undefined && holds(step)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Holds only retirements that say more than the others of the product: none is both lower and later. */
export class Retirements {
  /** By product. From one to the next both `below` and `at` go up. */
  readonly #steps = new Map<string, Retirement[]>();

  constructor(list: readonly Retirement[] = []) {
    for (const retirement of list) this.add(retirement);
  }

  add(added: Retirement): void {
    const { product, below, at } = added;
    const steps = this.#steps.get(product) ?? [];
    const place = firstWhere(steps, (step) => step.below >= below);
    const higher = steps[place];
    if (higher !== undefined && higher.at <= at) return;
    const from = firstWhere(steps, (step) => step.at >= at, place);
    const to = higher?.below === below ? place + 1 : place;
    steps.splice(from, to - from, added);
    this.#steps.set(product, steps);
  }

  /** When a newer version retires this one (milliseconds), or null as far as is known. */
  retiredAt(product: string, version: number): number | null {
    const steps = this.#steps.get(product) ?? [];
    return steps[firstWhere(steps, ({ below }) => below > version)]?.at ?? null;
  }

  /** Versions lower than this are retired at that time; 0 if none is. */
  retiredBelow(product: string, now: number): number {
    const steps = this.#steps.get(product) ?? [];
    return steps[firstWhere(steps, ({ at }) => at > now) - 1]?.below ?? 0;
  }

  /** All of them, in the order of the log. */
  list(): Retirement[] {
    return [...this.#steps.values()].flat().sort((a, b) => a.index - b.index);
  }
}
