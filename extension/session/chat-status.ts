/** What a `ChatSession` tells: where the chat stands, what a turn brings, and what became of it. @module */
import type { VerificationReport } from '../../protocol/report.ts';
import type { Outcome, ReplyEvent } from '../../protocol/session/reply-reader.ts';
import type { ServiceFailure } from './enclave-client.ts';

type Phase =
  | { phase: 'idle' | 'ready' | 'refused' }
  | { phase: 'checking'; step: 'log' | 'asking' | 'verifying' }
  /** `retryAt`: wall clock, milliseconds, of the next try while the chat is visible; null if none is planned. */
  | { phase: 'unreachable'; failure: ServiceFailure; retryAt: number | null };
export type StatusChange = Phase & { report?: VerificationReport };

/** Where the chat stands; `report` is the newest verdict, also while a newer one is being made. */
export type ChatStatus = Phase & { report: VerificationReport | null };

/** What a turn tells while it runs. */
export type TurnEvent =
  | ReplyEvent
  /** The turn goes to a session that was not there before; `restarted`: the service had lost the last one. */
  | { kind: 'session'; report: VerificationReport; restarted: boolean }
  /** The request is sealed and on its way: the draft may be emptied. */
  | { kind: 'sealed' };

/** What became of a turn. With `sent: false` nothing has left this computer. */
export type TurnResult =
  | ({ sent: true } & Outcome)
  | { sent: boolean; state: 'refused'; report: VerificationReport }
  | { sent: boolean; state: 'unreachable'; failure: ServiceFailure }
  /** The request is longer than the service takes, whatever the session. */
  | { sent: boolean; state: 'too-long' }
  | { sent: boolean; state: 'stopped' };

/** The results of a turn for which there was no session. */
export type Unusable = Extract<TurnResult, { state: 'refused' | 'unreachable' }>;
