/**
 * Signing of notes. The key sits behind an interface, so that it can live in a file, a module or a device.
 * @module
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { utf8 } from '../bytes.ts';
import { logError } from './errors.ts';
import { formatSignatureLine, makeVerifierKey, type SignatureType, type VerifierKey } from './note.ts';

export interface NoteSigner {
  readonly verifierKey: VerifierKey;
  /** A plain Ed25519 signature (64 bytes) over exactly these bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A signer out of a 32-byte Ed25519 seed. Type 1 signs notes, type 4 cosigns checkpoints. */
export function signerFromSeed(name: string, type: SignatureType, seed: Uint8Array): NoteSigner {
  if (seed.length !== 32) throw logError('WAX_LOG_KEY', 'seed length');
  const secret = seed.slice();
  return {
    verifierKey: makeVerifierKey(name, type, ed25519.getPublicKey(secret)),
    sign: async (message) => ed25519.sign(message, secret),
  };
}

/** Signs note text (with its final newline) and returns the signature line with its newline. */
export async function signNote(text: string, signer: NoteSigner): Promise<string> {
  const { name, keyId, type } = signer.verifierKey;
  if (type !== 1) throw logError('WAX_LOG_KEY', `signature type ${type}`);
  if (!text.endsWith('\n')) throw logError('WAX_LOG_NOTE', 'no final newline');
  return formatSignatureLine({ name, keyId, signature: await signer.sign(utf8(text)) });
}
