/** The approvals that a replay has recorded: what later entries are judged by. @module */
import { HOUR } from './kinds/kind.ts';
import { isForgotten, isLogged, type Ledger, type Logged } from './ledger.ts';
import { Retirements } from './retirements.ts';

/** Of an approval, what a verdict on a later entry depends on. */
export interface Place {
  index: number;
  /** Milliseconds; null for what does not expire. */
  expires: number | null;
}

export const placeOf = ({ index, statement }: Pick<Logged, 'index' | 'statement'>): Place => ({
  index,
  expires: 'expires' in statement ? statement.expires : null,
});

/** Where a replay records approvals and finds them again. Clients keep them whole; a log has them on its disk. */
export interface Approved {
  /**
   * The approval with this statement hash (hex), if it was recorded. One that is forgotten (ledger.ts) may be found
   * or not: it makes no difference.
   * @param size how many entries were recorded; what a store holds beyond them does not count yet
   */
  find(statementSha256: string, size: number): Place | undefined | Promise<Place | undefined>;
  /** @param newestNotBefore the date by which approvals are forgotten, in milliseconds */
  add(logged: Logged, newestNotBefore: number): void;
  takeBack(statementSha256: string, takenBack: NonNullable<Logged['takenBack']>): void;
}

/** How many are kept when those forgotten are first looked for. */
const FIRST_SWEEP = 1024;

/** Approvals in memory, in the order of the log, and what they retire. */
export class KeptApprovals implements Approved {
  readonly #byStatement: Map<string, Logged>;
  readonly #retirements: Retirements;
  #sweepAt = FIRST_SWEEP;

  constructor({ approvals, retirements }: Pick<Ledger, 'approvals' | 'retirements'>) {
    this.#byStatement = new Map(approvals.map((logged) => [logged.statementSha256, logged]));
    this.#retirements = new Retirements(retirements);
  }

  find(statementSha256: string): Place | undefined {
    const logged = this.#byStatement.get(statementSha256);
    return logged && placeOf(logged);
  }

  add(logged: Logged, newestNotBefore: number): void {
    this.#byStatement.set(logged.statementSha256, logged);
    if (this.#byStatement.size >= this.#sweepAt) this.#forget(newestNotBefore);
    if (!isLogged(logged, 'release')) return;
    const { index, statement } = logged;
    const { product, version: below, notBefore, retiresOlderAfterHours } = statement;
    this.#retirements.add({ product, below, at: notBefore + retiresOlderAfterHours * HOUR, index });
  }

  takeBack(statementSha256: string, takenBack: NonNullable<Logged['takenBack']>): void {
    const target = this.#byStatement.get(statementSha256);
    // The first one stands: it is final. The approval may be part of a ledger that was given away.
    if (target?.takenBack === null) this.#byStatement.set(statementSha256, { ...target, takenBack });
  }

  /** Those that are not forgotten; what an approval retires stays retired. */
  list(newestNotBefore: number): Pick<Ledger, 'approvals' | 'retirements'> {
    this.#forget(newestNotBefore);
    return { approvals: [...this.#byStatement.values()], retirements: this.#retirements.list() };
  }

  #forget(newestNotBefore: number): void {
    for (const [statementSha256, logged] of this.#byStatement) {
      if (isForgotten(placeOf(logged).expires, newestNotBefore)) this.#byStatement.delete(statementSha256);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#byStatement.size);
  }
}
