import { setTimeout } from 'node:timers/promises';
import type { CodedError } from '../protocol/errors.ts';
import type { Checkpoint } from '../protocol/log/checkpoint.ts';
import type { VerifierKey } from '../protocol/log/note.ts';
import { consistencyProof } from '../protocol/log/tree.ts';
import { serverError } from './errors.ts';
import type { HashTree } from './hash-tree.ts';
import { diskError } from './storage/disk-errors.ts';
import {
  fetchWitnessView,
  WitnessClient,
  type WitnessEndpoint,
  type WitnessOutcome,
} from './witness/client.ts';

export interface WitnessRoundOptions {
  origin: string;
  logKey: VerifierKey;
  witnesses: readonly WitnessEndpoint[];
  quorum: number;
  fetch: typeof fetch;
}

/** A witness that answered at start, and the newest checkpoint it has seen, if any. */
export interface SurveyAnswer {
  name: string;
  checkpoint: Checkpoint | null;
}

const TIMEOUT_MS = 5000;
/** Once there is a quorum, how long the other witnesses may still take to be part of the checkpoint. */
const GRACE_MS = 200;

/** The log's dealings with its witnesses. */
export class WitnessRound {
  readonly #options: WitnessRoundOptions;
  readonly #client: WitnessClient;
  /** What was last wrong with a witness, by its name. */
  readonly problems = new Map<string, CodedError>();

  constructor(options: WitnessRoundOptions) {
    this.#options = options;
    const { witnesses, fetch } = options;
    this.#client = new WitnessClient({ witnesses, fetch, timeoutMs: TIMEOUT_MS });
  }

  /**
   * Asks all witnesses for the newest checkpoint they know of this log.
   * @param known names of witnesses that have cosigned before: "I know nothing" from one of those is no answer
   */
  async survey(known: ReadonlySet<string>): Promise<SurveyAnswer[]> {
    const { witnesses, logKey, origin, fetch } = this.#options;
    const asked = witnesses.map(async (witness): Promise<SurveyAnswer | null> => {
      const { name } = witness.key;
      try {
        const view = await fetchWitnessView({ witness, logKey, origin, fetch, timeoutMs: TIMEOUT_MS });
        return view || !known.has(name) ? { name, checkpoint: view?.checkpoint ?? null } : null;
      } catch (cause) {
        this.problems.set(name, diskError(cause));
        return null;
      }
    });
    return (await Promise.all(asked)).filter((answer) => answer !== null);
  }

  /**
   * Collects cosignature lines on the signed checkpoint of `size`.
   * @throws WAX_LOGSERVER_NO_QUORUM to be tried again; WAX_LOGSERVER_BEHIND if a witness has seen more
   */
  async collect(size: number, checkpoint: string, tree: HashTree): Promise<string[]> {
    const { quorum } = this.#options;
    const round = this.#client.collect({
      checkpoint,
      quorum,
      proofFrom: (oldSize) => consistencyProof(oldSize, size, tree.hashAt),
    });
    const enough = await round.quorum;
    const outcomes = (await Promise.race([round.all, setTimeout(GRACE_MS, null, { ref: false })])) ?? enough;
    return this.#evaluate(outcomes);
  }

  #evaluate(outcomes: readonly WitnessOutcome[]): string[] {
    const lines: string[] = [];
    for (const outcome of outcomes) {
      if (outcome.state === 'cosigned') {
        this.problems.delete(outcome.name);
        lines.push(outcome.line);
        continue;
      }
      const { name, error, size } = outcome;
      if (error.code === 'WAX_WITNESS_AHEAD')
        throw serverError('WAX_LOGSERVER_BEHIND', `size ${size} by ${name}`);
      this.problems.set(name, error);
    }
    if (lines.length < this.#options.quorum) {
      const reasons = [...this.problems].map(([name, { code }]) => `${name}: ${code}`).join(', ');
      throw serverError('WAX_LOGSERVER_NO_QUORUM', reasons);
    }
    return lines;
  }
}
