/**
 * One engine process seen from the server: start, jobs, abort, death.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { LINE_FD } from '../line/lines.ts';
import { ServerEnd } from '../line/server-end.ts';
import { Allowance } from './allowance.ts';
import type { EmbeddingJob, Embeddings, EngineModel, Generation } from './engine.ts';
import { engineError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import {
  type EngineCommand,
  type JobReport,
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

type LastReport = Exclude<JobReport, { type: 'compiled' | 'text' | 'refused' }>;

interface Job {
  /** What the process may still say of it. */
  allowance: Allowance;
  /** Runs while its grammar is being compiled. */
  compiling: NodeJS.Timeout | undefined;
  onText: (text: string) => void;
  resolve: (report: LastReport) => void;
  reject: (error: Error) => void;
}

/** What is to be known of a job before it begins. */
interface Errand extends Pick<Job, 'allowance' | 'onText'> {
  /** Longest time for its grammar; null without one. */
  compileMs: number | null;
  signal: AbortSignal;
}

// The model files come after it.
const FIRST_FILE = LINE_FD + 1;
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
  readonly #line: ServerEnd;
  readonly #jobs = new Map<number, Job>();
  readonly #compileMs: number;
  #heartbeat: Heartbeat | null = null;
  /** Questions whether it is still there that it has not answered. */
  #pings = 0;
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
    const onReady = () => {
      if (this.#loaded) throw engineError('WAX_ENGINE_UNASKED', 'ready');
      clearTimeout(timer);
      this.#loaded = true;
      this.#watch(pingMs ?? PING_INTERVAL);
      resolve();
    };
    this.#line = new ServerEnd(this.#child, {
      longest: LONGEST_REPORT,
      onMessage: (message) => {
        const report = parseEngineReport(message);
        this.#heartbeat?.heard();
        if (report.type === 'ready') onReady();
        else if (report.type === 'pong') this.#pong();
        else this.#report(report);
      },
      onBroken: () => this.kill(),
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
    const ask = () => {
      this.#pings++;
      this.#send({ type: 'ping' });
    };
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
    const report = await this.#run(chat.session, start, {
      allowance: Allowance.chat(chat.maxTokens),
      compileMs,
      onText,
      signal,
    });
    if (report.type !== 'end') throw engineError('WAX_ENGINE_UNASKED');
    const { finish, promptTokens, completionTokens } = report;
    return { finish, promptTokens, completionTokens };
  }

  /** As in the seam; rejects with WAX_ENGINE_FAILED when the process ends first. */
  async embed(texts: EmbeddingJob, signal: AbortSignal): Promise<Embeddings> {
    const start = (job: number): EngineCommand => ({ type: 'embed', job, texts });
    const report = await this.#run(texts.session, start, {
      allowance: Allowance.embedding(),
      compileMs: null,
      onText: () => {},
      signal,
    });
    if (report.type !== 'vectors') throw engineError('WAX_ENGINE_UNASKED');
    const { vectors, promptTokens } = report;
    // Fewer of them are what is left of a job that was aborted.
    if (vectors.length < texts.inputs.length) throw engineError('WAX_ENGINE_FAILED');
    return { vectors, promptTokens };
  }

  #run(
    session: number,
    start: (job: number) => EngineCommand,
    { allowance, compileMs, onText, signal }: Errand,
  ): Promise<LastReport> {
    const job = this.#nextJob++;
    const { promise, resolve, reject } = Promise.withResolvers<LastReport>();
    if (this.#dead) reject(engineError('WAX_ENGINE_FAILED'));
    else {
      this.sessions.add(session);
      const compiling = compileMs === null ? undefined : setTimeout(() => this.#giveUp(), compileMs).unref();
      this.#jobs.set(job, { allowance, compiling, onText, resolve, reject });
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
    if (!this.#dead) this.#line.send(command);
  }

  #pong(): void {
    if (this.#pings === 0) throw engineError('WAX_ENGINE_UNASKED', 'pong');
    this.#pings--;
  }

  #report(report: JobReport): void {
    const job = this.#jobs.get(report.job);
    if (!job) throw engineError('WAX_ENGINE_UNASKED', 'job');
    job.allowance.take(report);
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
