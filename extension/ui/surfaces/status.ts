/**
 * Where a surface stands. The files of this folder say what each surface shows and what a person can do there: views
 * render these states and call these actions, and hold no key, no network and no browser API. Words and numbers are
 * put together by the views, so states carry facts (names, times, counts), never sentences.
 * @module
 */
import type { ReportState, Row } from '../../../protocol/report.ts';
import type { Interference } from '../../messaging.ts';

/** Everything a surface can stand at: what a report says, and what keeps Waxseal from having one. */
export type StateId =
  | ReportState
  | 'not-set-up'
  | 'not-granted'
  | 'checking'
  | 'adapter'
  | 'cannot-reach'
  | 'busy'
  /** The page took the keyboard from the box. */
  | 'page'
  /** The page drew over the box. */
  | 'page-covered'
  | 'storage';

/** Facts that sentences are made of. Times are milliseconds since 1970. A missing fact drops its clause. */
export interface Figures {
  /** Host of the enclave service, as shown: `chat.fernhill.example`. */
  readonly service?: string;
  /** Who runs the service: `Fernhill`. */
  readonly operator?: string;
  readonly model?: string;
  /** Name of the trust domain the service belongs to. */
  readonly domain?: string;
  /** What stands between this computer and the service, and who runs it; missing where nothing does. */
  readonly relay?: { readonly host: string; readonly operator: string };
  /** Maker of the chip: `AMD`. */
  readonly vendor?: string;
  /** Which of the vendor's papers is out of date. */
  readonly paper?: 'certificate' | 'revocation-list' | 'firmware';
  /** When something ended or will end: a paper, a grace period, an approval. */
  readonly endsAt?: number;
  /** Age of the last check, in minutes. */
  readonly minutes?: number;
  /** Age of the last good copy of the log, in hours. */
  readonly hours?: number;
  /** For how many more hours the last good copy may be used. */
  readonly hoursLeft?: number;
  /** When the next try starts, for a busy or silent server. */
  readonly retryAt?: number;
  /** When the log last answered; shows that the connection itself works. */
  readonly logAnsweredAt?: number;
  readonly release?: number;
  /** Days since the running release was replaced. */
  readonly days?: number;
  /** Publishers who accepted a grace period, and how many there are. */
  readonly publishers?: { readonly signed: number; readonly all: number };
  /** The witnesses' time and how many agree on it, for a clock that is wrong. */
  readonly witnessTime?: { readonly at: number; readonly agree: number; readonly localAt: number };
  /** Version of Waxseal that runs, and the one the log asks for if it says so. */
  readonly version?: { readonly have: string; readonly need?: string };
  /** The last message went out sealed to the program checked before, which is no longer the one there. */
  readonly sealedBefore?: boolean;
  /** What the page did to the box. */
  readonly interference?: Interference;
  /** Stable error code, shown small and last. */
  readonly code?: string;
  /** Address to write to the operator: https or mailto. */
  readonly contact?: string;
}

/** Where a surface stands. The loudest state wins; `simulated` stays visible beside any other state. */
export interface Status {
  readonly id: StateId;
  readonly simulated: boolean;
  readonly figures: Figures;
}

/** How far the check before sealing has come. */
export interface Progress {
  readonly phase: 'log' | 'asking' | 'verifying';
  /** Rows that have a result, in the order they got it. */
  readonly rows: readonly Row[];
}
