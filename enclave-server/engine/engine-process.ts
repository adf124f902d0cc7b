/**
 * One engine process seen from the server: start, jobs, abort, death.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { EngineModel, Generation } from './engine.ts';
import { engineError } from './errors.ts';
import { type EngineCommand, type EngineReport, type PlainJob, parseEngineReport } from './messages.ts';
import type { ModelCopy } from './model-copy.ts';

export interface EngineProcessOptions {
  /** The script to fork: child.ts, or its place in the bundle. */
  script: string;
  models: readonly (EngineModel & { copy: ModelCopy })[];
  sequences: number;
  threads: number;
}

interface Job {
  /** Runs while its grammar is being compiled. */
  compiling: NodeJS.Timeout | undefined;
  onText: (text: string) => void;
  resolve: (generation: Generation) => void;
  reject: (error: Error) => void;
}

// stdin, stdout, stderr and the channel come before the model files.
const FIRST_FILE = 4;
const START_TIMEOUT = 300_000;
const ABORT_TIMEOUT = 5_000;
/** A grammar that takes longer is a bomb that the bounds on schemas have missed. */
const COMPILE_TIMEOUT = 5_000;

/** What the engine process is given of the environment: nothing of ours, and no debugger on a failed assertion. */
const ENVIRONMENT = { GGML_NO_BACKTRACE: '1' };

const REFUSALS = {
  busy: 'WAX_ENGINE_BUSY',
  'too-long': 'WAX_ENGINE_TOO_LONG',
  format: 'WAX_ENGINE_FORMAT',
} as const;

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #jobs = new Map<number, Job>();
  #nextJob = 0;
  #dead = false;
  #loaded = false;
  /** Resolves when every model is loaded; rejects with WAX_ENGINE_START. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Sessions that have had a job here. */
  readonly sessions = new Set<number>();

  constructor({ script, models, sequences, threads }: EngineProcessOptions) {
    const files = models.flatMap(({ copy }) => (copy.fd === null ? [] : [copy.fd]));
    this.#child = fork(script, [], {
      env: ENVIRONMENT,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', ...files],
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.ready.catch(() => {});
    const timer = setTimeout(() => this.kill(), START_TIMEOUT);
    this.ended = new Promise((ended) => {
      const gone = () => {
        clearTimeout(timer);
        reject(engineError('WAX_ENGINE_START'));
        this.#fail();
        ended();
      };
      this.#child.once('exit', gone).once('error', gone);
    });
    this.#child.on('message', (message) => {
      try {
        const report = parseEngineReport(message);
        if (report.type !== 'ready') return this.#report(report);
        clearTimeout(timer);
        this.#loaded = true;
        resolve();
      } catch {
        this.kill();
      }
    });
    const paths = models.map(({ copy }, index) => copy.pathInChild(FIRST_FILE + index));
    this.#send({
      type: 'start',
      sequences,
      threads,
      models: models.map(({ id, contextTokens, template }, index) => {
        return { id, contextTokens, template, path: paths[index] ?? '' };
      }),
    });
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
  generate(chat: PlainJob, onText: (text: string) => void, signal: AbortSignal): Promise<Generation> {
    const job = this.#nextJob++;
    const { promise, resolve, reject } = Promise.withResolvers<Generation>();
    if (this.#dead) reject(engineError('WAX_ENGINE_FAILED'));
    else {
      this.sessions.add(chat.session);
      const compiling =
        chat.grammar === null ? undefined : setTimeout(() => this.kill(), COMPILE_TIMEOUT).unref();
      this.#jobs.set(job, { compiling, onText, resolve, reject });
      this.#send({ type: 'generate', job, chat });
    }
    let deadline: NodeJS.Timeout | undefined;
    const abort = () => {
      this.#send({ type: 'abort', job });
      // An engine that does not come back from a computation is replaced; nothing else would free its memory.
      deadline = setTimeout(() => this.kill(), ABORT_TIMEOUT);
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

  #send(command: EngineCommand): void {
    // A closing channel reports its error to the callback; the end of the process is handled in `ended`.
    if (!this.#dead && this.#child.connected) this.#child.send(command, () => {});
  }

  #report(report: Exclude<EngineReport, { type: 'ready' }>): void {
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
    const { finish, promptTokens, completionTokens } = report;
    job.resolve({ finish, promptTokens, completionTokens });
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
