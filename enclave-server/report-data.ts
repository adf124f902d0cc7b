import { enclaveError } from './errors.ts';

/** Where the 64 bytes chosen by the caller stand: SNP report (table "attestation report"), TDX quote v4 body. */
const OFFSETS: ReadonlyMap<number, number> = new Map([
  [0x01, 0x50],
  [0xf1, 0x50],
  [0x02, 48 + 520],
]);

/** The REPORT_DATA inside a piece of evidence of this type (wire-format.md B2). */
export function reportDataOf(evidenceType: number, evidence: Uint8Array): Uint8Array {
  const offset = OFFSETS.get(evidenceType);
  if (offset === undefined || evidence.length < offset + 64) {
    throw enclaveError('WAX_ENCLAVE_REPORT', `no report data in evidence of type ${evidenceType}`);
  }
  return evidence.subarray(offset, offset + 64);
}
