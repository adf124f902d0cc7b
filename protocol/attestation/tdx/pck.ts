/** The platform extension of a PCK certificate (Intel SGX PCK Certificate and CRL Profile, section 1.3.5). */
import { DerReader, tags } from '../der.ts';
import { INTEL_SGX_ARC } from '../oids.ts';
import type { Certificate } from '../x509.ts';
import { tdxError } from './errors.ts';

export interface PckPlatform {
  /** Identity of the processor package, 16 bytes. */
  readonly ppid: Uint8Array;
  /** The 16 component security versions. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  readonly cpuSvn: Uint8Array;
  readonly pceId: Uint8Array;
  readonly fmspc: Uint8Array;
  readonly type: number;
  /** Identity of a platform of several packages, 16 bytes; platform CA only. */
  readonly platformInstance: Uint8Array | null;
}

/** Reads a SEQUENCE OF { OBJECT IDENTIFIER, value } into a map; an identifier named twice is refused. */
function readPairs(list: DerReader): Map<string, DerReader> {
  const pairs = new Map<string, DerReader>();
  while (list.next !== null) {
    const pair = list.enter(tags.sequence);
    const oid = pair.oid();
    if (pairs.has(oid)) throw tdxError('WAX_TDX_EXTENSION', `${oid} twice`);
    pairs.set(oid, new DerReader(pair.element().raw));
    pair.end();
  }
  return pairs;
}

function readOctets(pairs: Map<string, DerReader>, suffix: string, size: number): Uint8Array {
  const bytes = pairs.get(`${INTEL_SGX_ARC}.${suffix}`)?.octetString();
  if (bytes?.length !== size) throw tdxError('WAX_TDX_EXTENSION', `${INTEL_SGX_ARC}.${suffix}`);
  return bytes;
}

function readNumber(pairs: Map<string, DerReader>, suffix: string, most: number): number {
  const value = pairs.get(`${INTEL_SGX_ARC}.${suffix}`)?.integer(most);
  if (value === undefined) throw tdxError('WAX_TDX_EXTENSION', `${INTEL_SGX_ARC}.${suffix}`);
  return value;
}

/**
 * Reads identity and security versions of the platform.
 * @throws WAX_TDX_EXTENSION, or WAX_DER_… for a malformed value
 */
export function parsePckPlatform(certificate: Certificate): PckPlatform {
  const value = certificate.extensions.others.get(INTEL_SGX_ARC);
  if (!value) throw tdxError('WAX_TDX_EXTENSION', 'missing');
  const outer = new DerReader(value);
  const pairs = readPairs(outer.enter(tags.sequence));
  outer.end();
  const tcbList = pairs.get(`${INTEL_SGX_ARC}.2`);
  if (!tcbList) throw tdxError('WAX_TDX_EXTENSION', 'no TCB');
  const tcb = readPairs(tcbList.enter(tags.sequence));
  const type = pairs.get(`${INTEL_SGX_ARC}.5`)?.expect(tags.enumerated).content;
  if (type?.length !== 1) throw tdxError('WAX_TDX_EXTENSION', 'type');
  return {
    ppid: readOctets(pairs, '1', 16),
    components: Array.from({ length: 16 }, (_, index) => readNumber(tcb, `2.${index + 1}`, 255)),
    pceSvn: readNumber(tcb, '2.17', 65_535),
    cpuSvn: readOctets(tcb, '2.18', 16),
    pceId: readOctets(pairs, '3', 2),
    fmspc: readOctets(pairs, '4', 6),
    type: type[0] ?? 0,
    platformInstance: pairs.has(`${INTEL_SGX_ARC}.6`) ? readOctets(pairs, '6', 16) : null,
  };
}
