import type { JsonValue } from '../json.ts';
import type { NitroPolicy } from './nitro/policy.ts';
import type { SnpPolicy } from './snp/policy.ts';
import type { TdxPolicy } from './tdx/policy.ts';

/** The kinds of evidence, by the names that policies and releases use. */
type EvidenceType = 'sev-snp' | 'tdx' | 'nitro' | 'sev-snp-simulated';

/**
 * What a check judges: the form of the evidence; its signature, chain and what the chain says about the
 * hardware; revocation and vendor data; what we accept; and whether it answers *our* challenge.
 */
export type Layer = 'format' | 'crypto' | 'collateral' | 'policy' | 'binding';

/** One check. `skipped` means that it could not be judged because an earlier one failed. */
export interface AttestationCheck {
  /** Name in the documentation, such as `S5` or `S9.debug`. */
  readonly id: string;
  readonly layer: Layer;
  readonly state: 'pass' | 'fail' | 'skipped';
  /** Present exactly when the check failed. */
  readonly code?: string;
  /** One sentence. */
  readonly text: string;
}

/** What a kind of hardware must satisfy; made by `parseHardwarePolicy`. */
export type EvidencePolicy = SnpPolicy | TdxPolicy | NitroPolicy;

export interface EvidenceInput {
  readonly evidence: Uint8Array;
  /** In the order of wire format B2. They come from the attested side and are not trusted. */
  readonly endorsements: readonly Uint8Array[];
  /** The policy for this type; undefined fails the check that the hardware is accepted. */
  readonly policy: EvidencePolicy | undefined;
  /** Epoch ms; every date is judged at this time. */
  readonly at: number;
  /** The 64 bytes that the report must carry; null fails the binding check. */
  readonly expectedReportData: Uint8Array | null;
  /** Nitro only, for documents of other protocols: ours carry no nonce. */
  readonly expectedNonce?: Uint8Array;
}

/** Accept only if every check has the state `pass`. */
export interface EvidenceResult {
  readonly checks: readonly AttestationCheck[];
  /** Every parsed field, for people and for export. Not proof of anything unless all checks passed. */
  readonly claims: { [key: string]: JsonValue };
  /** Registers to be met by a logged release, by name, in hexadecimal. */
  readonly measurement: Readonly<Record<string, string>> | null;
  readonly reportData: Uint8Array | null;
  /** Vendor's identity of the machine in hexadecimal, as the vendor certified it. */
  readonly hardwareId: string | null;
  readonly product: string | null;
  /**
   * Present where the firmware is out of date and nothing worse: the vendor's name of the evaluation that says
   * so, such as `INTEL-TCB-R-20`. A grace in the log may tolerate that event.
   */
  readonly outdatedBy?: string;
  /** Epoch ms: the earliest end of a certificate, revocation list or vendor statement; 0 if unknown. */
  readonly notAfter: number;
}

export interface EvidenceVerifier {
  /** Type byte of wire format B2. */
  readonly code: number;
  readonly type: EvidenceType;
  readonly vendor: string;
  readonly simulated: boolean;
  /** Never throws for bad evidence: it fails checks. */
  verify(input: EvidenceInput): Promise<EvidenceResult>;
}
