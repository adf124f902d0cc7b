/**
 * Asks witnesses for cosignatures: all at once, until a quorum has answered, with proofs from whatever size each has
 * recorded. A cosignature counts only after it was verified here.
 * @module
 */
import { equalBytes, parseUtf8 } from '../../protocol/bytes.ts';
import type { CodedError } from '../../protocol/errors.ts';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignatures } from '../../protocol/log/cosignature.ts';
import { parseSizeLine } from '../../protocol/log/lines.ts';
import { formatSignatureLine, parseNote, type VerifierKey } from '../../protocol/log/note.ts';
import { formatAddCheckpoint } from '../../protocol/log/witness.ts';
import { CHECKPOINT_LIMIT, type HttpAnswer, request } from '../http.ts';
import { witnessError } from './errors.ts';
import { originHash } from './witness.ts';

export interface WitnessEndpoint {
  /** Submission prefix, without a slash at the end. */
  url: string;
  key: VerifierKey;
}

/** What one witness made of a checkpoint. */
export type WitnessOutcome =
  | { name: string; state: 'cosigned' /** signature line with its newline */; line: string; at: number }
  | {
      name: string;
      state: 'failed';
      error: CodedError /** what the witness has recorded, where it said so */;
      size: number | null;
    };

export interface Submission {
  /** The signed checkpoint, verbatim. */
  checkpoint: string;
  /** Consistency proof from a smaller size of the same tree to the checkpoint's size. */
  proofFrom: (oldSize: number) => Uint8Array[] | Promise<Uint8Array[]>;
  /** Whether the cosignatures of the witnesses with keys of these names are enough. */
  isQuorum: (names: readonly string[]) => boolean;
}

export interface WitnessClientOptions {
  witnesses: readonly WitnessEndpoint[];
  /** For each request; 5 seconds unless given. */
  timeoutMs?: number;
  fetch?: typeof globalThis.fetch;
  now?: () => number;
}

const ANSWER_LIMIT = 64 * 1024;
/** Another submission of ours may have moved the witness on in between, but not without end. */
const ATTEMPTS = 3;
const CLOCK_SLACK_MS = 5 * 60_000;

export class WitnessClient {
  readonly #witnesses: readonly WitnessEndpoint[];
  readonly #timeoutMs: number;
  readonly #fetch: typeof globalThis.fetch;
  readonly #now: () => number;
  /** Size that each witness recorded last, as far as known; a wrong guess costs one more request. */
  readonly #sizes = new Map<string, number>();

  constructor({
    witnesses,
    timeoutMs = 5000,
    fetch = globalThis.fetch,
    now = Date.now,
  }: WitnessClientOptions) {
    this.#witnesses = witnesses;
    this.#timeoutMs = timeoutMs;
    this.#fetch = fetch;
    this.#now = now;
  }

