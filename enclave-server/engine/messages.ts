/**
 * What the server and the engine process tell each other. The process runs native code on files and texts
 * from outside, so the server reads its messages as it would read a stranger's.
 * @module
 */

import type { Schema } from '../json-schema.ts';
import type { ChatJob, EngineModel, Generation } from './engine.ts';
import { engineError } from './errors.ts';
import type { Message } from './template.ts';

/** What the engine process is told of a job: plain messages, and the form that the text must have. */
export type PlainJob = Omit<ChatJob, 'messages' | 'tools' | 'toolChoice' | 'format'> & {
  messages: readonly Message[];
  /** `json` for any object, a schema, or null for free text. */
  grammar: 'json' | Schema | null;
};

/** To the engine process. `start` comes once and first. */
export type EngineCommand =
  | { type: 'start'; models: (EngineModel & { path: string })[]; sequences: number; threads: number }
  | { type: 'generate'; job: number; chat: PlainJob }
  | { type: 'abort'; job: number }
  | { type: 'release'; session: number };

/** From the engine process. */
export type EngineReport =
  | { type: 'ready' }
  /** Its grammar is compiled. */
  | { type: 'compiled'; job: number }
  | { type: 'text'; job: number; text: string }
  | ({ type: 'end'; job: number } & Generation)
  | { type: 'refused'; job: number; reason: 'too-long' | 'busy' | 'format' };

const MOST_TEXT = 65_536;

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isOneOf = <Word extends string>(value: unknown, words: readonly Word[]): value is Word =>
  words.some((word) => word === value);

/** Narrows one message of the engine process. */
export function parseEngineReport(message: unknown): EngineReport {
  if (typeof message !== 'object' || message === null) throw engineError('WAX_ENGINE_MESSAGE');
  const fields: Record<string, unknown> = { ...message };
  const { type, job, text, reason, finish, promptTokens, completionTokens } = fields;
  if (type === 'ready') return { type };
  if (!isCount(job)) throw engineError('WAX_ENGINE_MESSAGE');
  if (type === 'compiled') return { type, job };
  if (type === 'text' && typeof text === 'string' && text.length <= MOST_TEXT) {
    return { type, job, text: text.toWellFormed() };
  }
  if (type === 'refused' && isOneOf(reason, ['too-long', 'busy', 'format'])) return { type, job, reason };
  if (
    type === 'end' &&
    isOneOf(finish, ['stop', 'length', 'aborted']) &&
    isCount(promptTokens) &&
    isCount(completionTokens)
  ) {
    return { type, job, finish, promptTokens, completionTokens };
  }
  throw engineError('WAX_ENGINE_MESSAGE');
}
