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
import { parseChatRequest } from './chat-request.ts';
import type { ModelConfig } from './config.ts';
import type { Engine, Generation, ToolCall } from './engine/engine.ts';
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
function completion(summary: Summary, content: string, calls: readonly NamedCall[]): Uint8Array {
  const toolCalls = calls.map(({ id, name, arguments: given }) => {
    return { id, type: 'function', function: { name, arguments: given } };
  });
  const message = {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
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
      const [first] = models;
      if (request.op !== 'models' || !first) throw new TurnRefusal('parameter-refused');
      this.#result(listModels(models));
      reply.finish({ finish_reason: 'stop', model: first.id, modelSha256: first.sha256, usage: NO_USAGE });
    } catch (error) {
      const { error: code, retryAfterS } = refusalOf(error);
      reply.fail(code, retryAfterS);
    }
  }

  async #chat({ mode, body }: TurnRequest): Promise<void> {
    const { engine, models, reply, session, signal, blockMs } = this.#options;
    const chat = parseChatRequest(body);
    const model = models.find(({ id }) => id === chat.model);
    if (!model) throw new TurnRefusal('model-unknown');
    const gathered: string[] = [];
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
    const onText = (text: string) => {
      if (mode === 'steady') this.#say(text);
      else gathered.push(text);
    };
    try {
      const generation = await engine.generate(job, onText, AbortSignal.any([signal, this.#enough.signal]));
      const cutShort = generation.finish === 'aborted';
      // An engine that has said nothing in all the time that a reply has is not one that ran out of room.
      if (cutShort && !this.#said && gathered.length === 0) throw new TurnRefusal('engine-failed');
      const calls = nameCalls(generation.toolCalls ?? []);
      const stopped = calls.length > 0 ? 'tool_calls' : 'stop';
      const summary = summarise(model, generation.finish === 'stop' ? stopped : 'length', generation);
      if (mode === 'block') this.#result(completion(summary, gathered.join(''), calls));
      else for (const [index, call] of calls.entries()) this.#call({ index, ...call });
      reply.finish(summary);
    } finally {
      clearTimeout(timer);
    }
  }

  #say(text: string): void {
    if (this.#enough.signal.aborted) return;
    if (this.#options.reply.push({ kind: 'text', text })) this.#said = true;
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
