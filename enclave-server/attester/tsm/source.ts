/**
 * SEV-SNP and TDX reports by way of configfs, asked for in a process of their own.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { toBase64 } from '../../../protocol/bytes.ts';
import { enclaveError } from '../../errors.ts';
import { ServerEnd } from '../../line/server-end.ts';
import type { EvidenceSource, HardwareReport } from '../source.ts';
import {
  LONGEST_ANSWER,
  PASSING,
  parseTsmAnswer,
  providers,
  type TsmAnswer,
  type TsmCommand,
} from './messages.ts';

export interface TsmOptions {
  /** child.ts, or its place in the bundle. */
  script: string;
  /** Where the kernel has its report entries. */
  folder: string;
  /** How long the report process asks again where an error passes, in milliseconds. */
  retryMs?: number;
  /** After this long the report process is given up, in milliseconds. */
  hangMs?: number;
  /** Environment of the report process; empty but for tests. */
  env?: { [name: string]: string };
}

export const TSM_FOLDER = '/sys/kernel/config/tsm/report';
const OPEN_MS = 10_000;
// The kernel gives up after 60 s (SEV-SNP) or 30 s (TDX); later than that, nothing comes.
const HANG_MS = 75_000;
/** Only what passes at once is waited for there; whoever asks decides how long a busy device is worth waiting for. */
const RETRY_MS = 500;

/** One report process. */
class TsmProcess {
  readonly #child: ChildProcess;
  readonly #line: ServerEnd;
  #waiting: { resolve: (answer: TsmAnswer) => void; reject: (error: Error) => void } | undefined;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  alive = true;

  constructor(script: string, env: { [name: string]: string }) {
    // No debugger for whoever sends the signal for it.
    this.#child = spawn(process.execPath, ['--disable-sigusr1', script], {
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.ended = new Promise((ended) => {
      const gone = () => {
        this.alive = false;
        this.#fail('the report process ended');
        ended();
      };
      this.#child.once('exit', gone).once('error', gone);
    });
    this.#line = new ServerEnd(this.#child, {
      longest: LONGEST_ANSWER,
      onMessage: (message) => this.#answer(parseTsmAnswer(message)),
      onBroken: () => {
        this.kill();
        this.#fail('not an answer');
      },
    });
  }

  #fail(reason: string): void {
    this.#waiting?.reject(enclaveError('WAX_ENCLAVE_REPORT', reason));
    this.#waiting = undefined;
  }

  #answer(answer: TsmAnswer): void {
    // It would pass for the answer to the next question.
    if (!this.#waiting) throw enclaveError('WAX_ENCLAVE_REPORT', 'unasked');
    this.#waiting.resolve(answer);
    this.#waiting = undefined;
  }

  /** Asks and waits; a process that does not answer in time is ended. */
  async ask(command: TsmCommand, withinMs: number): Promise<TsmAnswer> {
    if (!this.alive) throw enclaveError('WAX_ENCLAVE_REPORT', 'the report process ended');
    const { promise, resolve, reject } = Promise.withResolvers<TsmAnswer>();
    this.#waiting = { resolve, reject };
    const timer = setTimeout(() => {
      // A process inside a system call may outlive this; it answers nobody any more.
      this.kill();
      this.#fail('the device does not answer');
    }, withinMs);
    this.#line.send(command);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  kill(): void {
    this.alive = false;
    this.#child.kill('SIGKILL');
    this.#child.unref();
    this.#line.destroy();
  }

  /** Lets the process remove its entry and end by itself. */
  async leave(): Promise<void> {
    if (!this.alive) return;
    this.#line.end();
    const timer = setTimeout(() => this.kill(), 1_000);
    await this.ended;
    clearTimeout(timer);
  }
}

class TsmSource implements EvidenceSource {
  readonly evidenceType: number;
  readonly #options: TsmOptions;
  #process: TsmProcess;

  constructor(options: TsmOptions, process: TsmProcess, evidenceType: number) {
    this.#options = options;
    this.#process = process;
    this.evidenceType = evidenceType;
  }

  async report(reportData: Uint8Array): Promise<HardwareReport> {
    const { retryMs = RETRY_MS, hangMs = HANG_MS } = this.#options;
    if (!this.#process.alive) {
      const opened = await openProcess(this.#options);
      if (opened.evidenceType !== this.evidenceType) throw enclaveError('WAX_ENCLAVE_REPORT', 'provider');
      this.#process = opened.process;
    }
    const command: TsmCommand = { type: 'report', reportData: toBase64(reportData), withinMs: retryMs };
    const answer = await this.#process.ask(command, hangMs);
    if (answer.type === 'report') return { evidence: answer.outblob, certificates: answer.auxblob };
    const reason = answer.type === 'failed' ? answer.reason : 'unknown';
    const passes = answer.type === 'failed' && !answer.final && PASSING.includes(reason);
    if (passes) throw enclaveError('WAX_ENCLAVE_REPORT_BUSY', reason);
    // After such an error the kernel wipes the key that it talks to the SEV firmware with, for good.
    const final = this.evidenceType === providers.sev_guest && answer.type === 'failed' && answer.final;
    throw enclaveError(final ? 'WAX_ENCLAVE_FIRMWARE' : 'WAX_ENCLAVE_REPORT', reason);
  }

  close(): Promise<void> {
    return this.#process.leave();
  }
}

async function openProcess({ script, folder, env = {} }: TsmOptions) {
  const process = new TsmProcess(script, env);
  const answer = await process.ask({ type: 'open', folder }, OPEN_MS);
  const evidenceType = answer.type === 'opened' ? providers[answer.provider] : undefined;
  if (evidenceType === undefined) {
    process.kill();
    throw enclaveError('WAX_ENCLAVE_NO_ATTESTER', answer.type === 'failed' ? answer.reason : 'provider');
  }
  return { process, evidenceType };
}

/** Opens the kernel's report device; rejects with WAX_ENCLAVE_NO_ATTESTER where there is none. */
export async function openTsm(options: TsmOptions): Promise<EvidenceSource> {
  const { process, evidenceType } = await openProcess(options);
  return new TsmSource(options, process, evidenceType);
}
