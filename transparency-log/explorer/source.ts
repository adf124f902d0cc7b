/**
 * What the pages are made from. There are two: the log's own database, on the server, and in the visitor's
 * browser the entries that it has downloaded and checked. The pages do not know which, but for one sentence.
 * @module
 */

import type { Publisher } from '../../protocol/log/kinds/policy.ts';
import type { JudgedEntry } from '../../protocol/log/replay.ts';
import type { Statement } from '../../protocol/log/statement.ts';
import type { Approvals } from './approvals.ts';

export interface ViewedEntry {
  index: number;
  bytes: Uint8Array;
  judged: JudgedEntry;
  /** Who could sign when it was sequenced; for the first entry those that it names itself. */
  publishers: readonly Publisher[];
  /** Of an entry that takes another back: what that one said. */
  target: Statement | null;
}

/** The log over time. A statement is dated by its signers, so a date here is the newest one so far. */
export interface Growth {
  /** When the first entry is dated, milliseconds; null for an empty log. */
  readonly begin: number | null;
  /** In the order of time. */
  readonly steps: readonly GrowthStep[];
}

/** Entries that came at about the same time. */
export interface GrowthStep {
  /** The date of the last of them, milliseconds. */
  readonly at: number;
  /** Entries of the log when they had come. */
  readonly size: number;
  /** Index of the newest of them that the picture shows by itself, for each kind of event. */
  readonly newest: { readonly [Event in GrowthEvent]?: number };
}
export type GrowthEvent = 'approved' | 'simulated' | 'takenBack' | 'policy';

export interface Inclusion {
  proof: readonly Uint8Array[];
  size: number;
  root: Uint8Array;
}

export interface LogSource {
  /** Whether this browser has checked what it shows; the log's own server cannot do that for anybody. */
  readonly isChecked: boolean;
  readonly origin: string;
  readonly size: number;
  readonly approvals: Approvals;
  readonly quorum: number;
  /** When each witness signed the newest checkpoint, milliseconds; null if it has not. */
  readonly witnesses: readonly { name: string; at: number | null }[];
  readonly growth: Growth;
  /** Null beyond the end. */
  entry(index: number): Promise<ViewedEntry | null>;
  /** Up to `limit` entries before the index, the newest first. */
  entriesBefore(before: number, limit: number): Promise<ViewedEntry[]>;
  /** Up to `limit` entries before the index that match, the newest first. */
  find(query: Query, before: number, limit: number): Promise<ViewedEntry[]>;
  inclusion(index: number): Promise<Inclusion>;
}

/** What somebody looks for: the beginning of a digest, or words that all have to be there. */
export type Query = { fingerprint: string } | { words: readonly string[] };
