/** What the log's process and the thread that verifies for it say to each other. */
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import type { VerifiedEntry } from '../../protocol/log/replay.ts';

export interface Question {
  id: number;
  /** Entries, joined, so that one buffer changes hands; and the length of each. */
  bytes: Uint8Array<ArrayBuffer>;
  lengths: number[];
  policy: PolicyInForce | null;
}

/** A verdict whose error lost its class on the way between threads. */
export type Verdict = Omit<VerifiedEntry, 'error'> & { error: { code: string; detail: string } | null };

export interface Answer {
  id: number;
  verdicts: Verdict[];
}
