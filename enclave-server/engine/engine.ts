/**
 * The seam between the server and whatever runs the model. The server holds the keys; an engine sees the
 * messages of one chat at a time and nothing that could open another.
 * @module
 */
import type { Schema } from '../json-schema.ts';
import type { ChatTemplate, Message } from './template.ts';

/** A model as the engine needs it: what the measured configuration says about one file. */
export interface EngineModel {
  id: string;
  contextTokens: number;
  template: ChatTemplate;
  /** Longest text of which it makes a vector, in tokens; absent or null where it makes none. */
  embeddingTokens?: number | null;
}

/** A function that the model may ask for; it is never run here. */
export interface Tool {
  name: string;
  description: string;
  parameters: Schema;
}

export type ToolChoice = 'none' | 'auto' | 'required' | { name: string };

export interface ToolCall {
  name: string;
  /** JSON text. */
  arguments: string;
}

/** A message of a chat with tools: besides plain ones, calls that were made and what came of them. */
export type ChatMessage =
  | Message
  | { role: 'assistant'; content: string; toolCalls: readonly (ToolCall & { id: string })[] }
  | { role: 'tool'; content: string; callId: string };

/** What an answer must be besides text. */
export type AnswerFormat = { kind: 'json' } | { kind: 'schema'; name: string; schema: Schema };

/** One answer to be generated. */
export interface ChatJob {
  /** The engine's name for the sealed session: state may be kept between jobs of one number, never across. */
  session: number;
  model: string;
  messages: readonly ChatMessage[];
  tools?: readonly Tool[];
  toolChoice?: ToolChoice;
  /** Null or absent for plain text. */
  format?: AnswerFormat | null;
  /** Most tokens of the answer, at least 1. Less where the context ends earlier. */
  maxTokens: number;
  /** 0 takes the likeliest token each time. */
  temperature: number;
  topP: number;
  /** Texts that end the answer and are not part of it. */
  stop: readonly string[];
  seed: number;
}

export interface Generation {
  /** `aborted` when the signal ended it. */
  finish: 'stop' | 'length' | 'aborted';
  promptTokens: number;
  completionTokens: number;
  /** Calls that the model wants made, instead of text. */
  toolCalls?: readonly ToolCall[];
}

/** Texts of which vectors are to be made. */
export interface EmbeddingJob {
  session: number;
  model: string;
  /** At least one. */
  inputs: readonly string[];
}

export interface Embeddings {
  /** One for each text, of length 1. */
  vectors: readonly Float32Array[];
  promptTokens: number;
}

/** Takes text in whole code points; `reasoning` is what a model thinks aloud before it answers. */
export type OnText = (text: string, kind?: 'text' | 'reasoning') => void;

export interface Engine {
  /**
   * Generates one answer and hands over its text. Rejects with WAX_ENGINE_BUSY, WAX_ENGINE_TOO_LONG,
   * WAX_ENGINE_FORMAT or WAX_ENGINE_FAILED; an abort resolves with `aborted`.
   */
  generate(job: ChatJob, onText: OnText, signal: AbortSignal): Promise<Generation>;
  /**
   * Makes vectors; absent where no model does. Rejects as `generate` does, and with WAX_ENGINE_FAILED on abort.
   */
  embed?(job: EmbeddingJob, signal: AbortSignal): Promise<Embeddings>;
  /** Forgets what is kept for a session. */
  release(session: number): void;
  stop(): Promise<void>;
}
