/**
 * DSSE envelopes (secure-systems-lab/dsse): a payload, and signatures over its exact bytes and type. The
 * standard leaves the JSON form of an envelope open; a log entry has exactly one, so that equal envelopes
 * are equal bytes: fixed key order, no white space, signatures sorted by key.
 * @module
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, parseBase64, toBase64, toHex, utf8 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { type JsonValue, parseJson } from '../json.ts';
import { readArray, readHex, readObject, readOneOf, readString } from '../shape.ts';
import { statementError } from './statement-errors.ts';

/** Longest entry of the log, in bytes. */
export const MAX_ENTRY_BYTES = 16 * 1024;
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const MAX_SIGNATURES = 16;

export interface EnvelopeSignature {
  /** Hex SHA-256 of the raw 32-byte Ed25519 key. */
  keyid: string;
  /** 64 bytes. */
  sig: Uint8Array;
}

export interface Envelope {
  payloadType: typeof PAYLOAD_TYPE;
  payload: Uint8Array;
  signatures: EnvelopeSignature[];
}

/** Somebody who signs envelopes; the key may be in a file, a module or a device. */
export interface EnvelopeSigner {
  /** Raw Ed25519 key, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A signer out of a 32-byte Ed25519 seed. */
export function envelopeSigner(seed: Uint8Array): EnvelopeSigner {
  const secret = seed.slice();
  return {
    publicKey: ed25519.getPublicKey(secret),
    sign: async (message) => ed25519.sign(message, secret),
  };
}

/** How envelopes name a key: hex SHA-256 of its 32 bytes. */
export function keyId(publicKey: Uint8Array): string {
  return toHex(sha256(publicKey));
}

/** The pre-authentication encoding, which is what gets signed. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}

/** The envelope's bytes as the log holds them. Refuses two signatures by one key, and more than 16 KiB. */
export function encodeEnvelope({ payloadType, payload, signatures }: Envelope): Uint8Array {
  const sorted = [...signatures].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
  if (new Set(sorted.map(({ keyid }) => keyid)).size < sorted.length) {
    throw statementError('WAX_STATEMENT_ENVELOPE', 'two signatures by one key');
  }
  const fixed = {
    payloadType,
    payload: toBase64(payload),
    signatures: sorted.map(({ keyid, sig }) => ({ keyid, sig: toBase64(sig) })),
  };
  const bytes = utf8(JSON.stringify(fixed));
  if (bytes.length > MAX_ENTRY_BYTES) throw statementError('WAX_STATEMENT_SIZE', `${bytes.length} bytes`);
  return bytes;
}

function readSignature(value: JsonValue, path: string): EnvelopeSignature {
  const { keyid, sig } = readObject(value, path, ['keyid', 'sig']);
  return { keyid: readHex(keyid, `${path}.keyid`, 32), sig: parseBase64(readString(sig, `${path}.sig`), 64) };
}

/** Reads an envelope in its one form; the signatures are not verified, and there may be none yet. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > MAX_ENTRY_BYTES) throw statementError('WAX_STATEMENT_SIZE', `${bytes.length} bytes`);
  try {
    const value = parseJson(bytes, { depth: 3, bytes: MAX_ENTRY_BYTES });
    const fields = readObject(value, 'envelope', ['payloadType', 'payload', 'signatures']);
    const envelope: Envelope = {
      payloadType: readOneOf(fields.payloadType, 'payloadType', [PAYLOAD_TYPE]),
      payload: parseBase64(readString(fields.payload, 'payload', { most: MAX_ENTRY_BYTES })),
      signatures: readArray(fields.signatures, 'signatures', readSignature, { most: MAX_SIGNATURES }),
    };
    if (!equalBytes(encodeEnvelope(envelope), bytes)) {
      throw statementError('WAX_STATEMENT_ENVELOPE', 'another order, spacing or spelling');
    }
    return envelope;
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code.startsWith('WAX_STATEMENT_')) throw cause;
    throw statementError('WAX_STATEMENT_ENVELOPE', cause.detail, { cause });
  }
}

/** The envelope with this signer's signature added, or put in the place of an earlier one by the same key. */
export async function addSignature(envelope: Envelope, signer: EnvelopeSigner): Promise<Envelope> {
  const keyid = keyId(signer.publicKey);
  const sig = await signer.sign(pae(envelope.payloadType, envelope.payload));
  const others = envelope.signatures.filter((signature) => signature.keyid !== keyid);
  return { ...envelope, signatures: [...others, { keyid, sig }] };
}

/** An envelope around a payload, signed by each of the signers. */
export async function signPayload(
  payload: Uint8Array,
  signers: readonly EnvelopeSigner[],
): Promise<Envelope> {
  let envelope: Envelope = { payloadType: PAYLOAD_TYPE, payload, signatures: [] };
  for (const signer of signers) envelope = await addSignature(envelope, signer);
  return envelope;
}
