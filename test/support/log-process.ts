/**
 * A log server in a process of its own that ends itself with SIGKILL at a given step: nothing is flushed, no
 * handler runs. Its one argument is JSON. With `--expose-gc` it collects its garbage on SIGUSR2.
 */
import { readFileSync } from 'node:fs';
import { parseVerifierKey } from '../../protocol/log/note.ts';
import { signerFromSeed } from '../../protocol/log/signer.ts';
import { buildLog } from '../../transparency-log/app.ts';
import { BACKLOG } from '../../transparency-log/patience.ts';
import type { Step } from '../../transparency-log/steps.ts';
import { openLocalStorage } from '../../transparency-log/storage/local.ts';
import { anyOf, WitnessPolicy } from '../../transparency-log/witness-policy.ts';
import { testSeed } from './log-builder.ts';

export interface LogProcessOptions {
  folder: string;
  origin: string;
  /** Path of the first policy's bytes. */
  policy: string;
  witnesses: { url: string; key: string }[];
  quorum: number;
  /** Shortest time between two batches; 10 unless said. */
  publishIntervalMs?: number;
  /** Entries after which the log takes no more; 100,000 unless said. */
  budget?: number;
  /** Folder of the explorer's scripts; no page is served without. */
  explorer?: string;
  /** Longest wait of a submitter for publication; 10 seconds unless said. */
  submitWaitMs?: number;
  /** Where to die: the `nth` time a step was done in this process. */
  killAt: { step: Step; nth: number } | null;
}

const options = JSON.parse(process.argv[2] ?? '') as LogProcessOptions;
const { killAt } = options;
let times = 0;
const onStep = (step: Step) => {
  if (step === killAt?.step && ++times === killAt.nth) process.kill(process.pid, 'SIGKILL');
};

const witnesses = options.witnesses.map(({ url, key }) => ({ url, key: parseVerifierKey(key) }));
const app = await buildLog({
  storage: await openLocalStorage(options.folder, onStep),
  origin: options.origin,
  signer: signerFromSeed(options.origin, 1, testSeed('log')),
  policyEntry: readFileSync(options.policy),
  witnesses: new WitnessPolicy(anyOf(witnesses, options.quorum)),
  publishIntervalMs: options.publishIntervalMs ?? 10,
  submitWaitMs: options.submitWaitMs ?? 10_000,
  ...(options.budget === undefined ? {} : { budget: options.budget }),
  ...(options.explorer === undefined ? {} : { explorer: options.explorer }),
  onStep,
});
process.on('SIGUSR2', () => globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' }));
console.log(await app.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG }));
