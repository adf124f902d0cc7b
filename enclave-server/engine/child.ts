/**
 * The engine process: llama.cpp through node-llama-cpp, for as long as the line to the server stands.
 * It has no keys, no report device, an empty environment and no standard streams. Any surprise ends it:
 * the server notices, and a new one costs half a second.
 * @module
 */
import { getLlama, type Llama, LlamaLogLevel } from 'node-llama-cpp';
import { openLine } from '../line/child-end.ts';
import type { EmbeddingJob, EngineModel } from './engine.ts';
import { LlamaChats } from './llama-chats.ts';
import { LlamaEmbeddings } from './llama-embeddings.ts';
import type { EngineCommand, PlainJob, SentReport } from './messages.ts';
import { vectorToBase64 } from './vectors.ts';

const stop = (): never => process.exit(1);

async function load(llama: Llama, model: EngineModel & { path: string }, sequences: number, threads: number) {
  const loaded = await llama.loadModel({ modelPath: model.path, useMmap: true, gpuLayers: 0 });
  const context = await loaded.createContext({ contextSize: model.contextTokens, sequences, threads });
  const { embeddingTokens = null } = model;
  return {
    chats: new LlamaChats(llama, loaded, context, model),
    embeddings:
      embeddingTokens === null ? null : await LlamaEmbeddings.open(loaded, embeddingTokens, threads),
  };
}

class EngineProcess {
  readonly #models = new Map<string, Awaited<ReturnType<typeof load>>>();
  readonly #running = new Map<number, AbortController>();

  async start({ models, sequences, threads }: EngineCommand & { type: 'start' }): Promise<void> {
    const llama = await getLlama({
      gpu: false,
      // Never compiles and never downloads: the binary is part of the measured image.
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.disabled,
      maxThreads: threads,
    });
    for (const model of models) this.#models.set(model.id, await load(llama, model, sequences, threads));
    send({ type: 'ready' });
  }

  async generate(job: number, chat: PlainJob): Promise<void> {
    const { chats } = this.#models.get(chat.model) ?? {};
    if (!chats) return stop();
    const controller = new AbortController();
    this.#running.set(job, controller);
    const outcome = await chats.generate(
      chat,
      {
        compiled: () => send({ type: 'compiled', job }),
        text: (text) => send({ type: 'text', job, text }),
      },
      controller.signal,
    );
    this.#running.delete(job);
    send(
      typeof outcome === 'string'
        ? { type: 'refused', job, reason: outcome }
        : { type: 'end', job, ...outcome },
    );
  }

  async embed(job: number, { model, inputs }: EmbeddingJob): Promise<void> {
    const { embeddings } = this.#models.get(model) ?? {};
    if (!embeddings) return stop();
    const controller = new AbortController();
    this.#running.set(job, controller);
    const outcome = await embeddings.embed(inputs, controller.signal);
    this.#running.delete(job);
    if (typeof outcome === 'string') send({ type: 'refused', job, reason: outcome });
    else {
      const { vectors, promptTokens } = outcome;
      send({ type: 'vectors', job, vectors: vectors.map(vectorToBase64), promptTokens });
    }
  }

  abort(job: number): void {
    this.#running.get(job)?.abort();
  }

  release(session: number): void {
    for (const { chats } of this.#models.values()) chats.release(session);
  }
}

const engine = new EngineProcess();

process.on('uncaughtException', stop);
process.on('unhandledRejection', stop);

function obey(command: EngineCommand): void {
  if (command.type === 'start') engine.start(command).catch(stop);
  else if (command.type === 'generate') engine.generate(command.job, command.chat).catch(stop);
  else if (command.type === 'embed') engine.embed(command.job, command.texts).catch(stop);
  else if (command.type === 'abort') engine.abort(command.job);
  else if (command.type === 'ping') send({ type: 'pong' });
  else engine.release(command.session);
}

const send = openLine<EngineCommand, SentReport>(obey, stop);
