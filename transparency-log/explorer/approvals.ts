/**
 * What a log has approved, as far as lists need it: which approvals stand, and what was taken back. What an approval
 * says is read from its entry when it is shown.
 * @module
 */
import { needsThreshold } from '../../protocol/log/authorise.ts';
import { HOUR } from '../../protocol/log/kinds/kind.ts';
import { type ApprovalKind, isForgotten } from '../../protocol/log/ledger.ts';
import type { JudgedEntry } from '../../protocol/log/replay.ts';
import { Retirements } from '../../protocol/log/retirements.ts';
import type { StatementOf } from '../../protocol/log/statement.ts';

interface TakenBack {
  action: 'revoke' | 'supersede';
  /** Milliseconds. */
  at: number;
  /** Index of the entry that says so. */
  by: number;
}

/** In the place of a product's number. */
const EXTENSION = -1;
const OTHER = -2;

/** How many there are when those forgotten are first let go. */
const FIRST_SWEEP = 1024;

/** An approval takes forty bytes here, where its statement takes one or two thousand, until it is forgotten. */
export class Approvals {
  // One place for each approval, in the order of the log.
  #indices: number[] = [];
  #begins: number[] = [];
  #expires: number[] = [];
  #programs: number[] = [];
  #versions: number[] = [];
  #sweepAt = FIRST_SWEEP;
  /** Products by their numbers, and the numbers. */
  readonly #products: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #retirements = new Retirements();
  readonly #takenBack = new Map<number, TakenBack>();
  #newestNotBefore = 0;

  /** Takes the next entry, with its verdict. */
  add({ index, statement, error }: JudgedEntry): void {
    if (error !== null || statement === null) return;
    if (needsThreshold(statement)) {
      this.#newestNotBefore = Math.max(this.#newestNotBefore, statement.notBefore);
    }
    const { kind, notBefore: at } = statement;
    if (kind === 'status') {
      // The first one stands: it is final.
      if (this.#takenBack.has(statement.index)) return;
      this.#takenBack.set(statement.index, { action: statement.action, at, by: index });
    } else if (kind !== 'unknown' && kind !== 'policy' && kind !== 'log-closed') {
      this.#approve(index, statement);
    }
  }

  #sweep(): void {
    const stays = this.#expires.map((expires) => !isForgotten(expires, this.#newestNotBefore));
    const filter = (column: readonly number[]) => column.filter((_, place) => stays[place]);
    this.#indices = filter(this.#indices);
    this.#begins = filter(this.#begins);
    this.#programs = filter(this.#programs);
    this.#versions = filter(this.#versions);
    this.#expires = filter(this.#expires);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#indices.length);
  }

  #approve(index: number, statement: StatementOf<ApprovalKind>): void {
    if (this.#indices.length >= this.#sweepAt) this.#sweep();
    const { kind, notBefore } = statement;
    this.#indices.push(index);
    this.#begins.push(notBefore);
    this.#expires.push('expires' in statement ? statement.expires : Number.POSITIVE_INFINITY);
    this.#versions.push(kind === 'release' ? statement.version : 0);
    if (kind !== 'release') {
      this.#programs.push(kind === 'extension-release' ? EXTENSION : OTHER);
      return;
    }
    const { product, version: below, retiresOlderAfterHours } = statement;
    this.#programs.push(this.#numberOf(product));
    this.#retirements.add({ product, below, at: notBefore + retiresOlderAfterHours * HOUR, index });
  }

  #numberOf(product: string): number {
    const known = this.#numbers.get(product);
    if (known !== undefined) return known;
    this.#numbers.set(product, this.#products.length);
    return this.#products.push(product) - 1;
  }

  /** Whether the entry is an approval, and none that ended so long ago that clients have forgotten it. */
  has(index: number): boolean {
    let [from, to] = [0, this.#indices.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#indices[middle] ?? 0) < index) from = middle + 1;
      else to = middle;
    }
    return this.#indices[from] === index && !isForgotten(this.#expires[from] ?? null, this.#newestNotBefore);
  }

  takenBack(index: number): TakenBack | null {
    return this.#takenBack.get(index) ?? null;
  }

  /** When a newer version retires this one (milliseconds), or null as far as is known. */
  retiredAt(product: string, version: number): number | null {
    return this.#retirements.retiredAt(product, version);
  }

  /** Indices of the programs and extensions that stand at this time: programs first, and of each the newest first. */
  live(now: number): number[] {
    const below = this.#products.map((product) => this.#retirements.retiredBelow(product, now));
    const programs: number[] = [];
    const extensions: number[] = [];
    for (let place = this.#indices.length - 1; place >= 0; place--) {
      const program = this.#programs[place] ?? OTHER;
      const expires = this.#expires[place] ?? 0;
      if (program === OTHER || now < (this.#begins[place] ?? 0) || now >= expires) continue;
      const index = this.#indices[place] ?? 0;
      if (this.#takenBack.has(index) || isForgotten(expires, this.#newestNotBefore)) continue;
      if (program === EXTENSION) extensions.push(index);
      else if ((this.#versions[place] ?? 0) >= (below[program] ?? 0)) programs.push(index);
    }
    return [...programs, ...extensions];
  }

  /** What was taken back, by which entry; the newest such entries first. */
  newestTakenBack(most: number): { index: number; by: number }[] {
    return [...this.#takenBack]
      .reverse()
      .filter(([index]) => this.has(index))
      .slice(0, most)
      .map(([index, { by }]) => ({ index, by }));
  }
}
