/**
 * The attester of a real machine: its report device, and the endorsements that a helper on the host has pushed
 * in. Which machine it is shows by the device that is there.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { CodedError } from '../../protocol/errors.ts';
import { enclaveError } from '../errors.ts';
import type { Attester } from './attester.ts';
import { askWhileBusy } from './busy.ts';
import { openNitro } from './nitro/source.ts';
import type { EvidenceSource, HardwareReport } from './source.ts';
import { endorsementCount, parseStaple } from './staples.ts';
import { openTsm, TSM_FOLDER } from './tsm/source.ts';

const NSM_DEVICE = '/dev/nsm';
/** How long a machine may be busy when the server starts, in milliseconds. */
const START_MS = 30_000;

export class HardwareAttester implements Attester {
  readonly evidenceType: number;
  readonly #source: EvidenceSource;
  readonly #onFatal: (error: CodedError) => void;
  #endorsements: Uint8Array[] | null;
  #latest: HardwareReport;

  private constructor(source: EvidenceSource, first: HardwareReport, onFatal: (error: CodedError) => void) {
    this.evidenceType = source.evidenceType;
    this.#onFatal = onFatal;
    this.#source = source;
    this.#latest = first;
    this.#endorsements = endorsementCount(source.evidenceType) === 0 ? [] : null;
  }

  /**
   * Takes one report over random bytes, so that a machine that gives none is found out before it serves.
   * `onFatal` is told when no report will come any more (WAX_ENCLAVE_FIRMWARE).
   */
  static async over(
    source: EvidenceSource,
    onFatal: (error: CodedError) => void = () => {},
  ): Promise<HardwareAttester> {
    try {
      const until = performance.now() + START_MS;
      const first = await askWhileBusy(
        () => source.report(new Uint8Array(randomBytes(64))),
        () => performance.now() >= until,
      );
      return new HardwareAttester(source, first, onFatal);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** The newest report, for the helper to see which endorsements this machine needs. */
  get latest(): HardwareReport {
    return this.#latest;
  }

  /** Whether endorsements are there. */
  get stapled(): boolean {
    return this.#endorsements !== null;
  }

  /** Takes the endorsements for all reports from now on; throws WAX_ENCLAVE_STAPLE. */
  staple(bytes: Uint8Array): void {
    this.#endorsements = parseStaple(bytes, this.evidenceType);
  }

  async report(reportData: Uint8Array) {
    const endorsements = this.#endorsements;
    // Without them every client refuses, so no work is done for it.
    if (endorsements === null) throw enclaveError('WAX_ENCLAVE_UNSTAPLED');
    try {
      this.#latest = await this.#source.report(reportData);
    } catch (error) {
      if (error instanceof CodedError && error.code === 'WAX_ENCLAVE_FIRMWARE') this.#onFatal(error);
      throw error;
    }
    return { evidence: this.#latest.evidence, endorsements };
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/**
 * Opens the report device of this machine. `scripts` name the report process and the compiled helper.
 * @throws WAX_ENCLAVE_NO_ATTESTER, WAX_ENCLAVE_REPORT or WAX_ENCLAVE_FIRMWARE
 */
export async function openHardware(
  scripts: { tsm: string; nsm: string },
  onFatal: (error: CodedError) => void,
): Promise<HardwareAttester> {
  if (existsSync(TSM_FOLDER)) {
    return HardwareAttester.over(await openTsm({ script: scripts.tsm, folder: TSM_FOLDER }), onFatal);
  }
  if (existsSync(NSM_DEVICE)) return HardwareAttester.over(openNitro({ helper: scripts.nsm }), onFatal);
  throw enclaveError('WAX_ENCLAVE_NO_ATTESTER');
}
