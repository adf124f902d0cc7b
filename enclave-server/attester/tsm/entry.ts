/**
 * One entry below /sys/kernel/config/tsm/report, the kernel's interface to SEV-SNP and TDX reports
 * (Documentation/ABI/testing/configfs-tsm-report). Everything here may block for as long as the firmware
 * likes, so it runs in a process of its own.
 * @module
 */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PASSING } from './messages.ts';

const PREFIX = 'waxseal-';
/** Where the server is not root, whoever starts the machine has made an entry and given it to the server. */
const PREPARED = 'waxseal';
const RETRY_MS = 20;

export interface TsmReport {
  outblob: Uint8Array;
  /** Empty where the provider has no such attribute. */
  auxblob: Uint8Array;
}

/** Why there is no report: the kernel's name for the error, or a reason of ours. */
export class TsmFailure extends Error {
  readonly reason: string;
  /** The device was asked and answered with an error that does not pass. */
  readonly final: boolean;

  constructor(reason: string, final = false) {
    super(reason);
    this.reason = reason;
    this.final = final;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

/** Removes entries whose process is gone: they outlive a crash. */
function removeStale(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(PREFIX) ? name.slice(PREFIX.length).split('-')[0] : undefined;
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      rmdirSync(join(folder, name));
    } catch {
      // It is somebody's after all.
    }
  }
}

export class TsmEntry {
  readonly #path: string;
  readonly #isOwn: boolean;
  /** `sev_guest` or `tdx_guest`. */
  readonly provider: string;

  private constructor(path: string, isOwn: boolean) {
    this.#path = path;
    this.#isOwn = isOwn;
    this.provider = this.#text('provider');
  }

  /**
   * Takes the entry that was prepared for the server, or makes one; throws TsmFailure with ENOENT or ENXIO where the
   * kernel has no such device.
   */
  static open(folder: string): TsmEntry {
    try {
      if (existsSync(join(folder, PREPARED))) return new TsmEntry(join(folder, PREPARED), false);
      removeStale(folder);
      const path = join(folder, `${PREFIX}${process.pid}-${crypto.randomUUID().slice(0, 8)}`);
      mkdirSync(path);
      return new TsmEntry(path, true);
    } catch (error) {
      throw new TsmFailure(codeOf(error));
    }
  }

  close(): void {
    if (this.#isOwn) rmdirSync(this.#path);
  }

  /**
   * One report. Another process that writes to the entry, a host that still owns the buffer and a signal are
   * met by asking again until `deadline` (performance.now()); anything else is final.
   */
  async report(reportData: Uint8Array, deadline: number): Promise<TsmReport> {
    for (;;) {
      try {
        return this.#once(reportData);
      } catch (error) {
        if (error instanceof TsmFailure && error.final) throw error;
        const reason = error instanceof TsmFailure ? error.reason : codeOf(error);
        if (!PASSING.includes(reason)) throw new TsmFailure(reason, true);
        if (performance.now() + RETRY_MS >= deadline) throw new TsmFailure(reason);
        await wait(RETRY_MS);
      }
    }
  }

  #once(reportData: Uint8Array): TsmReport {
    const before = this.#generation();
    this.#write('inblob', reportData);
    const outblob = this.#bytes('outblob');
    const auxblob = this.#optional('auxblob');
    // The kernel applies a write at close and says nothing if it failed: then the number has not moved.
    if (this.#generation() !== before + 1n) throw new TsmFailure('generation');
    return { outblob, auxblob };
  }

  /** One write of all bytes; configfs takes an attribute as a whole or not at all. */
  #write(attribute: string, bytes: Uint8Array): void {
    const file = openSync(join(this.#path, attribute), constants.O_WRONLY);
    try {
      if (writeSync(file, bytes) !== bytes.length) throw new TsmFailure('short', true);
    } finally {
      closeSync(file);
    }
  }

  #bytes(attribute: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.#path, attribute)));
  }

  #optional(attribute: string): Uint8Array {
    try {
      return this.#bytes(attribute);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return new Uint8Array();
      throw error;
    }
  }

  #text(attribute: string): string {
    return readFileSync(join(this.#path, attribute), 'utf8').trim();
  }

  #generation(): bigint {
    const text = this.#text('generation');
    if (!/^\d{1,20}$/.test(text)) throw new TsmFailure('generation', true);
    return BigInt(text);
  }
}
