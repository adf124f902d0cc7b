/**
 * C2SP signed-note: text, a blank line, and signature lines; and the verifier keys that name who signed.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import {
  concatBytes,
  equalBytes,
  parseBase64,
  parseHex,
  parseUtf8,
  toBase64,
  toHex,
  utf8,
} from '../bytes.ts';
import { verifyEd25519 } from '../signatures.ts';
import { logError } from './errors.ts';

export interface NoteSignature {
  name: string;
  /** Four bytes that, with the name, say which key this claims to be by. */
  keyId: Uint8Array;
  /** What follows the key ID: 64 bytes for Ed25519, 72 for a timestamped cosignature. */
  signature: Uint8Array;
}

export interface Note {
  /** What is signed, with its final newline. */
  text: string;
  signatures: NoteSignature[];
}

/** Signature types that this project verifies: 1 Ed25519, 4 timestamped Ed25519 cosignature. */
export type SignatureType = 1 | 4;

export interface VerifierKey {
  name: string;
  keyId: Uint8Array;
  type: SignatureType;
  /** Raw Ed25519 key, 32 bytes. */
  publicKey: Uint8Array;
  /** The key as people exchange it: `name+keyid+base64`. */
  text: string;
}

/** The standard asks for at least 16; post-quantum signatures take 3.3 kB each as text. */
const MAX_SIGNATURES = 64;
const MAX_CHARACTERS = 512 * 1024;

/** Splits a note into text and signature lines. Nothing is verified: the text must not be used before that. */
export function parseNote(input: string | Uint8Array): Note {
  const note = typeof input === 'string' ? input : decode(input);
  if (note.length > MAX_CHARACTERS) throw logError('WAX_LOG_NOTE', 'too long');
  if (!note.isWellFormed() || hasControlCharacter(note))
    throw logError('WAX_LOG_NOTE', 'control or invalid character');
  // The text may hold empty lines itself; the last one separates.
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw logError('WAX_LOG_NOTE', 'no signature block');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw logError('WAX_LOG_NOTE', `${lines.length} signatures`);
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

function decode(bytes: Uint8Array): string {
  try {
    return parseUtf8(bytes);
  } catch (cause) {
    throw logError('WAX_LOG_NOTE', 'not UTF-8', { cause });
  }
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}

/** U+0085 is a space to Unicode and not to `\s`. */
function isKeyName(name: string): boolean {
  return name !== '' && !/[\s\u0085+]/.test(name);
}

function parseSignatureLine(line: string): NoteSignature {
  const [dash, name, encoded, ...rest] = line.split(' ');
  if (dash !== '—' || name === undefined || encoded === undefined || rest.length > 0 || !isKeyName(name)) {
    throw logError('WAX_LOG_NOTE', 'malformed signature line');
  }
  const bytes = decodeSignature(encoded);
  if (bytes.length < 5) throw logError('WAX_LOG_NOTE', 'empty signature');
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
}

const PADDED = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Padded base64, in which the unused last bits may be set: other readers of notes ignore them, and a line that
 * they take for a signature by an unknown key must not spoil the note here.
 */
function decodeSignature(encoded: string): Uint8Array {
  if (!PADDED.test(encoded)) throw logError('WAX_LOG_NOTE', 'malformed signature');
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}

/** The inverse of `parseNote`. */
export function formatNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
}

/** One signature line with its newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `— ${name} ${toBase64(concatBytes(keyId, signature))}\n`;
}

/** The signatures that claim to be by this key: name and key ID must both match, or the line is somebody else's. */
export function signaturesBy(note: Note, key: VerifierKey): Uint8Array[] {
  return note.signatures
    .filter(({ name, keyId }) => name === key.name && equalBytes(keyId, key.keyId))
    .map(({ signature }) => signature);
}

/** Proves that the key (type 1) signed the note, or throws; one bad line by the key refuses the whole note. */
export async function verifyNote(note: Note, key: VerifierKey): Promise<void> {
  if (key.type !== 1) throw logError('WAX_LOG_KEY', `signature type ${key.type}`);
  const signatures = signaturesBy(note, key);
  if (signatures.length === 0) throw logError('WAX_LOG_UNSIGNED', key.name);
  for (const signature of signatures) {
    if (!(await verifyEd25519(key.publicKey, utf8(note.text), signature))) {
      throw logError('WAX_LOG_SIGNATURE', key.name);
    }
  }
}

/** The key ID of signed-note: SHA-256(name ‖ newline ‖ type ‖ public key), the first four bytes. */
function computeKeyId(name: string, typed: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8(`${name}\n`), typed)).slice(0, 4);
}

/** Makes a verifier key of a name, a signature type and a raw Ed25519 key. */
export function makeVerifierKey(name: string, type: SignatureType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name) || !name.isWellFormed() || hasControlCharacter(name))
    throw logError('WAX_LOG_KEY', 'name');
  if (publicKey.length !== 32) throw logError('WAX_LOG_KEY', 'length');
  const typed = concatBytes(Uint8Array.of(type), publicKey);
  const keyId = computeKeyId(name, typed);
  return { name, keyId, type, publicKey, text: `${name}+${toHex(keyId)}+${toBase64(typed)}` };
}

/** Parses `name+keyid+base64(type ‖ key)`; types other than 1 and 4, and key IDs that do not fit, are refused. */
export function parseVerifierKey(text: string): VerifierKey {
  // Base64 may contain a plus sign, the two fields before it may not.
  const [, name, keyIdHex, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  if (name === undefined || keyIdHex === undefined || encoded === undefined)
    throw logError('WAX_LOG_KEY', 'form');
  let typed: Uint8Array;
  try {
    typed = parseBase64(encoded);
  } catch (cause) {
    throw logError('WAX_LOG_KEY', 'base64', { cause });
  }
  const type = typed[0];
  if (type !== 1 && type !== 4) throw logError('WAX_LOG_KEY', `signature type ${type}`);
  const key = makeVerifierKey(name, type, typed.slice(1));
  if (!equalBytes(key.keyId, parseHex(keyIdHex))) throw logError('WAX_LOG_KEY', 'key ID');
  return key;
}
