/**
 * Layout of the SEV-SNP ATTESTATION_REPORT (AMD 56860 revisions 1.55 to 1.58), versions 2 to 5, little-endian.
 * Parsing only splits the 1184 bytes; what they must say is judged by the checks in form.ts and policy-checks.ts.
 * @module
 */
import { snpError } from './errors.ts';

const REPORT_SIZE = 1184;
const SIGNED_SIZE = 0x2a0;

export interface SnpVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

export interface SnpReport {
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  /** 0 to 3; more is a report that the host asked for. */
  readonly vmpl: number;
  readonly signatureAlgorithm: number;
  readonly platformInfo: bigint;
  readonly keyInfo: number;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly reportId: Uint8Array;
  readonly reportIdMa: Uint8Array;
  /** TCB versions as 8 raw bytes: their layout depends on the product. */
  readonly currentTcb: Uint8Array;
  readonly reportedTcb: Uint8Array;
  readonly committedTcb: Uint8Array;
  readonly launchTcb: Uint8Array;
  /** Zero in version 2. */
  readonly cpuid: { readonly family: number; readonly model: number; readonly stepping: number };
  readonly chipId: Uint8Array;
  readonly currentFirmware: SnpVersion;
  readonly committedFirmware: SnpVersion;
  /** From version 5 on, zero before. */
  readonly launchMitigations: bigint;
  readonly currentMitigations: bigint;
  /** Everything that must be zero in this version, one after the other. */
  readonly reserved: Uint8Array;
  /** What the signature covers: bytes 0x000 to 0x29f. */
  readonly signed: Uint8Array;
  /** r and s as they stand: 72 bytes each, little-endian. */
  readonly signatureR: Uint8Array;
  readonly signatureS: Uint8Array;
}

function reservedBytes(bytes: Uint8Array, version: number): Uint8Array {
  const ranges: [number, number][] = [
    [0x4c, 0x50],
    [version >= 3 ? 0x18b : 0x188, 0x1a0],
    [0x1eb, 0x1ec],
    [0x1ef, 0x1f0],
    [version >= 5 ? 0x208 : 0x1f8, 0x2a0],
    [0x330, REPORT_SIZE],
  ];
  return Uint8Array.from(ranges.flatMap(([from, to]) => [...bytes.subarray(from, to)]));
}

/**
 * Splits a report into its fields.
 * @throws WAX_SNP_LENGTH, and nothing else: any 1184 bytes can be split
 */
export function parseSnpReport(bytes: Uint8Array): SnpReport {
  if (bytes.length !== REPORT_SIZE) throw snpError('WAX_SNP_LENGTH', `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const field = (offset: number, size: number) => bytes.subarray(offset, offset + size);
  const firmware = (offset: number): SnpVersion => ({
    build: view.getUint8(offset),
    minor: view.getUint8(offset + 1),
    major: view.getUint8(offset + 2),
  });
  const version = view.getUint32(0x000, true);
  return {
    version,
    guestSvn: view.getUint32(0x004, true),
    policy: view.getBigUint64(0x008, true),
    familyId: field(0x010, 16),
    imageId: field(0x020, 16),
    vmpl: view.getUint32(0x030, true),
    signatureAlgorithm: view.getUint32(0x034, true),
    currentTcb: field(0x038, 8),
    platformInfo: view.getBigUint64(0x040, true),
    keyInfo: view.getUint32(0x048, true),
    reportData: field(0x050, 64),
    measurement: field(0x090, 48),
    hostData: field(0x0c0, 32),
    idKeyDigest: field(0x0e0, 48),
    authorKeyDigest: field(0x110, 48),
    reportId: field(0x140, 32),
    reportIdMa: field(0x160, 32),
    reportedTcb: field(0x180, 8),
    cpuid: { family: view.getUint8(0x188), model: view.getUint8(0x189), stepping: view.getUint8(0x18a) },
    chipId: field(0x1a0, 64),
    committedTcb: field(0x1e0, 8),
    currentFirmware: firmware(0x1e8),
    committedFirmware: firmware(0x1ec),
    launchTcb: field(0x1f0, 8),
    launchMitigations: view.getBigUint64(0x1f8, true),
    currentMitigations: view.getBigUint64(0x200, true),
    reserved: reservedBytes(bytes, version),
    signed: field(0, SIGNED_SIZE),
    signatureR: field(SIGNED_SIZE, 72),
    signatureS: field(SIGNED_SIZE + 72, 72),
  };
}

/** Who signs, by bits 4:2 of KEY_INFO. */
export const signingKeys = { vcek: 0, vlek: 1 } as const;

/** KEY_INFO split into its fields. */
export function keyInfoOf(report: SnpReport) {
  return {
    authorKeyEnabled: (report.keyInfo & 1) === 1,
    maskChipKey: ((report.keyInfo >> 1) & 1) === 1,
    signingKey: (report.keyInfo >> 2) & 7,
    /** Bits 31:5, which must be zero. */
    reserved: report.keyInfo >>> 5,
  };
}

/** Bits of the guest policy (POLICY). */
export const policyBits = {
  smtAllowed: 16,
  alwaysOne: 17,
  migrationAgent: 18,
  debug: 19,
  singleSocket: 20,
  cxlAllowed: 21,
  memAes256Xts: 22,
  raplDisabled: 23,
  ciphertextHiding: 24,
  pageSwapDisabled: 25,
} as const;

/** Bits of PLATFORM_INFO; those beyond are data that no check relies on. */
export const platformBits = {
  smtEnabled: 0,
  tsmeEnabled: 1,
  eccEnabled: 2,
  raplDisabled: 3,
  ciphertextHiding: 4,
  aliasCheckComplete: 5,
  tioEnabled: 7,
} as const;

export const hasBit = (value: bigint, bit: number): boolean => ((value >> BigInt(bit)) & 1n) === 1n;
