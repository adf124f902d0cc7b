import { toHex } from '../../bytes.ts';
import type { JsonValue } from '../../json.ts';
import type { ChipCertificate } from './chip-certificate.ts';
import { parseTcb, type SnpProduct } from './product.ts';
import { hasBit, keyInfoOf, platformBits, policyBits, type SnpReport, type SnpVersion } from './report.ts';

const version = ({ major, minor, build }: SnpVersion) => `${major}.${minor}.${build}`;
const hex64 = (value: bigint) => `0x${value.toString(16)}`;

function bits(value: bigint, names: Readonly<Record<string, number>>): { [key: string]: JsonValue } {
  return Object.fromEntries(Object.entries(names).map(([name, bit]) => [name, hasBit(value, bit)]));
}

function tcb(bytes: Uint8Array, product: SnpProduct | null): JsonValue {
  const raw = toHex(bytes);
  if (product === null) return { raw };
  try {
    return { raw, ...parseTcb(product, bytes) };
  } catch {
    // The check that failed on it is in the list; the claim keeps what can be shown.
    return { raw };
  }
}

/** Every field of a report, as JSON. */
export function reportClaims(report: SnpReport, product: SnpProduct | null): { [key: string]: JsonValue } {
  const { authorKeyEnabled, maskChipKey, signingKey } = keyInfoOf(report);
  return {
    version: report.version,
    guestSvn: report.guestSvn,
    policy: {
      raw: hex64(report.policy),
      abiMajor: Number((report.policy >> 8n) & 0xffn),
      abiMinor: Number(report.policy & 0xffn),
      ...bits(report.policy, policyBits),
    },
    familyId: toHex(report.familyId),
    imageId: toHex(report.imageId),
    vmpl: report.vmpl,
    signatureAlgorithm: report.signatureAlgorithm,
    platformInfo: { raw: hex64(report.platformInfo), ...bits(report.platformInfo, platformBits) },
    keyInfo: { raw: report.keyInfo, authorKeyEnabled, maskChipKey, signingKey },
    reportData: toHex(report.reportData),
    measurement: toHex(report.measurement),
    hostData: toHex(report.hostData),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    reportId: toHex(report.reportId),
    reportIdMa: toHex(report.reportIdMa),
    cpuid: { ...report.cpuid },
    product,
    chipId: toHex(report.chipId),
    reportedTcb: tcb(report.reportedTcb, product),
    committedTcb: tcb(report.committedTcb, product),
    currentTcb: tcb(report.currentTcb, product),
    launchTcb: tcb(report.launchTcb, product),
    currentFirmware: version(report.currentFirmware),
    committedFirmware: version(report.committedFirmware),
    launchMitigations: hex64(report.launchMitigations),
    currentMitigations: hex64(report.currentMitigations),
  };
}

/** What the chip's certificate says, as JSON. */
export function chipClaims(chip: ChipCertificate): { [key: string]: JsonValue } {
  return {
    kind: chip.kind,
    productName: chip.productName,
    versions: { ...chip.versions },
    hardwareId: chip.hardwareId ? toHex(chip.hardwareId) : null,
    providerId: chip.providerId,
    notBefore: new Date(chip.certificate.notBefore).toISOString(),
    notAfter: new Date(chip.certificate.notAfter).toISOString(),
  };
}
