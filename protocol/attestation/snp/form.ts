/** Checks on the form of a report (S1, S2): what holds for every genuine one, whatever we accept. */
import { snpError } from './errors.ts';
import { hasBit, keyInfoOf, policyBits, type SnpReport, signingKeys } from './report.ts';

export function verifyVersion(report: SnpReport): void {
  if (report.version < 2 || report.version > 5) throw snpError('WAX_SNP_VERSION', `${report.version}`);
}

export function verifyReserved(report: SnpReport): void {
  if (report.reserved.some((byte) => byte !== 0)) throw snpError('WAX_SNP_RESERVED');
}

export function verifyAlgorithm(report: SnpReport): void {
  if (report.signatureAlgorithm !== 1) throw snpError('WAX_SNP_ALGORITHM', `${report.signatureAlgorithm}`);
}

/** KEY_INFO without unknown bits and with a key that signs: 7 stands for an unsigned report. */
export function verifyKeyInfo(report: SnpReport): void {
  const { signingKey, reserved } = keyInfoOf(report);
  if (reserved !== 0) throw snpError('WAX_SNP_KEY_INFO', 'reserved bits');
  if (signingKey !== signingKeys.vcek && signingKey !== signingKeys.vlek) {
    throw snpError('WAX_SNP_KEY_INFO', `signing key ${signingKey}`);
  }
}

export function verifyPolicyBit(report: SnpReport): void {
  if (!hasBit(report.policy, policyBits.alwaysOne)) throw snpError('WAX_SNP_POLICY_BIT');
}

/** The signature as r ‖ s, big-endian, 96 bytes; the upper 24 bytes of each 72-byte field must be zero. */
export function readSignature(report: SnpReport): Uint8Array {
  const halves = [report.signatureR, report.signatureS].map((field) => {
    if (field.subarray(48).some((byte) => byte !== 0)) throw snpError('WAX_SNP_SIGNATURE_FORM');
    return [...field.subarray(0, 48)].reverse();
  });
  return Uint8Array.from(halves.flat());
}
