import { Worker } from 'node:worker_threads';
import { concatBytes } from '../../protocol/bytes.ts';
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import type { VerifiedEntry } from '../../protocol/log/replay.ts';
import { statementError } from '../../protocol/log/statement-errors.ts';
import { serverError } from '../errors.ts';
import type { Answer, Question, Verdict } from './messages.ts';

/** An entry that is to be verified under a policy. */
export interface Asked {
  entry: Uint8Array;
  policy: PolicyInForce | null;
  result: PromiseWithResolvers<VerifiedEntry>;
}

const isStatementCode = (code: string): code is keyof typeof statementError.table =>
  Object.hasOwn(statementError.table, code);

function toVerified({ error, ...verified }: Verdict): VerifiedEntry {
  if (error === null) return { ...verified, error };
  const { code, detail } = error;
  const again = isStatementCode(code)
    ? statementError(code, detail)
    : serverError('WAX_LOGSERVER_INTERNAL', code);
  return { ...verified, error: again };
}

/** One thread that verifies, started when there is something to verify; if it ends, the next question starts another. */
export class VerifierThread {
  #worker: Worker | null = null;
  #nextId = 0;
  readonly #underWay = new Map<number, readonly Asked[]>();
  /** Entries that were sent and not answered. */
  load = 0;

  /** Sends entries that are all to be verified under the policy of the first. */
  send(asked: readonly Asked[]): void {
    const worker = this.#start();
    const id = this.#nextId++;
    const bytes = concatBytes(...asked.map(({ entry }) => entry));
    const lengths = asked.map(({ entry }) => entry.length);
    const question: Question = { id, bytes, lengths, policy: asked[0]?.policy ?? null };
    this.#underWay.set(id, asked);
    this.load += asked.length;
    worker.ref();
    worker.postMessage(question, [bytes.buffer]);
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.on('message', ({ id, verdicts }: Answer) => {
      const asked = this.#underWay.get(id) ?? [];
      this.#underWay.delete(id);
      this.load -= asked.length;
      if (this.#underWay.size === 0) worker.unref();
      for (const [index, verdict] of verdicts.entries()) asked[index]?.result.resolve(toVerified(verdict));
    });
    worker.on('error', (cause) => this.#fail(worker, cause));
    worker.on('exit', () => this.#fail(worker, undefined));
    this.#worker = worker;
    return worker;
  }

  /** Whoever waits is told. */
  #fail(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const waiting = [...this.#underWay.values()].flat();
    this.#underWay.clear();
    this.load = 0;
    for (const { result } of waiting)
      result.reject(serverError('WAX_LOGSERVER_INTERNAL', 'verification', { cause }));
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
