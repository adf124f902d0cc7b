import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { concatBytes } from '../../protocol/bytes.ts';
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import type { VerifiedEntry } from '../../protocol/log/replay.ts';
import { statementError } from '../../protocol/log/statement-errors.ts';
import { serverError } from '../errors.ts';
import type { Answer, Question, Verdict } from './messages.ts';

interface Asked {
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

/**
 * Reads and verifies entries in a thread of their own, those that come together in one message: the log's thread
 * has requests to answer and batches to sequence. The thread is started when there is something to verify.
 */
export class Verifier {
  #worker: Worker | null = null;
  #asked: Asked[] = [];
  #nextId = 0;
  readonly #underWay = new Map<number, Asked[]>();

  /** The entry as read and verified under a policy; WAX_LOGSERVER_INTERNAL if the thread ended. */
  verify(entry: Uint8Array, policy: PolicyInForce | null): Promise<VerifiedEntry> {
    const asked: Asked = { entry, policy, result: Promise.withResolvers() };
    this.#asked.push(asked);
    if (this.#asked.length === 1) void setImmediate().then(() => this.#send());
    return asked.result.promise;
  }

  #send(): void {
    const worker = this.#start();
    const all = this.#asked.splice(0);
    for (let batch = all; batch.length > 0; ) {
      // The policy may have changed between two of them.
      const [{ policy }] = batch as [Asked];
      const same = batch.filter((asked) => asked.policy === policy);
      batch = batch.filter((asked) => asked.policy !== policy);
      const id = this.#nextId++;
      const bytes = concatBytes(...same.map(({ entry }) => entry));
      const question: Question = { id, bytes, lengths: same.map(({ entry }) => entry.length), policy };
      this.#underWay.set(id, same);
      worker.ref();
      worker.postMessage(question, [bytes.buffer]);
    }
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.on('message', ({ id, verdicts }: Answer) => {
      const asked = this.#underWay.get(id) ?? [];
      this.#underWay.delete(id);
      if (this.#underWay.size === 0) worker.unref();
      for (const [index, verdict] of verdicts.entries()) asked[index]?.result.resolve(toVerified(verdict));
    });
    worker.on('error', (cause) => this.#fail(worker, cause));
    worker.on('exit', () => this.#fail(worker, undefined));
    this.#worker = worker;
    return worker;
  }

  /** Whoever waits is told; the next one to ask gets a new thread. */
  #fail(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const waiting = [...this.#underWay.values()].flat();
    this.#underWay.clear();
    for (const { result } of waiting)
      result.reject(serverError('WAX_LOGSERVER_INTERNAL', 'verification', { cause }));
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
