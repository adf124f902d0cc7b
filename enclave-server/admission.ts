/**
 * The queue in front of the engine: so many jobs at once, so many that wait, and nobody longer than a given
 * time. First come, first served, and one place for each session: who asks again and again goes to the end of
 * the line each time, so everybody's turn comes after at most one of everybody else's.
 * @module
 */
import type { EmbeddingJob, Engine } from './engine/engine.ts';
import { TurnRefusal } from './refusal.ts';

export interface AdmissionOptions {
  /** Jobs that the engine takes at once. */
  places: number;
  /** Jobs that may wait for a place. */
  queued: number;
  /** Longest wait, in milliseconds. */
  waitMs: number;
  /** Told of each job that was turned away because of load. */
  onShed: () => void;
}

interface Waiting {
  session: number;
  admit: () => void;
}

/** When a client that was turned away may ask again, in seconds. */
export const BUSY_RETRY_S = 2;

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #running = new Set<number>();
  readonly #queue: Waiting[] = [];

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Jobs that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Runs `work` once there is a place. Throws TurnRefusal `busy` at once when too many wait already, after the
   * longest wait, and when `signal` says that nobody wants the answer any more.
   */
  async run<Result>(session: number, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.#enter(session, signal);
    try {
      return await work();
    } finally {
      this.#running.delete(session);
      this.#next();
    }
  }

  #enter(session: number, signal: AbortSignal): Promise<void> | void {
    const { places, queued, waitMs } = this.#options;
    if (signal.aborted) throw new TurnRefusal('busy', BUSY_RETRY_S);
    if (this.#isKnown(session)) throw this.#shed();
    if (this.#running.size < places) {
      this.#running.add(session);
      return;
    }
    if (this.#queue.length >= queued) throw this.#shed();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (refusal: TurnRefusal) => {
      this.#queue.splice(this.#queue.indexOf(waiting), 1);
      settle();
      reject(refusal);
    };
    const gone = () => leave(new TurnRefusal('busy', BUSY_RETRY_S));
    const timer = setTimeout(() => leave(this.#shed()), waitMs);
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', gone);
    };
    const admit = () => {
      settle();
      resolve();
    };
    const waiting = { session, admit };
    signal.addEventListener('abort', gone);
    this.#queue.push(waiting);
    return promise;
  }

  #next(): void {
    const next = this.#queue.shift();
    if (!next) return;
    this.#running.add(next.session);
    next.admit();
  }

  #isKnown(session: number): boolean {
    return this.#running.has(session) || this.#queue.some((waiting) => waiting.session === session);
  }

  #shed(): TurnRefusal {
    this.#options.onShed();
    return new TurnRefusal('busy', BUSY_RETRY_S);
  }
}

/** The same engine with the queue in front of it. */
export function withAdmission(engine: Engine, admission: Admission): Engine {
  const { embed } = engine;
  return {
    generate: (job, onText, signal) =>
      admission.run(job.session, signal, () => engine.generate(job, onText, signal)),
    ...(embed && {
      embed: (job: EmbeddingJob, signal: AbortSignal) =>
        admission.run(job.session, signal, () => embed.call(engine, job, signal)),
    }),
    release: (session) => engine.release(session),
    stop: () => engine.stop(),
  };
}
