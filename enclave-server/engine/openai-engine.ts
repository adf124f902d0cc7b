/**
 * An engine beside this server that speaks OpenAI's API, such as llama-server, in the same measured image. It is
 * not ours to start, to recycle or to erase: what it keeps of a chat, and for how long, is up to its own measured
 * command line.
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { CodedError } from '../../protocol/errors.ts';
import type { ChatJob, EmbeddingJob, Embeddings, Engine, Generation, OnText } from './engine.ts';
import { engineError } from './errors.ts';
import { askLocal, readEvents, readText } from './local-http.ts';
import {
  CallPieces,
  type ChatChunk,
  callableTools,
  chatBody,
  LONGEST_EMBEDDINGS,
  parseChunk,
  parseEmbeddings,
  parseModelIds,
  refusalOf,
} from './openai-messages.ts';

export interface OpenAiEngineOptions {
  /** As in the configuration: `unix:` and a path, or `http://` and a loopback address. */
  endpoint: string;
  /** Answers at the same time. */
  sequences: number;
  models: readonly { id: string; embeddingTokens: number | null }[];
  /** Told when the engine cannot be reached, once until it can be again. */
  onCrash?: () => void;
  /** How long the engine may take to begin, in milliseconds; five minutes unless said. */
  startMs?: number;
}

const START_MS = 300_000;
const RETRY_MS = 500;
const LONGEST_REFUSAL = 65_536;
const LONGEST_LIST = 1 << 20;
const LONGEST_ANSWER = 1 << 24;

interface Gathered {
  calls: CallPieces;
  finish: string | undefined;
  usage: ChatChunk['usage'];
}

class OpenAiEngine implements Engine {
  readonly #options: OpenAiEngineOptions;
  readonly #stop = new AbortController();
  #running = 0;
  #gone = false;

  constructor(options: OpenAiEngineOptions) {
    this.#options = options;
  }

  /** Waits until the engine lists every model that the configuration names. */
  async start(): Promise<void> {
    const deadline = performance.now() + (this.#options.startMs ?? START_MS);
    while (performance.now() < deadline) {
      const ids = await this.#models().catch(() => null);
      if (ids && this.#options.models.every(({ id }) => ids.includes(id))) return;
      // One that answers with other models will not learn ours by waiting.
      if (ids) break;
      await wait(RETRY_MS);
    }
    throw engineError('WAX_ENGINE_START');
  }

  async #models(): Promise<string[]> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(5_000)]);
    const answer = await askLocal(this.#options.endpoint, 'GET', '/v1/models', null, signal);
    const text = await readText(answer, LONGEST_LIST);
    if (answer.statusCode !== 200) throw engineError('WAX_ENGINE_START');
    return parseModelIds(text);
  }

  async generate(job: ChatJob, onText: OnText, signal: AbortSignal): Promise<Generation> {
    const said: Gathered = { calls: new CallPieces(), finish: undefined, usage: undefined };
    try {
      await this.#place(async () => {
        const answer = await this.#ask('/v1/chat/completions', chatBody(job), signal);
        for await (const data of readEvents(answer, LONGEST_ANSWER)) {
          if (data === '[DONE]') break;
          this.#take(parseChunk(data), said, onText);
        }
      });
    } catch (error) {
      if (signal.aborted) return { finish: 'aborted', promptTokens: 0, completionTokens: 0 };
      throw error;
    }
    // Without these it has broken off, or counts for nobody.
    if (said.finish === undefined || said.usage === undefined) throw engineError('WAX_ENGINE_FAILED');
    const toolCalls = said.calls.end(callableTools(job));
    const finish = said.finish === 'length' ? 'length' : 'stop';
    // Some engines take the demand and do not keep to it, where the template of the model knows no tools.
    const must = callableTools(job).length > 0 && job.toolChoice !== 'auto';
    if (must && toolCalls.length === 0 && finish === 'stop') throw engineError('WAX_ENGINE_FORMAT');
    return { finish, ...said.usage, ...(toolCalls.length > 0 && { toolCalls }) };
  }

  #take({ text, reasoning, calls, finish, usage }: ChatChunk, said: Gathered, onText: OnText): void {
    if (reasoning) onText(reasoning.toWellFormed(), 'reasoning');
    if (text) onText(text.toWellFormed());
    for (const call of calls) said.calls.add(call);
    said.finish = finish ?? said.finish;
    said.usage = usage ?? said.usage;
  }

  async embed({ model, inputs }: EmbeddingJob, signal: AbortSignal): Promise<Embeddings> {
    return this.#place(async () => {
      const body = { model, input: inputs, encoding_format: 'float' };
      const answer = await this.#ask('/v1/embeddings', body, signal);
      return parseEmbeddings(await readText(answer, LONGEST_EMBEDDINGS), inputs.length);
    });
  }

  /** Nothing is kept here for a session. */
  release(): void {}

  async stop(): Promise<void> {
    this.#stop.abort();
  }

  async #place<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#options.sequences) throw engineError('WAX_ENGINE_BUSY');
    this.#running++;
    try {
      return await work();
    } catch (error) {
      // What is thrown while a body is read may hold a piece of it.
      throw error instanceof CodedError ? error : engineError('WAX_ENGINE_FAILED');
    } finally {
      this.#running--;
    }
  }

  async #ask(path: string, body: object, signal: AbortSignal): Promise<IncomingMessage> {
    const stop = AbortSignal.any([signal, this.#stop.signal]);
    const answer = await askLocal(this.#options.endpoint, 'POST', path, body, stop).catch((error) => {
      if (!stop.aborted && !this.#gone) this.#options.onCrash?.();
      this.#gone ||= !stop.aborted;
      throw error;
    });
    this.#gone = false;
    if (answer.statusCode === 200) return answer;
    throw refusalOf(answer.statusCode ?? 0, await readText(answer, LONGEST_REFUSAL));
  }
}

/** Resolves when the engine lists the models; rejects with WAX_ENGINE_START. */
export async function startOpenAiEngine(options: OpenAiEngineOptions): Promise<Engine> {
  const engine = new OpenAiEngine(options);
  await engine.start();
  return engine;
}
