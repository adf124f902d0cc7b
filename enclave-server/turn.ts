/**
 * One turn after its request has opened: from the request inside the seal to the content of the reply.
 * @module
 */
import { randomBytes, randomInt } from 'node:crypto';
import { utf8 } from '../protocol/bytes.ts';
import { CodedError } from '../protocol/errors.ts';
import type { FinishReason, Summary } from '../protocol/session/events.ts';
import type { ReplyWriter } from '../protocol/session/reply-writer.ts';
import type { TurnRequest } from '../protocol/session/turn-request.ts';
import { type ChatRequest, parseChatRequest } from './chat-request.ts';
import { embeddingList, parseEmbeddingRequest } from './embedding-request.ts';
import type { Engine, Generation, OnText, ToolCall } from './engine/engine.ts';
import type { ModelConfig } from './model-config.ts';
import { TurnRefusal } from './refusal.ts';

export interface TurnOptions {
  engine: Engine;
  models: readonly ModelConfig[];
  reply: ReplyWriter;
  /** The engine's name for the session. */
  session: number;
  /** Aborted when the reader is gone or the session is over. */
  signal: AbortSignal;
  /** Longest time for a block, in milliseconds. */
  blockMs: number;
}

const BUSY_RETRY_S = 2;
/** What fits the largest block (wire-format.md B7); an engine that says more is held in memory no further. */
const MOST_BLOCK_TEXT = 2048 * 4096;
const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/** The engine's error as the client learns it; nothing of its text goes out. */
function refusalOf(error: unknown): TurnRefusal {
  if (error instanceof TurnRefusal) return error;
  const code = error instanceof CodedError ? error.code : '';
  if (code === 'WAX_ENGINE_BUSY') return new TurnRefusal('busy', BUSY_RETRY_S);
  if (code === 'WAX_ENGINE_FORMAT') return new TurnRefusal('parameter-refused');
  if (code === 'WAX_ENGINE_TOO_LONG') return new TurnRefusal('too-long');
  return new TurnRefusal('engine-failed');
}

/** Characters that no tokenizer makes one token of, on average over a whole text. */
const MOST_A_TOKEN = 32;

/**
 * Fewest tokens that a chat can have. Tokenizing is work of its own, in a process that others wait for: what
 * cannot fit by any count is refused before.
 */
function leastTokens({ messages, tools }: ChatRequest): number {
  const calls = messages.map((message) => ('toolCalls' in message ? JSON.stringify(message.toolCalls) : ''));
  const texts = [...messages.map(({ content }) => content), ...calls, JSON.stringify(tools)];
  return texts.reduce((sum, { length }) => sum + length, 0) / MOST_A_TOKEN;
}

type NamedCall = ToolCall & { id: string };

/** Calls under names of their own, by which their results will come back. */
const nameCalls = (calls: readonly ToolCall[]): NamedCall[] =>
  calls.map((call) => ({ ...call, id: `call_${randomBytes(12).toString('hex')}` }));

function summarise(model: ModelConfig, finish: FinishReason, generation: Generation): Summary {
  const { promptTokens, completionTokens } = generation;
  return {
    finish_reason: finish,
    model: model.id,
    modelSha256: model.sha256,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

/** The answer to a chat in block mode, in the form of OpenAI's chat completion object. */
function completion(
  summary: Summary,
  said: Record<'text' | 'reasoning', readonly string[]>,
  calls: readonly NamedCall[],
): Uint8Array {
  const [content, reasoning] = [said.text.join(''), said.reasoning.join('')];
  const toolCalls = calls.map(({ id, name, arguments: given }) => {
    return { id, type: 'function', function: { name, arguments: given } };
  });
  const message = {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: toolCalls }),
  };
  return utf8(
    JSON.stringify({
      object: 'chat.completion',
      model: summary.model,
      choices: [{ index: 0, message, finish_reason: summary.finish_reason }],
      usage: summary.usage,
    }),
  );
}

function listModels(models: readonly ModelConfig[]): Uint8Array {
  const data = models.map(({ id }) => ({ id, object: 'model', owned_by: 'waxseal' }));
  return utf8(JSON.stringify({ object: 'list', data }));
}

