/**
 * One engine process seen from the server: start, jobs, abort, death.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { EmbeddingJob, Embeddings, EngineModel, Generation } from './engine.ts';
import { engineError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { Lines } from './lines.ts';
import {
  CHANNEL,
  type EngineCommand,
  type EngineReport,
  LONGEST_REPORT,
  type PlainJob,
  parseEngineReport,
} from './messages.ts';
import type { ModelCopy } from './model-copy.ts';

export interface EngineProcessOptions {
  /** The script to run: child.ts, or its place in the bundle. */
  script: string;
  /** The program built from confine.c; null or absent where there is none, as in development. */
  confine?: string | null;
  models: readonly (EngineModel & { copy: ModelCopy })[];
  sequences: number;
  threads: number;
  /** Longest time for the grammar of a job, in milliseconds; 5 s unless said. */
  compileMs?: number;
  /** Time between two questions whether the process is still there, in milliseconds; 3 s unless said. */
  pingMs?: number;
}

type JobReport = Exclude<EngineReport, { type: 'ready' | 'pong' }>;
type LastReport = Exclude<JobReport, { type: 'compiled' | 'text' | 'refused' }>;

interface Job {
  /** Runs while its grammar is being compiled. */
  compiling: NodeJS.Timeout | undefined;
  onText: (text: string) => void;
  resolve: (report: LastReport) => void;
  reject: (error: Error) => void;
}

// The model files come after it.
const FIRST_FILE = CHANNEL + 1;
const START_TIMEOUT = 300_000;
const ABORT_TIMEOUT = 5_000;
/** A grammar that takes longer is a bomb that the bounds on schemas have missed. */
const COMPILE_TIMEOUT = 5_000;
/** A process that misses five is stopped, starved or caught in a loop. */
const PING_INTERVAL = 3_000;

/**
 * What the engine process is given of the environment: nothing of ours, no debugger on a failed assertion, and no
 * home, which the engine wants to know and where nothing is to be found.
 */
const ENVIRONMENT = { GGML_NO_BACKTRACE: '1', HOME: '/nonexistent' };

/** No debugger for whoever sends the signal for it. */
const FLAGS = ['--disable-sigusr1'];

const REFUSALS = {
  busy: 'WAX_ENGINE_BUSY',
  'too-long': 'WAX_ENGINE_TOO_LONG',
  format: 'WAX_ENGINE_FORMAT',
} as const;

export class EngineProcess {
  readonly #child: ChildProcess;
  /** Null where the process could not be made at all. */
  readonly #channel: Duplex | null;
  readonly #jobs = new Map<number, Job>();
  readonly #compileMs: number;
  #heartbeat: Heartbeat | null = null;
  #hung = false;
  #nextJob = 0;
  #dead = false;
  #loaded = false;
  /** Resolves when every model is loaded; rejects with WAX_ENGINE_START. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Sessions that have had a job here. */
  readonly sessions = new Set<number>();

