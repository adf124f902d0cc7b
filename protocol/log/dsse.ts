/**
 * DSSE envelopes (secure-systems-lab/dsse): a payload, and signatures over its exact bytes and type. The
 * standard leaves the JSON form of an envelope open; a log entry has exactly one, so that equal envelopes
 * are equal bytes: fixed key order, no white space, signatures sorted by key.
 * @module
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, parseBase64, parseUtf8, toBase64, toHex, utf8 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { type JsonValue, parseJson } from '../json.ts';
import { readArray, readHex, readObject, readOneOf, readString } from '../shape.ts';
import { statementError } from './statement-errors.ts';

/** Longest entry of the log, in bytes. */
export const MAX_ENTRY_BYTES = 16 * 1024;
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const MAX_SIGNATURES = 16;

interface EnvelopeSignature {
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

/** The one form: `payload` and `sig` in base64, signatures in the order of their key ids. */
function fixedForm(payload: string, signatures: readonly { keyid: string; sig: string }[]): string {
  const fields = signatures.map(({ keyid, sig }) => ({ keyid, sig }));
  return JSON.stringify({ payloadType: PAYLOAD_TYPE, payload, signatures: fields });
}

function requireAscending(keyids: readonly string[]): void {
  if (keyids.some((keyid, index) => index > 0 && keyid <= (keyids[index - 1] ?? ''))) {
    throw statementError('WAX_STATEMENT_ENVELOPE', 'signatures out of order, or two by one key');
  }
}

/** The envelope's bytes as the log holds them. Refuses two signatures by one key, and more than 16 KiB. */
export function encodeEnvelope({ payload, signatures }: Envelope): Uint8Array {
  const sorted = [...signatures].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
  requireAscending(sorted.map(({ keyid }) => keyid));
  const encoded = sorted.map(({ keyid, sig }) => ({ keyid, sig: toBase64(sig) }));
  const bytes = utf8(fixedForm(toBase64(payload), encoded));
  if (bytes.length > MAX_ENTRY_BYTES) throw statementError('WAX_STATEMENT_SIZE', `${bytes.length} bytes`);
  return bytes;
}

function readSignature(value: JsonValue, path: string): { keyid: string; sig: string } {
  const { keyid, sig } = readObject(value, path, ['keyid', 'sig']);
  return { keyid: readHex(keyid, `${path}.keyid`, 32), sig: readString(sig, `${path}.sig`, { most: 88 }) };
}

function readEnvelope(text: string): Envelope {
  const value = parseJson(text, { depth: 3, bytes: MAX_ENTRY_BYTES });
  const fields = readObject(value, 'envelope', ['payloadType', 'payload', 'signatures']);
  readOneOf(fields.payloadType, 'payloadType', [PAYLOAD_TYPE]);
  const payload = readString(fields.payload, 'payload', { most: MAX_ENTRY_BYTES });
  const signatures = readArray(fields.signatures, 'signatures', readSignature, { most: MAX_SIGNATURES });
  requireAscending(signatures.map(({ keyid }) => keyid));
  // Base64 has one spelling for each value (parseBase64), so the texts agree only if the bytes would.
  if (fixedForm(payload, signatures) !== text) {
    throw statementError('WAX_STATEMENT_ENVELOPE', 'another order, spacing or spelling');
  }
  return {
    payloadType: PAYLOAD_TYPE,
    payload: parseBase64(payload),
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: parseBase64(sig, 64) })),
  };
}

/** Reads an envelope in its one form; the signatures are not verified, and there may be none yet. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > MAX_ENTRY_BYTES) throw statementError('WAX_STATEMENT_SIZE', `${bytes.length} bytes`);
  try {
    return readEnvelope(parseUtf8(bytes));
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