/** Runs a turn and ends the content of its reply, in whatever way. */
export class Turn {
  readonly #options: TurnOptions;
  /** Stops the engine when the reply has no room for more, or the time of a block is over. */
  readonly #enough = new AbortController();
  #said = false;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** To be called after each record: one without content uses up room as well. */
  checkRoom(): void {
    if (this.#options.reply.full) this.#enough.abort();
  }

  /** `request` is null when the text inside the seal was not a request. */
  async run(request: TurnRequest | null): Promise<void> {
    const { reply, models } = this.#options;
    try {
      if (request === null) throw new TurnRefusal('bad-request');
      if (request.op === 'chat') return await this.#chat(request);
      if (request.op === 'embeddings') return await this.#embeddings(request);
      const [first] = models;
      if (!first) throw new TurnRefusal('model-unknown');
      this.#result(listModels(models));
      reply.finish({ finish_reason: 'stop', model: first.id, modelSha256: first.sha256, usage: NO_USAGE });
    } catch (error) {
      const { error: code, retryAfterS } = refusalOf(error);
      reply.fail(code, retryAfterS);
    }
  }

  async #chat({ mode, body }: TurnRequest): Promise<void> {
    const { engine, reply, session, signal, blockMs } = this.#options;
    const chat = parseChatRequest(body);
    const model = this.#model(chat.model);
    if (leastTokens(chat) > model.contextTokens) throw new TurnRefusal('too-long');
    const gathered: Record<'text' | 'reasoning', string[]> = { text: [], reasoning: [] };
    const timer = mode === 'block' ? setTimeout(() => this.#enough.abort(), blockMs) : undefined;
    const job = {
      session,
      model: model.id,
      messages: chat.messages,
      tools: chat.tools,
      toolChoice: chat.toolChoice,
      format: chat.format,
      maxTokens: Math.min(chat.maxTokens ?? model.maxOutputTokens, model.maxOutputTokens),
      temperature: chat.temperature,
      topP: chat.topP,
      stop: chat.stop,
      seed: chat.seed ?? randomInt(0x1_0000_0000),
    };
    let room = MOST_BLOCK_TEXT;
    const onText: OnText = (text, kind = 'text') => {
      if (mode === 'steady') return this.#say(text, kind);
      room -= text.length;
      if (room < 0) this.#enough.abort();
      else gathered[kind].push(text);
    };
    try {
      const generation = await engine.generate(job, onText, AbortSignal.any([signal, this.#enough.signal]));
      const cutShort = generation.finish === 'aborted';
      // An engine that has said nothing in all the time that a reply has is not one that ran out of room.
      const silent = gathered.text.length + gathered.reasoning.length === 0;
      if (cutShort && !this.#said && silent) throw new TurnRefusal('engine-failed');
      const calls = nameCalls(generation.toolCalls ?? []);
      const stopped = calls.length > 0 ? 'tool_calls' : 'stop';
      const summary = summarise(model, generation.finish === 'stop' ? stopped : 'length', generation);
      if (mode === 'block') this.#result(completion(summary, gathered, calls));
      else for (const [index, call] of calls.entries()) this.#call({ index, ...call });
      reply.finish(summary);
    } finally {
      clearTimeout(timer);
    }
  }

  async #embeddings({ body }: TurnRequest): Promise<void> {
    const { engine, reply, session, signal, blockMs } = this.#options;
    const request = parseEmbeddingRequest(body);
    const model = this.#model(request.model);
    if (model.embeddingTokens === null || !engine.embed) throw new TurnRefusal('parameter-refused');
    const timer = setTimeout(() => this.#enough.abort(), blockMs);
    try {
      const stop = AbortSignal.any([signal, this.#enough.signal]);
      const { inputs } = request;
      const embeddings = await engine.embed({ session, model: model.id, inputs }, stop);
      this.#result(embeddingList(request, embeddings));
      const { promptTokens } = embeddings;
      reply.finish(summarise(model, 'stop', { finish: 'stop', promptTokens, completionTokens: 0 }));
    } finally {
      clearTimeout(timer);
    }
  }

  #model(wanted: string): ModelConfig {
    const model = this.#options.models.find(({ id }) => id === wanted);
    if (!model) throw new TurnRefusal('model-unknown');
    return model;
  }

  #say(text: string, kind: 'text' | 'reasoning'): void {
    if (this.#enough.signal.aborted) return;
    if (this.#options.reply.push({ kind, text })) this.#said = true;
    else this.#enough.abort();
    this.checkRoom();
  }

  #call(call: NamedCall & { index: number }): void {
    if (!this.#options.reply.push({ kind: 'tool-call', call })) throw new TurnRefusal('engine-failed');
  }

  #result(bytes: Uint8Array): void {
    if (!this.#options.reply.push({ kind: 'result', bytes })) throw new TurnRefusal('engine-failed');
  }
}
