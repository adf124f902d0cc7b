import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import type { VerifiedEntry } from '../../protocol/log/replay.ts';
import { type Asked, VerifierThread } from './thread.ts';

/** More would verify faster than one thread can sequence. */
const MOST_THREADS = 4;
/** Entries in one message: fewer would cost more in messages than another thread wins. */
const SHARE = 32;

/**
 * Reads and verifies entries in threads of their own, those that come together in few messages: the log's thread has
 * requests to answer and batches to sequence.
 */
export class Verifier {
  readonly #threads: VerifierThread[];
  #asked: Asked[] = [];

  constructor(threads: number = Math.min(MOST_THREADS, availableParallelism())) {
    this.#threads = Array.from({ length: threads }, () => new VerifierThread());
  }

  /** The entry as read and verified under a policy; WAX_LOGSERVER_INTERNAL if its thread ended. */
  verify(entry: Uint8Array, policy: PolicyInForce | null): Promise<VerifiedEntry> {
    const asked: Asked = { entry, policy, result: Promise.withResolvers() };
    this.#asked.push(asked);
    if (this.#asked.length === 1) void setImmediate().then(() => this.#send());
    return asked.result.promise;
  }

  #send(): void {
    const all = this.#asked.splice(0);
    for (let batch = all; batch.length > 0; ) {
      // The policy may have changed between two of them.
      const [{ policy }] = batch as [Asked];
      const same = batch.filter((asked) => asked.policy === policy);
      batch = batch.filter((asked) => asked.policy !== policy);
      for (let start = 0; start < same.length; start += SHARE) {
        const idlest = this.#threads.reduce((least, thread) => (thread.load < least.load ? thread : least));
        idlest.send(same.slice(start, start + SHARE));
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
