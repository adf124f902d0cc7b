/** Where report, certificate and chain must say the same (S3 to S6): what AMD signed about this chip. */
import { equalBytes, toHex } from '../../bytes.ts';
import type { Certificate } from '../x509.ts';
import type { ChipCertificate } from './chip-certificate.ts';
import { snpError } from './errors.ts';
import {
  isNameOf,
  parseTcb,
  productFacts,
  productOfCpuid,
  productOfName,
  type SnpProduct,
  tcbParts,
} from './product.ts';
import { keyInfoOf, type SnpReport, signingKeys } from './report.ts';

/** S3: the product by CPUID; version 2 does not have it, there the certificate's name decides alone. */
export function readProduct(report: SnpReport, chip: ChipCertificate | null): SnpProduct {
  if (report.version >= 3) return productOfCpuid(report.cpuid.family, report.cpuid.model);
  if (!chip) throw snpError('WAX_SNP_PRODUCT_UNKNOWN', 'no certificate');
  return productOfName(chip.productName);
}

/** S3: the certificate is for that product. */
export function verifyProductName(product: SnpProduct, chip: ChipCertificate): void {
  if (!isNameOf(product, chip.productName)) throw snpError('WAX_SNP_PRODUCT_MISMATCH', product);
}

/** S4: the names and keys that AMD gives the certificates above the chip's. */
export function verifyChainNames(
  product: SnpProduct,
  chip: ChipCertificate,
  intermediate: Certificate,
  root: Certificate,
): void {
  const { line } = productFacts[product];
  const wanted = chip.kind === 'vlek' ? `SEV-VLEK-${line}` : `SEV-${line}`;
  if (intermediate.subjectCommonName !== wanted) throw snpError('WAX_SNP_CHAIN', `${wanted} expected`);
  if (root.subjectCommonName !== `ARK-${line}`) throw snpError('WAX_SNP_CHAIN', `ARK-${line} expected`);
  if (intermediate.publicKey.kind !== 'rsa' || root.publicKey.kind !== 'rsa') {
    throw snpError('WAX_SNP_CHAIN', 'a key above the chip is not RSA');
  }
}

/** S4: the report says that this kind of key signed it. */
export function verifyKind(report: SnpReport, chip: ChipCertificate): void {
  if (keyInfoOf(report).signingKey !== signingKeys[chip.kind]) throw snpError('WAX_SNP_KIND', chip.kind);
}

/** S5: the certificate is for exactly the firmware versions that the report names. */
export function verifyReportedTcb(report: SnpReport, chip: ChipCertificate, product: SnpProduct): void {
  const reported = parseTcb(product, report.reportedTcb);
  const different = tcbParts.filter((part) => reported[part] !== chip.versions[part]);
  if (different.length > 0) throw snpError('WAX_SNP_TCB_MISMATCH', different.join(', '));
}

/** S6: CHIP_ID is the hardware id of the certificate; zero where the chip is masked or the key a provider's. */
export function verifyChipId(report: SnpReport, chip: ChipCertificate, product: SnpProduct): void {
  const id = chip.hardwareId;
  const size = productFacts[product].idBytes;
  if (id === null || keyInfoOf(report).maskChipKey) {
    if (report.chipId.some((byte) => byte !== 0)) throw snpError('WAX_SNP_CHIP_ID', 'not zero');
    return;
  }
  const restIsZero = report.chipId.subarray(size).every((byte) => byte === 0);
  if (id.length !== size || !restIsZero || !equalBytes(report.chipId.subarray(0, size), id)) {
    throw snpError('WAX_SNP_CHIP_ID', toHex(id).slice(0, 16));
  }
}
