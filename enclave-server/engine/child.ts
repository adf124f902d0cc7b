/**
 * The engine process: llama.cpp through node-llama-cpp, for as long as the channel to the server stands.
 * It has no keys, no report device, an empty environment and no standard streams. Any surprise ends it:
 * the server notices, and a new one costs half a second.
 * @module
 */
import { getLlama, type Llama, LlamaLogLevel } from 'node-llama-cpp';
import type { EngineModel } from './engine.ts';
import { LlamaChats } from './llama-chats.ts';
import type { EngineCommand, EngineReport, PlainJob } from './messages.ts';

const send = (report: EngineReport): void => {
  process.send?.(report);
};

const stop = (): never => process.exit(1);

async function load(llama: Llama, model: EngineModel & { path: string }, sequences: number, threads: number) {
  const loaded = await llama.loadModel({ modelPath: model.path, useMmap: true, gpuLayers: 0 });
  const context = await loaded.createContext({ contextSize: model.contextTokens, sequences, threads });
  return new LlamaChats(llama, loaded, context, model);
}

class EngineProcess {
  readonly #chats = new Map<string, LlamaChats>();
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
    for (const model of models) this.#chats.set(model.id, await load(llama, model, sequences, threads));
    send({ type: 'ready' });
  }

  async generate(job: number, chat: PlainJob): Promise<void> {
    const chats = this.#chats.get(chat.model);
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

  abort(job: number): void {
    this.#running.get(job)?.abort();
  }

  release(session: number): void {
    for (const chats of this.#chats.values()) chats.release(session);
  }
}

const engine = new EngineProcess();

process.on('uncaughtException', stop);
process.on('unhandledRejection', stop);
process.on('disconnect', stop);
process.on('message', (command: EngineCommand) => {
  if (command.type === 'start') engine.start(command).catch(stop);
  else if (command.type === 'generate') engine.generate(command.job, command.chat).catch(stop);
  else if (command.type === 'abort') engine.abort(command.job);
  else engine.release(command.session);
});
