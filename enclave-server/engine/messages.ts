/**
 * What the server and the engine process tell each other. The process runs native code on files and texts
 * from outside, so the server reads its messages as it would read a stranger's.
 * @module
 */

import type { Schema } from '../json-schema.ts';
import type { ChatJob, EmbeddingJob, EngineModel, Generation } from './engine.ts';
import { engineError } from './errors.ts';
import type { Message } from './template.ts';
import { vectorFromBase64 } from './vectors.ts';

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
  | { type: 'embed'; job: number; texts: EmbeddingJob }
  | { type: 'abort'; job: number }
  | { type: 'release'; session: number }
  | { type: 'ping' };

/** From the engine process, as read; vectors travel in base64, since numbers in JSON are three times as long. */
export type EngineReport =
  | { type: 'ready' }
  | { type: 'pong' }
  /** Its grammar is compiled. */
  | { type: 'compiled'; job: number }
  | { type: 'text'; job: number; text: string }
  | ({ type: 'end'; job: number } & Generation)
  | { type: 'vectors'; job: number; vectors: Float32Array[]; promptTokens: number }
  | { type: 'refused'; job: number; reason: 'too-long' | 'busy' | 'format' };

/** Of one job. */
export type JobReport = Exclude<EngineReport, { type: 'ready' | 'pong' }>;

/** The same as sent. */
export type SentReport =
  | Exclude<EngineReport, { type: 'vectors' }>
  | { type: 'vectors'; job: number; vectors: string[]; promptTokens: number };

const MOST_TEXT = 65_536;

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isOneOf = <Word extends string>(value: unknown, words: readonly Word[]): value is Word =>
  words.some((word) => word === value);

const MOST_VECTORS = 64;
/** Base64 of 16,384 numbers. */
const LONGEST_VECTOR = 87_384;
/** Bytes of the longest report: as many and as long vectors as there may be, with quotes and commas, and the rest. */
export const LONGEST_REPORT = MOST_VECTORS * (LONGEST_VECTOR + 3) + 1024;

function readVector(value: unknown): Float32Array {
  const known = typeof value === 'string' && value.length <= LONGEST_VECTOR;
  const vector = known ? vectorFromBase64(value) : null;
  if (vector === null) throw engineError('WAX_ENGINE_MESSAGE');
  return vector;
}

/** Narrows one message of the engine process. */
export function parseEngineReport(message: unknown): EngineReport {
  if (typeof message !== 'object' || message === null) throw engineError('WAX_ENGINE_MESSAGE');
  const fields: Record<string, unknown> = { ...message };
  const { type, job, text, reason, finish, vectors, promptTokens, completionTokens } = fields;
  if (type === 'ready' || type === 'pong') return { type };
  if (!isCount(job)) throw engineError('WAX_ENGINE_MESSAGE');
  if (type === 'compiled') return { type, job };
  if (type === 'text' && typeof text === 'string' && text.length <= MOST_TEXT) {
    return { type, job, text: text.toWellFormed() };
  }
  if (
    type === 'vectors' &&
    Array.isArray(vectors) &&
    vectors.length <= MOST_VECTORS &&
    isCount(promptTokens)
  ) {
    return { type, job, vectors: vectors.map(readVector), promptTokens };
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
