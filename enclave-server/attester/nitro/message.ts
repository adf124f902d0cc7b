/**
 * Requests to the Nitro security module and its responses: CBOR, one map with one key
 * (aws-nitro-enclaves-nsm-api, attestation requests).
 * @module
 */

import { type CborValue, encodeByteString, parseCbor } from '../../../protocol/attestation/cbor.ts';
import { concatBytes, u8, utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { enclaveError } from '../../errors.ts';

const NULL = u8(0xf6);
/** A text of fewer than 24 bytes. */
const text = (value: string) => concatBytes(u8(0x60 | value.length), utf8(value));
/** A map of fewer than 24 pairs. */
const map = (...pairs: [key: string, value: Uint8Array][]) =>
  concatBytes(u8(0xa0 | pairs.length), ...pairs.flatMap(([key, value]) => [text(key), value]));

/** Asks for a document over these bytes, without nonce and key: `user_data` alone binds (wire-format.md B3). */
export function attestationRequest(userData: Uint8Array): Uint8Array {
  const fields = map(['user_data', encodeByteString(userData)], ['nonce', NULL], ['public_key', NULL]);
  return map(['Attestation', fields]);
}

const field = (value: CborValue | undefined, key: string): CborValue | undefined =>
  value instanceof Map && value.size === 1 ? value.get(key) : undefined;

function parse(response: Uint8Array): CborValue {
  try {
    return parseCbor(response);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw enclaveError('WAX_ENCLAVE_REPORT', cause.code, { cause });
  }
}

/** The document in a response. Throws WAX_ENCLAVE_REPORT with the module's own name for what went wrong. */
export function documentIn(response: Uint8Array): Uint8Array {
  const value = parse(response);
  const document = field(field(value, 'Attestation'), 'document');
  if (document instanceof Uint8Array) return document.slice();
  const error = field(value, 'Error');
  const known = typeof error === 'string' && /^[A-Za-z]{1,40}$/.test(error);
  throw enclaveError('WAX_ENCLAVE_REPORT', known ? error : 'not an attestation response');
}
