import { setTimeout } from 'node:timers/promises';
import type { CodedError } from '../protocol/errors.ts';
import type { Checkpoint } from '../protocol/log/checkpoint.ts';
import type { VerifierKey } from '../protocol/log/note.ts';
import { consistencyProof } from '../protocol/log/tree.ts';
import { serverError } from './errors.ts';
import type { HashTree } from './hash-tree.ts';
import { requireHistory } from './recovery.ts';
import { diskError } from './storage/disk-errors.ts';
import {
  cosigners,
  fetchWitnessView,
  WitnessClient,
  type WitnessEndpoint,
  type WitnessOutcome,
} from './witness/client.ts';
import type { WitnessPolicy } from './witness-policy.ts';

export interface WitnessRoundOptions {
  origin: string;
  logKey: VerifierKey;
  witnesses: WitnessPolicy;
  fetch: typeof fetch;
  now: () => number;
}

/** A witness that answered at start, and the newest checkpoint it has seen, if any. */
export interface SurveyAnswer {
  name: string;
  checkpoint: Checkpoint | null;
}

const TIMEOUT_MS = 5000;
/** Once there is a quorum, how long the other witnesses may still take to be part of the checkpoint. */
const GRACE_MS = 200;
/** How long a publication waits for a witness that hints at another history to show it. */
const CONFRONT_MS = 1000;

/** The log's dealings with its witnesses. */
export class WitnessRound {
  readonly #options: WitnessRoundOptions;
  readonly #client: WitnessClient;
  /** What was last wrong with a witness, by its name. */
  readonly problems = new Map<string, CodedError>();
  /** The last answer of each witness: when, and the code of what was wrong with it. */
  readonly answers = new Map<string, { at: number; code: string | null }>();
  /** The round of each witness's last answer: that of an earlier one may come later. */
  readonly #rounds = new Map<string, number>();
  #round = 0;
  /** Witnesses that hinted at another history and then did not show it in time. */
  readonly #stalling = new Set<string>();
  /** What a witness showed after nobody waited for it any more. */
  #found: CodedError | null = null;

  constructor(options: WitnessRoundOptions) {
    this.#options = options;
    const { witnesses, fetch, now } = options;
    this.#client = new WitnessClient({ witnesses: witnesses.endpoints, fetch, now, timeoutMs: TIMEOUT_MS });
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
        this.#noteAnswer(name, diskError(cause));
        return null;
      }
    });
    return (await Promise.all(asked)).filter((answer) => answer !== null);
  }

  #noteAnswer(name: string, error: CodedError | null): void {
    this.answers.set(name, { at: this.#options.now(), code: error?.code ?? null });
    if (error) this.problems.set(name, error);
  }

  #noteOutcome(outcome: WitnessOutcome, round: number): void {
    const { name } = outcome;
    if ((this.#rounds.get(name) ?? 0) > round) return;
    this.#rounds.set(name, round);
    if (outcome.state === 'cosigned') this.problems.delete(name);
    this.#noteAnswer(name, outcome.state === 'cosigned' ? null : outcome.error);
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
    this.#requireNothingFound();
    this.#round += 1;
    const number = this.#round;
    const round = this.#client.collect({
      checkpoint,
      isQuorum: (names) => witnesses.isQuorum(names),
      proofFrom: (oldSize) => consistencyProof(oldSize, size, tree.hashAt),
    });
    void round.all.then((late) => {
      for (const outcome of late) this.#noteOutcome(outcome, number);
    });
    const enough = await round.quorum;
    const outcomes = (await Promise.race([round.all, setTimeout(GRACE_MS, null, { ref: false })])) ?? enough;
    for (const outcome of outcomes) this.#noteOutcome(outcome, number);
    await this.#confront(outcomes, tree);
    if (witnesses.isQuorum(cosigners(outcomes)))
      return outcomes.flatMap((outcome) => (outcome.state === 'cosigned' ? outcome.line : []));
    const reasons = [...this.problems].map(([name, { code }]) => `${name}: ${code}`).join(', ');
    throw serverError('WAX_LOGSERVER_NO_QUORUM', reasons);
  }

  /**
   * A witness that refuses has perhaps seen another history of this log. Its word alone must not stop the log; a
   * checkpoint that carries our own signature must. One that does not show it in time is not waited for again, and
   * what it shows later counts from the next round on.
   */
  async #confront(outcomes: readonly WitnessOutcome[], tree: HashTree): Promise<void> {
    const suspects = this.#options.witnesses.endpoints.filter(({ key: { name } }) =>
      outcomes.some((outcome) => outcome.name === name && hintsAtAnother(outcome)),
    );
    const awaited = new Set(suspects.map(({ key }) => key.name).filter((name) => !this.#stalling.has(name)));
    const shown = suspects.map(async (witness) => {
      await this.#requireHistoryOf(witness, tree);
      awaited.delete(witness.key.name);
    });
    const inTime = shown.filter((_, index) => awaited.has(suspects[index]?.key.name ?? ''));
    await Promise.race([Promise.all(inTime), setTimeout(CONFRONT_MS, null, { ref: false })]);
    for (const name of awaited) this.#stalling.add(name);
    this.#requireNothingFound();
  }

  async #requireHistoryOf(witness: WitnessEndpoint, tree: HashTree): Promise<void> {
    const { name } = witness.key;
    const began = performance.now();
    const seen = await this.#view(witness).catch(() => null);
    if (performance.now() - began < CONFRONT_MS) this.#stalling.delete(name);
    try {
      if (seen) requireHistory(tree, seen, name);
    } catch (cause) {
      this.#found ??= diskError(cause);
    }
  }

  #requireNothingFound(): void {
    if (this.#found) throw this.#found;
  }
}

function hintsAtAnother(outcome: WitnessOutcome): boolean {
  return (
    outcome.state === 'failed' &&
    (outcome.error.code === 'WAX_WITNESS_AHEAD' || outcome.error.code === 'WAX_WITNESS_REFUSED')
  );
}
