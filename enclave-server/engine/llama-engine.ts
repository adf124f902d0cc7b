/**
 * The default engine: llama.cpp in a child process, with a second one loaded and waiting. A crash, a recycle
 * after so many sessions, or a quiet moment hands over to the one that waits. Ending a process is also how
 * memory is erased: what llama.cpp frees still holds the last chats.
 * @module
 */
import type { ChatJob, EmbeddingJob, Embeddings, Engine, EngineModel, Generation } from './engine.ts';
import { EngineProcess, type EngineProcessOptions } from './engine-process.ts';
import { engineError } from './errors.ts';
import { holdModel, type ModelCopy } from './model-copy.ts';
import { ToolText } from './tool-text.ts';

export interface LlamaEngineOptions {
  script: string;
  models: readonly (EngineModel & { path: string; sha256: string })[];
  sequences: number;
  threads: number;
  /** A process is replaced once it has served this many sessions; 1 gives every session its own. */
  recycleAfterSessions: number;
  /** A process that has served anything is replaced after this long without work. */
  recycleIdleMs: number;
  /** As of `EngineProcessOptions`. */
  confine?: string | null;
  compileMs?: number;
  pingMs?: number;
  /** Told when a process has ended that was not asked to, or was ended because it did not come back. */
  onCrash?: (how: 'crashed' | 'hung') => void;
  /** Told when a process has loaded its models: the first one, and each that waits from then on. */
  onLoaded?: () => void;
}

// A process that dies while it loads is tried again, ever more slowly, not in a tight loop.
const RETRY = [100, 1_000, 10_000, 60_000];

class LlamaEngine implements Engine {
  readonly #options: LlamaEngineOptions;
  readonly #process: EngineProcessOptions;
  readonly #retired = new Set<EngineProcess>();
  #active: EngineProcess | null = null;
  #standby: EngineProcess | null = null;
  #failures = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: LlamaEngineOptions, copies: readonly ModelCopy[]) {
    this.#options = options;
    const { script, confine = null, sequences, threads, compileMs, pingMs } = options;
    const models = options.models.flatMap(({ id, contextTokens, template, embeddingTokens }, index) => {
      const copy = copies[index];
      return copy ? [{ id, contextTokens, template, embeddingTokens: embeddingTokens ?? null, copy }] : [];
    });
    this.#process = {
      ...{ script, confine, sequences, threads, models },
      ...(compileMs !== undefined && { compileMs }),
      ...(pingMs !== undefined && { pingMs }),
    };
  }

  async start(): Promise<void> {
    const first = this.#spawn();
    await first.ready;
    this.#active = first;
    this.#fillStandby();
  }

  async generate(job: ChatJob, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    return this.#serve(job.session, async (active) => {
      const text = new ToolText(job, onText);
      const generation = await active.generate(text.plain, (piece) => text.push(piece), signal);
      return { ...generation, ...text.end() };
    });
  }

  async embed(job: EmbeddingJob, signal: AbortSignal): Promise<Embeddings> {
    return this.#serve(job.session, (active) => active.embed(job, signal));
  }

  /** Has a process do some work for a session. */
  async #serve<Result>(session: number, work: (active: EngineProcess) => Promise<Result>): Promise<Result> {
    clearTimeout(this.#idleTimer);
    const active = this.#choose(session);
    // Between a crash and the moment when the next process has loaded, the client may ask again shortly.
    if (!active || active.running >= this.#options.sequences) throw engineError('WAX_ENGINE_BUSY');
    try {
      return await work(active);
    } finally {
      this.#settle(active);
    }
  }

  release(session: number): void {
    for (const process of [this.#active, ...this.#retired]) process?.release(session);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#retryTimer);
    const all = [this.#active, this.#standby, ...this.#retired].filter((process) => process !== null);
    for (const process of all) process.kill();
    await Promise.all(all.map((process) => process.ended));
    await Promise.all(this.#process.models.map(({ copy }) => copy.close()));
  }

  #spawn(): EngineProcess {
    const process = new EngineProcess(this.#process);
    void process.ended.then(() => this.#onEnd(process));
    process.ready.then(
      () => this.#options.onLoaded?.(),
      () => {},
    );
    return process;
  }

  #fillStandby(): void {
    if (this.#stopped || this.#standby) return;
    const standby = this.#spawn();
    this.#standby = standby;
    standby.ready.then(
      () => {
        this.#failures = 0;
        if (!this.#active) this.#promote();
      },
      () => {},
    );
  }

  /** The standby takes over, once it has loaded; the former process ends when its jobs have. */
  #promote(): void {
    if (!this.#standby?.loaded) return;
    if (this.#active) this.#retire(this.#active);
    this.#active = this.#standby;
    this.#standby = null;
    this.#fillStandby();
  }

  #retire(process: EngineProcess): void {
    this.#retired.add(process);
    if (process.running === 0) process.kill();
  }

  #choose(session: number): EngineProcess | null {
    const active = this.#active;
    const full = active && active.sessions.size >= this.#options.recycleAfterSessions;
    if (full && !active.sessions.has(session)) this.#promote();
    return this.#active;
  }

  #settle(process: EngineProcess): void {
    if (this.#retired.has(process) && process.running === 0) process.kill();
    if (process === this.#active && process.running === 0) this.#awaitIdle();
  }

  #awaitIdle(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (this.#standby?.loaded) this.#promote();
      else this.#awaitIdle();
    }, this.#options.recycleIdleMs).unref();
  }

  #onEnd(process: EngineProcess): void {
    const expected = this.#stopped || this.#retired.delete(process);
    if (expected) return;
    this.#options.onCrash?.(process.hung ? 'hung' : 'crashed');
    if (process === this.#active) {
      this.#active = null;
      clearTimeout(this.#idleTimer);
      this.#promote();
      return;
    }
    if (process !== this.#standby) return;
    this.#standby = null;
    const delay = RETRY[Math.min(this.#failures, RETRY.length - 1)];
    this.#failures++;
    this.#retryTimer = setTimeout(() => this.#fillStandby(), delay).unref();
  }
}

/** Reads the models, checks their digests, and resolves when the first engine process can answer. */
export async function startLlamaEngine(options: LlamaEngineOptions): Promise<Engine> {
  const copies: ModelCopy[] = [];
  try {
    for (const model of options.models) copies.push(await holdModel(model.path, model.sha256));
    const engine = new LlamaEngine(options, copies);
    await engine.start();
    return engine;
  } catch (error) {
    await Promise.all(copies.map((copy) => copy.close()));
    throw error;
  }
}
