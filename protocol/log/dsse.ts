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

const otherForm = () => statementError('WAX_STATEMENT_ENVELOPE', 'another order, spacing or spelling');

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
  const fields = { payloadType: PAYLOAD_TYPE, payload: toBase64(payload), signatures: encoded };
  const bytes = utf8(JSON.stringify(fields));
  if (bytes.length > MAX_ENTRY_BYTES) throw statementError('WAX_STATEMENT_SIZE', `${bytes.length} bytes`);
  return bytes;
}

const ENVELOPE =
  /^\{"payloadType":"application\/vnd\.in-toto\+json","payload":"([^"]+)","signatures":\[([^\]]*)\]\}$/;
const SIGNATURE = /,\{"keyid":"([0-9a-f]{64})","sig":"([^"]{88})"\}/y;

function readSignatures(list: string): EnvelopeSignature[] {
  const text = list === '' ? '' : `,${list}`;
  const signatures: EnvelopeSignature[] = [];
  for (let at = 0; at < text.length; at = SIGNATURE.lastIndex) {
    SIGNATURE.lastIndex = at;
    const [, keyid, sig] = SIGNATURE.exec(text) ?? [];
    if (keyid === undefined || sig === undefined) throw otherForm();
    if (signatures.length === MAX_SIGNATURES)
      throw statementError('WAX_STATEMENT_ENVELOPE', `more than ${MAX_SIGNATURES} signatures`);
    signatures.push({ keyid, sig: parseBase64(sig, 64) });
  }
  requireAscending(signatures.map(({ keyid }) => keyid));
  return signatures;
}

/** Base64 has one spelling for each value (parseBase64), and there is nothing else to choose in this form. */
function readEnvelope(text: string): Envelope {
  const [, payload, signatures] = ENVELOPE.exec(text) ?? [];
  if (payload === undefined || signatures === undefined) throw otherForm();
  return {
    payloadType: PAYLOAD_TYPE,
    payload: parseBase64(payload),
    signatures: readSignatures(signatures),
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
