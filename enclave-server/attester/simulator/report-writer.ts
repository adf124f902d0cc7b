/** Writes SEV-SNP reports (AMD 56860), for the simulator and for tests. The layout is that of version 5. */
import { type KeyObject, sign } from 'node:crypto';

export interface ReportFields {
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  readonly vmpl: number;
  readonly signatureAlgorithm: number;
  readonly platformInfo: bigint;
  readonly keyInfo: number;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  /** Family, model and stepping. */
  readonly cpuid: readonly [number, number, number];
  readonly chipId: Uint8Array;
  readonly currentTcb: Uint8Array;
  readonly reportedTcb: Uint8Array;
  readonly committedTcb: Uint8Array;
  readonly launchTcb: Uint8Array;
  /** Build, minor, major. */
  readonly firmware: readonly [number, number, number];
  readonly launchMitigations: bigint;
  readonly currentMitigations: bigint;
}

const SIGNED = 0x2a0;
const SIZE = 1184;

/** The report without its signature: the first 0x2a0 bytes hold the fields, the rest is zero. */
export function writeReport(fields: ReportFields): Uint8Array {
  const report = new Uint8Array(SIZE);
  const view = new DataView(report.buffer);
  view.setUint32(0x000, fields.version, true);
  view.setUint32(0x004, fields.guestSvn, true);
  view.setBigUint64(0x008, fields.policy, true);
  view.setUint32(0x030, fields.vmpl, true);
  view.setUint32(0x034, fields.signatureAlgorithm, true);
  report.set(fields.currentTcb, 0x038);
  view.setBigUint64(0x040, fields.platformInfo, true);
  view.setUint32(0x048, fields.keyInfo, true);
  report.set(fields.reportData, 0x050);
  report.set(fields.measurement, 0x090);
  report.set(fields.hostData, 0x0c0);
  report.set(fields.reportedTcb, 0x180);
  report.set(fields.cpuid, 0x188);
  report.set(fields.chipId, 0x1a0);
  report.set(fields.committedTcb, 0x1e0);
  report.set(fields.firmware, 0x1e8);
  report.set(fields.firmware, 0x1ec);
  report.set(fields.launchTcb, 0x1f0);
  view.setBigUint64(0x1f8, fields.launchMitigations, true);
  view.setBigUint64(0x200, fields.currentMitigations, true);
  return report;
}

/** Signs bytes 0 to 0x29f with ECDSA P-384 and puts r and s, little-endian, in their 72-byte fields. */
export function signReport(unsigned: Uint8Array, key: KeyObject): Uint8Array {
  const report = unsigned.slice();
  const signature = sign('sha384', report.subarray(0, SIGNED), { key, dsaEncoding: 'ieee-p1363' });
  report.fill(0, SIGNED, SIGNED + 144);
  report.set([...signature.subarray(0, 48)].reverse(), SIGNED);
  report.set([...signature.subarray(48)].reverse(), SIGNED + 72);
  return report;
}
