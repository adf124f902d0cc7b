/**
 * What a helper on the host pushes in to go with every report: certificates, revocation lists, TCB information.
 * They are opaque here. The host can hold them back or send rubbish, and then nobody chats; it cannot make a
 * client believe anything with them, since the client checks each against the vendor's root.
 * @module
 */
import { ByteReader } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { enclaveError } from '../errors.ts';

/** Most bytes of all endorsements in an answer (wire-format.md B2). */
export const MOST_STAPLED = 448 * 1024;
/** SEV-SNP: VCEK, ASK, ARK, CRL. TDX: TCB info, QE identity, signing chain, PCK CRL, root CRL. Nitro: none. */
const COUNTS: Readonly<Record<number, number>> = { 1: 4, 2: 5, 3: 0 };

/** How many endorsements go with evidence of this type. */
export const endorsementCount = (evidenceType: number): number => COUNTS[evidenceType] ?? 0;

/** Reads a staple: items of u32 length and bytes. Throws WAX_ENCLAVE_STAPLE. */
export function parseStaple(bytes: Uint8Array, evidenceType: number): Uint8Array[] {
  try {
    if (bytes.length > MOST_STAPLED) throw enclaveError('WAX_ENCLAVE_STAPLE', `${bytes.length} bytes`);
    const reader = new ByteReader(bytes);
    const items: Uint8Array[] = [];
    while (reader.remaining > 0) items.push(reader.take(reader.u32()).slice());
    if (items.length !== endorsementCount(evidenceType) || items.some(({ length }) => length === 0)) {
      throw enclaveError('WAX_ENCLAVE_STAPLE', `${items.length} items`);
    }
    return items;
  } catch (cause) {
    if (cause instanceof CodedError && cause.code === 'WAX_ENCLAVE_STAPLE') throw cause;
    throw enclaveError('WAX_ENCLAVE_STAPLE', 'cut off', { cause });
  }
}
