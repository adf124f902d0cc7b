/**
 * Keeps an enclave server in endorsements: looks at its newest report, and asks the chip maker again when what
 * is there no longer fits it (new firmware, another machine) or will soon be over.
 * @module
 */
import type { EvidenceVerifier } from '../../protocol/attestation/evidence.ts';
import { type MachineEvidence, pushStaple, readMachine } from './admin-client.ts';
import { stapleError } from './errors.ts';
import { fetchSnpEndorsements } from './kds.ts';
import { fetchTdxEndorsements } from './pcs.ts';
import type { VendorClientOptions } from './vendor-client.ts';

export interface KeeperOptions extends VendorClientOptions {
  /** Unix socket, or host and port. */
  admin: string;
  kds: string;
  pcs: { base: string; rootCrl: string };
  verifiers: readonly EvidenceVerifier[];
  /** Epoch ms. */
  now?: () => number;
  /** Endorsements that end within this many milliseconds are fetched anew. */
  marginMs: number;
}

/** What a look at the server led to. */
export type Look = 'none-needed' | 'fresh' | 'pushed-again' | 'renewed';

const SNP = 1;
const TDX = 2;

export class StapleKeeper {
  readonly #options: KeeperOptions;
  #held: readonly Uint8Array[] = [];

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Looks once. Throws WAX_STAPLE_…; what was pushed in before stays. */
  async look(): Promise<Look> {
    const { admin, marginMs, now = Date.now } = this.#options;
    const machine = await readMachine(admin);
    if (machine.evidenceType !== SNP && machine.evidenceType !== TDX) return 'none-needed';
    if ((await this.#problem(machine, this.#held, now() + marginMs)) === null) {
      if (machine.stapled) return 'fresh';
      await pushStaple(admin, this.#held);
      return 'pushed-again';
    }
    const fetched = await this.#fetch(machine);
    const problem = await this.#problem(machine, fetched, now());
    if (problem !== null) throw stapleError('WAX_STAPLE_REFUSED', problem);
    await pushStaple(admin, fetched);
    this.#held = fetched;
    return 'renewed';
  }

  #fetch({ evidenceType, evidence }: MachineEvidence): Promise<Uint8Array[]> {
    const { kds, pcs } = this.#options;
    return evidenceType === SNP
      ? fetchSnpEndorsements(evidence, kds, this.#options)
      : fetchTdxEndorsements(evidence, pcs, this.#options);
  }

  /**
   * The first check that every client would fail at that time for these endorsements, or null. Whether the
   * machine itself is good enough is for the clients' own policy.
   */
  async #problem(
    { evidenceType, evidence }: MachineEvidence,
    endorsements: readonly Uint8Array[],
    at: number,
  ): Promise<string | null> {
    const verifier = this.#options.verifiers.find(({ code }) => code === evidenceType);
    if (!verifier) throw stapleError('WAX_STAPLE_EVIDENCE', `type ${evidenceType}`);
    if (endorsements.length === 0) return 'none';
    const { checks } = await verifier.verify({
      ...{ evidence, endorsements, at },
      ...{ policy: undefined, expectedReportData: null },
    });
    const failed = checks.find(
      ({ layer, state }) => state !== 'pass' && ['format', 'crypto', 'collateral'].includes(layer),
    );
    return failed ? `${failed.id} ${failed.code ?? ''}`.trim() : null;
  }
}
