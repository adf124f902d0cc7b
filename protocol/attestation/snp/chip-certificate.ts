/**
 * The certificate of the key that signs reports (AMD 57230): VCEK, of one chip and firmware version, or VLEK,
 * of a cloud provider. Its extensions say which.
 * @module
 */
import { parseUtf8 } from '../../bytes.ts';
import { p384 } from '../curves.ts';
import { DerReader, tags } from '../der.ts';
import { AMD_ARC } from '../oids.ts';
import type { Certificate } from '../x509.ts';
import { snpError } from './errors.ts';

export interface ChipCertificate {
  readonly certificate: Certificate;
  /** Uncompressed P-384 point. */
  readonly point: Uint8Array;
  readonly kind: 'vcek' | 'vlek';
  /** As the certificate spells it: `Milan-B0`, `Genoa`, `Turin`. */
  readonly productName: string;
  readonly versions: {
    readonly fmc: number | null;
    readonly bootloader: number;
    readonly tee: number;
    readonly snp: number;
    readonly microcode: number;
  };
  /** Raw octets: 64 bytes, 8 from Turin on; VCEK only. */
  readonly hardwareId: Uint8Array | null;
  /** VLEK only. */
  readonly providerId: string | null;
}

const arc = (suffix: string): string => `${AMD_ARC}.${suffix}`;

function readValue<Value>(
  certificate: Certificate,
  suffix: string,
  read: (reader: DerReader) => Value,
): Value {
  const bytes = certificate.extensions.others.get(arc(suffix));
  if (!bytes) throw snpError('WAX_SNP_EXTENSION', `${arc(suffix)} is missing`);
  const reader = new DerReader(bytes);
  const value = read(reader);
  reader.end();
  return value;
}

function readVersion(certificate: Certificate, suffix: string): number {
  return readValue(certificate, suffix, (reader) => reader.integer(255));
}

function readText(certificate: Certificate, suffix: string): string {
  return readValue(certificate, suffix, (reader) => parseUtf8(reader.expect(tags.ia5String).content));
}

/**
 * Reads what the certificate says about chip and firmware.
 * @throws WAX_SNP_EXTENSION or WAX_SNP_CHAIN; WAX_DER_… for a malformed value
 */
export function parseChipCertificate(certificate: Certificate): ChipCertificate {
  const { others } = certificate.extensions;
  const hardwareId = others.get(arc('4')) ?? null;
  const isVlek = others.has(arc('5'));
  if (isVlek === (hardwareId !== null))
    throw snpError('WAX_SNP_EXTENSION', 'not exactly one of hwID and cspID');
  const kind = isVlek ? 'vlek' : 'vcek';
  if (certificate.subjectCommonName !== (isVlek ? 'SEV-VLEK' : 'SEV-VCEK')) {
    throw snpError('WAX_SNP_CHAIN', 'the name of the chip certificate');
  }
  const { publicKey } = certificate;
  if (publicKey.kind !== 'ec' || publicKey.curve !== p384)
    throw snpError('WAX_SNP_CHAIN', 'the key is not on P-384');
  readVersion(certificate, '1');
  // Reserved versions: Turin certificates leave some out.
  for (const reserved of ['3.4', '3.5', '3.6', '3.7']) {
    if (others.has(arc(reserved))) readVersion(certificate, reserved);
  }
  return {
    certificate,
    point: publicKey.point,
    kind,
    productName: readText(certificate, '2'),
    versions: {
      fmc: others.has(arc('3.9')) ? readVersion(certificate, '3.9') : null,
      bootloader: readVersion(certificate, '3.1'),
      tee: readVersion(certificate, '3.2'),
      snp: readVersion(certificate, '3.3'),
      microcode: readVersion(certificate, '3.8'),
    },
    hardwareId,
    providerId: isVlek ? readText(certificate, '5') : null,
  };
}
