import { parseCoseSign1, parseNitroDocument } from '../protocol/attestation/nitro/document.ts';
import { parseTdxQuote } from '../protocol/attestation/tdx/quote.ts';
import { CodedError } from '../protocol/errors.ts';
import { enclaveError } from './errors.ts';

/** Where the 64 bytes chosen by the caller stand in an SEV-SNP report. */
const SNP_OFFSET = 0x50;

function find(evidenceType: number, evidence: Uint8Array): Uint8Array | null {
  switch (evidenceType) {
    case 0x01:
    case 0xf1:
      return evidence.subarray(SNP_OFFSET, SNP_OFFSET + 64);
    case 0x02:
      return parseTdxQuote(evidence).body.reportData;
    case 0x03:
      return parseNitroDocument(parseCoseSign1(evidence).payload).userData ?? null;
    default:
      return null;
  }
}

/** The REPORT_DATA inside a piece of evidence of this type (wire-format.md B2). */
export function reportDataOf(evidenceType: number, evidence: Uint8Array): Uint8Array {
  try {
    const found = find(evidenceType, evidence);
    if (found?.length === 64) return found;
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw enclaveError('WAX_ENCLAVE_REPORT', cause.code, { cause });
  }
  throw enclaveError('WAX_ENCLAVE_REPORT', `no report data in evidence of type ${evidenceType}`);
}
