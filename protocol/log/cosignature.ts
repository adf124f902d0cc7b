/**
 * C2SP tlog-cosignature, Ed25519 v1: a witness states that, at a time, a checkpoint was the largest consistent one it had seen.
 * @module
 */
import { ByteReader, concatBytes, toHex, u64, utf8 } from '../bytes.ts';
import { verifyEd25519 } from '../signatures.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { logError } from './errors.ts';
import { formatSignatureLine, type Note, signaturesBy, type VerifierKey } from './note.ts';
import type { NoteSigner } from './signer.ts';

export interface Cosignature {
  /** The witness's key name. */
  name: string;
  /** When the witness signed, in milliseconds since the epoch. */
  at: number;
}

function signedMessage(checkpointText: string, atSeconds: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${atSeconds}\n${checkpointText}`);
}

/** Cosigns the text of a checkpoint note; returns the signature line with its newline. */
export async function cosign(checkpointText: string, signer: NoteSigner, atSeconds: number): Promise<string> {
  const { name, keyId, type } = signer.verifierKey;
  if (type !== 4) throw logError('WAX_LOG_KEY', `signature type ${type}`);
  parseCheckpoint(checkpointText);
  const signature = await signer.sign(signedMessage(checkpointText, atSeconds));
  return formatSignatureLine({ name, keyId, signature: concatBytes(u64(atSeconds), signature) });
}

/**
 * The witnesses among `witnesses` that cosigned this checkpoint note, each once, with the newest time it gave.
 * Lines of unknown keys are ignored; one bad line by a known key refuses the whole note (C2SP signed-note).
 * How many are enough, and how old they may be, is for the caller to say.
 */
export async function verifyCosignatures(
  note: Note,
  witnesses: readonly VerifierKey[],
): Promise<Cosignature[]> {
  requireDistinct(witnesses);
  const found: Cosignature[] = [];
  for (const witness of witnesses) {
    const times: number[] = [];
    for (const signature of signaturesBy(note, witness))
      times.push(await verifyOne(note.text, signature, witness));
    if (times.length > 0) found.push({ name: witness.name, at: Math.max(...times) * 1000 });
  }
  return found;
}

/** The signed message does not hold the witness's name: one key under two names would be counted twice. */
function requireDistinct(witnesses: readonly VerifierKey[]): void {
  const names = new Set(witnesses.map(({ name }) => name));
  const keys = new Set(witnesses.map(({ publicKey }) => toHex(publicKey)));
  if (names.size < witnesses.length || keys.size < witnesses.length)
    throw logError('WAX_LOG_KEY', 'witness listed twice');
}

async function verifyOne(text: string, signature: Uint8Array, witness: VerifierKey): Promise<number> {
  if (witness.type !== 4) throw logError('WAX_LOG_KEY', `signature type ${witness.type}`);
  const wrong = () => logError('WAX_LOG_SIGNATURE', witness.name);
  if (signature.length !== 72) throw wrong();
  const reader = new ByteReader(signature);
  // Leading bytes this large would be a time that no number of milliseconds holds.
  if (signature[0] !== 0 || (signature[1] ?? 0) > 0x1f) throw wrong();
  const at = reader.u64();
  if (!Number.isSafeInteger(at * 1000)) throw wrong();
  if (!(await verifyEd25519(witness.publicKey, signedMessage(text, at), reader.take(64)))) throw wrong();
  return at;
}
