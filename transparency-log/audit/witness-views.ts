/**
 * What witnesses show monitors, held against what the log shows.
 * @module
 */
import { setTimeout } from 'node:timers/promises';
import { CodedError } from '../../protocol/errors.ts';
import type { LogIdentity } from '../../protocol/log/evidence.ts';
import { fetchWitnessView, type WitnessEndpoint, type WitnessView } from '../witness/client.ts';
import type { LogReader } from './log-reader.ts';

/** One witness's answer: a verified view, null if it never cosigned this log, or why there is none. */
export interface WitnessAnswer {
  name: string;
  view: WitnessView | null;
  error: CodedError | null;
}

const POLL_MS = 250;

export async function askWitnesses(
  witnesses: readonly WitnessEndpoint[],
  { origin, key }: LogIdentity,
  http: { fetch: typeof globalThis.fetch; timeoutMs: number },
): Promise<WitnessAnswer[]> {
  return Promise.all(
    witnesses.map(async (witness) => {
      const { name } = witness.key;
      try {
        return { name, view: await fetchWitnessView({ witness, logKey: key, origin, ...http }), error: null };
      } catch (error) {
        if (error instanceof CodedError) return { name, view: null, error };
        throw error;
      }
    }),
  );
}

/**
 * The checkpoint of the log. A witness cosigns before the log publishes, so where a witness is ahead the log is given
 * some time to catch up.
 * @param sizeOf the size that a checkpoint claims, 0 for one that is malformed
 */
export async function readCheckpoint(
  reader: LogReader,
  answers: readonly WitnessAnswer[],
  sizeOf: (note: string) => number,
  waitMs: number,
): Promise<string> {
  const wanted = Math.max(0, ...answers.map(({ view }) => view?.checkpoint.size ?? 0));
  const deadline = performance.now() + waitMs;
  for (;;) {
    const note = await reader.checkpoint();
    if (sizeOf(note) >= wanted || performance.now() >= deadline) return note;
    await setTimeout(POLL_MS);
  }
}
