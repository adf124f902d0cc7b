/**
 * What an engine process may say of one job: so many pieces of text and so much in them, and each other thing once, in
 * its place. Counted and not timed: a server that stood still finds a lot on the line at once, for which the engine is
 * not to blame. Since every message of a process is taken off what was asked of it, a process that was taken over
 * cannot say more in all than an honest one might.
 * @module
 */
import { engineError } from './errors.ts';
import type { JobReport } from './messages.ts';

/** Characters of the longest token that any vocabulary may hold. */
const LONGEST_TOKEN = 1_024;

export class Allowance {
  /** `end` for a chat, `vectors` for texts. */
  readonly #result: 'end' | 'vectors';
  #pieces: number;
  #characters: number;
  #compiled = false;

  private constructor(result: 'end' | 'vectors', pieces: number) {
    this.#result = result;
    this.#pieces = pieces;
    this.#characters = LONGEST_TOKEN * pieces;
  }

  /** Of an answer of at most so many tokens: a piece for each, and what was held back at the end. */
  static chat(maxTokens: number): Allowance {
    return new Allowance('end', maxTokens + 1);
  }

  /** Of vectors, which come in one message. */
  static embedding(): Allowance {
    return new Allowance('vectors', 0);
  }

  /** Takes off one report. Throws WAX_ENGINE_UNASKED for one that this job leaves no room for. */
  take(report: JobReport): void {
    if (!this.#covers(report)) throw engineError('WAX_ENGINE_UNASKED', report.type);
  }

  #covers(report: JobReport): boolean {
    if (report.type === 'refused') return true;
    if (report.type === 'compiled') {
      const first = !this.#compiled && this.#result === 'end';
      this.#compiled = true;
      return first;
    }
    if (report.type !== 'text') return report.type === this.#result;
    this.#pieces--;
    this.#characters -= report.text.length;
    return this.#pieces >= 0 && this.#characters >= 0;
  }
}
