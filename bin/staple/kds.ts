/**
 * AMD's key distribution service (AMD 57230): the certificate of one chip at one firmware, the chain above it,
 * and the list of what was revoked.
 * @module
 */
import { parsePemChain } from '../../protocol/attestation/pem.ts';
import { parseTcb, productFacts, productOfCpuid } from '../../protocol/attestation/snp/product.ts';
import { parseSnpReport } from '../../protocol/attestation/snp/report.ts';
import { toHex } from '../../protocol/bytes.ts';
import { stapleError } from './errors.ts';
import { askVendor, type VendorClientOptions } from './vendor-client.ts';

export const KDS = 'https://kdsintf.amd.com';

/** Path of the certificate of the chip that made this report, at the firmware that the report names. */
function vcekPath(evidence: Uint8Array): { line: string; path: string } {
  const { cpuid, chipId, reportedTcb } = parseSnpReport(evidence);
  const product = productOfCpuid(cpuid.family, cpuid.model);
  const { line, idBytes } = productFacts[product];
  const { fmc, bootloader, tee, snp, microcode } = parseTcb(product, reportedTcb);
  const id = toHex(chipId.subarray(0, idBytes));
  const number = (value: number) => String(value).padStart(2, '0');
  const parts = [
    ...(fmc === null ? [] : [`fmcSPL=${number(fmc)}`]),
    ...[`blSPL=${number(bootloader)}`, `teeSPL=${number(tee)}`],
    ...[`snpSPL=${number(snp)}`, `ucodeSPL=${number(microcode)}`],
  ];
  return { line, path: `/vcek/v1/${line}/${id}?${parts.join('&')}` };
}

/** VCEK, ASK, ARK and revocation list for this report, in the order of wire format B2. */
export async function fetchSnpEndorsements(
  evidence: Uint8Array,
  base: string,
  options: VendorClientOptions,
): Promise<Uint8Array[]> {
  const { line, path } = vcekPath(evidence);
  // One after the other: the service answers 429 to whoever asks for several things at once.
  const vcek = await askVendor(`${base}${path}`, options);
  const chain = await askVendor(`${base}/vcek/v1/${line}/cert_chain`, options);
  const [ask, ark, ...more] = parsePemChain(chain.body);
  if (!ask || !ark || more.length > 0) throw stapleError('WAX_STAPLE_VENDOR', 'not a chain of two');
  const crl = await askVendor(`${base}/vcek/v1/${line}/crl`, options);
  return [vcek.body, ask, ark, crl.body];
}