  constructor(options: EngineProcessOptions) {
    const { script, confine = null, models, sequences, threads, compileMs, pingMs } = options;
    this.#compileMs = compileMs ?? COMPILE_TIMEOUT;
    const files = models.flatMap(({ copy }) => (copy.fd === null ? [] : [copy.fd]));
    // Confined or not, it is this Node.js that runs the script.
    const [program = '', ...rest] = [...(confine === null ? [] : [confine]), process.execPath];
    this.#child = spawn(program, [...rest, ...FLAGS, script], {
      env: ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', ...files],
    });
    const { stdio }: { stdio: ChildProcess['stdio'] | undefined } = this.#child;
    this.#channel = (stdio?.[CHANNEL] ?? null) as Duplex | null;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.ready.catch(() => {});
    const timer = setTimeout(() => this.kill(), START_TIMEOUT);
    this.ended = new Promise((ended) => {
      const gone = () => {
        clearTimeout(timer);
        this.#heartbeat?.stop();
        reject(engineError('WAX_ENGINE_START'));
        this.#fail();
        ended();
      };
      this.#child.once('exit', gone).once('error', gone);
    });
    const lines = new Lines(LONGEST_REPORT);
    const take = (report: EngineReport) => {
      this.#heartbeat?.heard();
      if (report.type === 'pong') return;
      if (report.type !== 'ready') return this.#report(report);
      clearTimeout(timer);
      this.#loaded = true;
      this.#watch(pingMs ?? PING_INTERVAL);
      resolve();
    };
    // A closing channel reports its error here; the end of the process is handled in `ended`.
    this.#channel?.on('error', () => {});
    this.#channel?.on('data', (bytes: Buffer) => {
      try {
        for (const line of lines.push(bytes)) take(parseEngineReport(JSON.parse(line)));
      } catch {
        // Nothing that it has sent besides is looked at.
        this.#channel?.destroy();
        this.kill();
      }
    });
    const paths = models.map(({ copy }, index) => copy.pathInChild(FIRST_FILE + index));
    this.#send({
      type: 'start',
      sequences,
      threads,
      models: models.map(({ id, contextTokens, template, embeddingTokens = null }, index) => {
        return { id, contextTokens, template, embeddingTokens, path: paths[index] ?? '' };
      }),
    });
  }

  #watch(everyMs: number): void {
    const ask = () => this.#send({ type: 'ping' });
    this.#heartbeat = new Heartbeat(everyMs, ask, () => this.#giveUp());
  }

  /** True when it was ended because it no longer came back. */
  get hung(): boolean {
    return this.#hung;
  }

  /** True from the moment every model is loaded. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Jobs that have not ended. */
  get running(): number {
    return this.#jobs.size;
  }

  /** As in the seam; rejects with WAX_ENGINE_FAILED when the process ends first. */
  async generate(chat: PlainJob, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const compileMs = chat.grammar === null ? null : this.#compileMs;
    const start = (job: number): EngineCommand => ({ type: 'generate', job, chat });
    const report = await this.#run(chat.session, start, { compileMs, onText, signal });
    if (report.type !== 'end') throw engineError('WAX_ENGINE_MESSAGE');
    const { finish, promptTokens, completionTokens } = report;
    return { finish, promptTokens, completionTokens };
  }

  /** As in the seam; rejects with WAX_ENGINE_FAILED when the process ends first. */
  async embed(texts: EmbeddingJob, signal: AbortSignal): Promise<Embeddings> {
    const start = (job: number): EngineCommand => ({ type: 'embed', job, texts });
    const report = await this.#run(texts.session, start, { compileMs: null, onText: () => {}, signal });
    if (report.type !== 'vectors') throw engineError('WAX_ENGINE_MESSAGE');
    const { vectors, promptTokens } = report;
    // Fewer of them are what is left of a job that was aborted.
    if (vectors.length < texts.inputs.length) throw engineError('WAX_ENGINE_FAILED');
    return { vectors, promptTokens };
  }

  #run(
    session: number,
    start: (job: number) => EngineCommand,
    { compileMs, onText, signal }: { compileMs: number | null; onText: Job['onText']; signal: AbortSignal },
  ): Promise<LastReport> {
    const job = this.#nextJob++;
    const { promise, resolve, reject } = Promise.withResolvers<LastReport>();
    if (this.#dead) reject(engineError('WAX_ENGINE_FAILED'));
    else {
      this.sessions.add(session);
      const compiling = compileMs === null ? undefined : setTimeout(() => this.#giveUp(), compileMs).unref();
      this.#jobs.set(job, { compiling, onText, resolve, reject });
      this.#send(start(job));
    }
    let deadline: NodeJS.Timeout | undefined;
    const abort = () => {
      this.#send({ type: 'abort', job });
      // An engine that does not come back from a computation is replaced; nothing else would free its memory.
      deadline = setTimeout(() => this.#giveUp(), ABORT_TIMEOUT);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    return promise.finally(() => {
      clearTimeout(deadline);
      signal.removeEventListener('abort', abort);
    });
  }

  release(session: number): void {
    if (this.sessions.has(session)) this.#send({ type: 'release', session });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #giveUp(): void {
    this.#hung = true;
    this.kill();
  }

  #send(command: EngineCommand): void {
    if (!this.#dead && this.#channel?.writable) this.#channel.write(`${JSON.stringify(command)}\n`);
  }

  #report(report: JobReport): void {
    const job = this.#jobs.get(report.job);
    if (!job) return;
    clearTimeout(job.compiling);
    if (report.type === 'compiled') return;
    if (report.type === 'text') {
      job.onText(report.text);
      return;
    }
    this.#jobs.delete(report.job);
    if (report.type === 'refused') {
      job.reject(engineError(REFUSALS[report.reason]));
      return;
    }
    job.resolve(report);
  }

  #fail(): void {
    this.#dead = true;
    for (const { compiling, reject } of this.#jobs.values()) {
      clearTimeout(compiling);
      reject(engineError('WAX_ENGINE_FAILED'));
    }
    this.#jobs.clear();
  }
}