  /**
   * Submits to all witnesses in parallel. `quorum` resolves as soon as enough have cosigned, or when no more will;
   * `all` when the last one has answered or run out of time. Neither rejects.
   * @throws WAX_LOG_* if what is submitted is no checkpoint
   */
  collect(submission: Submission): { quorum: Promise<WitnessOutcome[]>; all: Promise<WitnessOutcome[]> } {
    const { size } = parseCheckpoint(parseNote(submission.checkpoint).text);
    const outcomes: WitnessOutcome[] = [];
    const { promise: quorum, resolve } = Promise.withResolvers<WitnessOutcome[]>();
    const isEnough = () => submission.isQuorum(cosigners(outcomes));
    const asked = this.#witnesses.map(async (witness) => {
      const outcome = await this.#ask(witness, submission, size);
      outcomes.push(outcome);
      if (isEnough()) resolve([...outcomes]);
      return outcome;
    });
    const all = Promise.all(asked);
    void all.then(resolve);
    return { quorum, all };
  }

  async #ask(witness: WitnessEndpoint, submission: Submission, size: number): Promise<WitnessOutcome> {
    const { name } = witness.key;
    const failed = (error: CodedError, size: number | null = null): WitnessOutcome => ({
      name,
      state: 'failed',
      error,
      size,
    });
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const oldSize = Math.min(this.#sizes.get(name) ?? 0, size);
      let answer: HttpAnswer;
      try {
        answer = await this.#post(witness, submission, oldSize);
      } catch (cause) {
        return failed(witnessError('WAX_WITNESS_UNREACHABLE', name, { cause }));
      }
      if (answer.status === 200) {
        this.#sizes.set(name, size);
        return this.#readCosignature(witness, submission.checkpoint, answer.body);
      }
      if (answer.status !== 409)
        return failed(witnessError('WAX_WITNESS_REFUSED', `${name}: status ${answer.status}`));
      const recorded = readSize(answer.body);
      if (recorded === null || recorded === oldSize)
        return failed(witnessError('WAX_WITNESS_BAD_ANSWER', name));
      this.#sizes.set(name, recorded);
      if (recorded > size) return failed(witnessError('WAX_WITNESS_AHEAD', `${name}: ${recorded}`), recorded);
    }
    return failed(witnessError('WAX_WITNESS_REFUSED', `${name}: ${ATTEMPTS} conflicts`));
  }

  async #post(
    { url }: WitnessEndpoint,
    { checkpoint, proofFrom }: Submission,
    oldSize: number,
  ): Promise<HttpAnswer> {
    const proof = oldSize === 0 ? [] : await proofFrom(oldSize);
    return request({
      url: `${url}/add-checkpoint`,
      fetch: this.#fetch,
      timeoutMs: this.#timeoutMs,
      limit: ANSWER_LIMIT,
      body: formatAddCheckpoint({ oldSize, proof, checkpoint }),
    });
  }

  /** Takes nothing from the answer but a line that was verified against the witness's key. */
  async #readCosignature(
    { key }: WitnessEndpoint,
    checkpoint: string,
    body: Uint8Array,
  ): Promise<WitnessOutcome> {
    const { name } = key;
    try {
      const note = parseNote(`${parseNote(checkpoint).text}\n${parseUtf8(body)}`);
      const [cosignature] = await verifyCosignatures(note, [key]);
      const [line, ...others] = note.signatures.filter(
        (each) => each.name === name && equalBytes(each.keyId, key.keyId),
      );
      // Of two lines by one key the newer one would be judged, and the older one might be passed on.
      if (cosignature === undefined || line === undefined || others.length > 0)
        throw witnessError('WAX_WITNESS_BAD_ANSWER', name);
      if (Math.abs(cosignature.at - this.#now()) > CLOCK_SLACK_MS) {
        return { name, state: 'failed', error: witnessError('WAX_WITNESS_CLOCK', name), size: null };
      }
      return { name, state: 'cosigned', line: formatSignatureLine(line), at: cosignature.at };
    } catch (cause) {
      return {
        name,
        state: 'failed',
        error: witnessError('WAX_WITNESS_BAD_ANSWER', name, { cause }),
        size: null,
      };
    }
  }
}

/** Names of the witnesses that cosigned. */
export function cosigners(outcomes: readonly WitnessOutcome[]): string[] {
  return outcomes.filter(({ state }) => state === 'cosigned').map(({ name }) => name);
}

function readSize(body: Uint8Array): number | null {
  try {
    const text = parseUtf8(body);
    return text.endsWith('\n') ? parseSizeLine(text.slice(0, -1)) : null;
  } catch {
    return null;
  }
}

export interface WitnessView {
  checkpoint: Checkpoint;
  /** As the witness serves it, with the log's signature and its own. */
  note: string;
  /** When the witness cosigned, in milliseconds since the epoch. */
  at: number;
}

export interface ViewRequest {
  witness: WitnessEndpoint;
  logKey: VerifierKey;
  origin: string;
  timeoutMs: number;
  fetch: typeof globalThis.fetch;
}

/**
 * What a witness shows monitors of a log: its last cosigned checkpoint, verified, or null if it never cosigned one.
 * Throws WAX_WITNESS_UNREACHABLE or WAX_WITNESS_BAD_ANSWER.
 */
export async function fetchWitnessView({
  witness,
  logKey,
  origin,
  timeoutMs,
  fetch,
}: ViewRequest): Promise<WitnessView | null> {
  const { key } = witness;
  const url = `${witness.url}/${originHash(origin)}/checkpoint`;
  const answer = await request({ url, fetch, timeoutMs, limit: CHECKPOINT_LIMIT }).catch((cause: unknown) => {
    throw witnessError('WAX_WITNESS_UNREACHABLE', key.name, { cause });
  });
  if (answer.status === 404) return null;
  if (answer.status !== 200)
    throw witnessError('WAX_WITNESS_UNREACHABLE', `${key.name}: status ${answer.status}`);
  try {
    const note = parseUtf8(answer.body);
    const checkpoint = await verifyCheckpoint(note, logKey, origin);
    const [cosignature] = await verifyCosignatures(parseNote(note), [key]);
    if (cosignature === undefined) throw witnessError('WAX_WITNESS_BAD_ANSWER', key.name);
    return { checkpoint, note, at: cosignature.at };
  } catch (cause) {
    throw witnessError('WAX_WITNESS_BAD_ANSWER', key.name, { cause });
  }
}
