import { setTimeout } from 'node:timers/promises';
import type { CodedError } from '../protocol/errors.ts';
import type { Checkpoint } from '../protocol/log/checkpoint.ts';
import type { VerifierKey } from '../protocol/log/note.ts';
import { consistencyProof } from '../protocol/log/tree.ts';
import { serverError } from './errors.ts';
import type { HashTree } from './hash-tree.ts';
import { requireHistory } from './recovery.ts';
import { diskError } from './storage/disk-errors.ts';
import { cosigners, fetchWitnessView, WitnessClient, type WitnessEndpoint } from './witness/client.ts';
import type { WitnessPolicy } from './witness-policy.ts';

export interface WitnessRoundOptions {
  origin: string;
  logKey: VerifierKey;
  witnesses: WitnessPolicy;
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
  /** The last answer of each witness: when, and the code of what was wrong with it. */
  readonly answers = new Map<string, { at: number; code: string | null }>();

  constructor(options: WitnessRoundOptions) {
    this.#options = options;
    const { witnesses, fetch } = options;
    this.#client = new WitnessClient({ witnesses: witnesses.endpoints, fetch, timeoutMs: TIMEOUT_MS });
  }

  /**
   * Asks all witnesses for the newest checkpoint they know of this log.
   * @param known names of witnesses that have cosigned before: "I know nothing" from one of those is no answer
   */
  async survey(known: ReadonlySet<string>): Promise<SurveyAnswer[]> {
    const asked = this.#options.witnesses.endpoints.map(async (witness): Promise<SurveyAnswer | null> => {
      const { name } = witness.key;
      try {
        const checkpoint = await this.#view(witness);
        this.#noteAnswer(name, null);
        return checkpoint || !known.has(name) ? { name, checkpoint } : null;
      } catch (cause) {
        const error = diskError(cause);
        this.problems.set(name, error);
        this.#noteAnswer(name, error);
        return null;
      }
    });
    return (await Promise.all(asked)).filter((answer) => answer !== null);
  }

  #noteAnswer(name: string, error: CodedError | null): void {
    this.answers.set(name, { at: Date.now(), code: error?.code ?? null });
  }

  async #view(witness: WitnessEndpoint): Promise<Checkpoint | null> {
    const { logKey, origin, fetch } = this.#options;
    const view = await fetchWitnessView({ witness, logKey, origin, fetch, timeoutMs: TIMEOUT_MS });
    return view?.checkpoint ?? null;
  }

  /**
   * Collects cosignature lines on the signed checkpoint of `size`.
   * @throws WAX_LOGSERVER_NO_QUORUM to be tried again; WAX_LOGSERVER_BEHIND or _TWO_ROOTS if a witness has seen
   * another history
   */
  async collect(size: number, checkpoint: string, tree: HashTree): Promise<string[]> {
    const { witnesses } = this.#options;
    const round = this.#client.collect({
      checkpoint,
      isQuorum: (names) => witnesses.isQuorum(names),
      proofFrom: (oldSize) => consistencyProof(oldSize, size, tree.hashAt),
    });
    const enough = await round.quorum;
    const outcomes = (await Promise.race([round.all, setTimeout(GRACE_MS, null, { ref: false })])) ?? enough;
    const lines: string[] = [];
    for (const outcome of outcomes) {
      this.#noteAnswer(outcome.name, outcome.state === 'cosigned' ? null : outcome.error);
      if (outcome.state === 'cosigned') {
        this.problems.delete(outcome.name);
        lines.push(outcome.line);
      } else {
        this.problems.set(outcome.name, outcome.error);
        await this.#confront(outcome.name, outcome.error, tree);
      }
    }
    if (witnesses.isQuorum(cosigners(outcomes))) return lines;
    const reasons = [...this.problems].map(([name, { code }]) => `${name}: ${code}`).join(', ');
    throw serverError('WAX_LOGSERVER_NO_QUORUM', reasons);
  }

  /**
   * A witness that refuses has perhaps seen another history of this log. Its word alone must not stop the log;
   * a checkpoint that carries our own signature must.
   */
  async #confront(name: string, { code }: CodedError, tree: HashTree): Promise<void> {
    const witness = this.#options.witnesses.endpoints.find(({ key }) => key.name === name);
    if (!witness || (code !== 'WAX_WITNESS_AHEAD' && code !== 'WAX_WITNESS_REFUSED')) return;
    const seen = await this.#view(witness).catch(() => null);
    if (seen) requireHistory(tree, seen, name);
  }
}
