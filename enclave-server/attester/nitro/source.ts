/**
 * Nitro documents by way of nsm-helper.c, which is the only program that opens the device.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { concatBytes, u32 } from '../../../protocol/bytes.ts';
import { enclaveError } from '../../errors.ts';
import type { EvidenceSource } from '../source.ts';
import { attestationRequest, documentIn } from './message.ts';

export interface NitroOptions {
  /** The compiled helper, and what it is to be run with (nothing but in tests). */
  helper: string;
  args?: readonly string[];
  env?: { [name: string]: string };
  /** After this long the helper is given up, in milliseconds. */
  hangMs?: number;
}

const EVIDENCE_TYPE = 0x03;
const { EINTR, EAGAIN, EBUSY } = constants.errno;
/** A signal came, or another caller has the device: a document may come later. */
const PASSING: readonly number[] = [EINTR, EAGAIN, EBUSY];
const HEAD = 8;
const MOST_RESPONSE = 0x3000;
// The driver itself gives up after 120 s.
const HANG_MS = 130_000;

class NitroSource implements EvidenceSource {
  readonly evidenceType = EVIDENCE_TYPE;
  readonly #options: NitroOptions;
  #helper: ChildProcess | null = null;

  constructor(options: NitroOptions) {
    this.#options = options;
  }

  async report(reportData: Uint8Array) {
    const response = await this.#exchange(attestationRequest(reportData));
    return { evidence: documentIn(response), certificates: new Uint8Array() };
  }

  async close(): Promise<void> {
    const helper = this.#helper;
    if (!helper) return;
    const ended = new Promise<void>((resolve) => helper.once('close', () => resolve()));
    helper.stdin?.end();
    const timer = setTimeout(() => helper.kill('SIGKILL'), 1_000);
    await ended;
    clearTimeout(timer);
  }

  #start(): ChildProcess {
    const { helper: path, args = [], env = {} } = this.#options;
    const helper = spawn(path, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    // Whoever waits for an answer learns it from the end of the output.
    helper.on('error', () => {});
    helper.stdin.on('error', () => {});
    helper.once('close', () => {
      if (this.#helper === helper) this.#helper = null;
    });
    this.#helper = helper;
    return helper;
  }

  /** One request, one answer. The caller asks one at a time. */
  #exchange(request: Uint8Array): Promise<Uint8Array> {
    const helper = this.#helper ?? this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    let held = Buffer.alloc(0);
    const fail = (reason: string) => reject(enclaveError('WAX_ENCLAVE_REPORT', reason));
    const giveUp = (reason: string) => {
      // What it says later would be taken for the answer to another question.
      this.#helper = null;
      helper.kill('SIGKILL');
      fail(reason);
    };
    const onData = (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      if (held.length < HEAD) return;
      const [errno, length] = [held.readUInt32BE(0), held.readUInt32BE(4)];
      if (length > MOST_RESPONSE || held.length > HEAD + length) giveUp('not an answer');
      else if (PASSING.includes(errno)) reject(enclaveError('WAX_ENCLAVE_REPORT_BUSY', `errno ${errno}`));
      else if (errno !== 0) fail(`errno ${errno}`);
      else if (held.length === HEAD + length) resolve(new Uint8Array(held.subarray(HEAD)));
    };
    const onEnd = () => fail('the helper ended');
    const timer = setTimeout(() => giveUp('the device does not answer'), this.#options.hangMs ?? HANG_MS);
    helper.stdout?.on('data', onData);
    helper.once('close', onEnd);
    helper.stdin?.write(concatBytes(u32(request.length), request));
    return promise.finally(() => {
      clearTimeout(timer);
      helper.stdout?.off('data', onData);
      helper.off('close', onEnd);
    });
  }
}

/** Reports of the Nitro security module; the helper is started with the first one. */
export function openNitro(options: NitroOptions): EvidenceSource {
  return new NitroSource(options);
}
