/**
 * Signing keys of logs (type 1) and witnesses (type 4) in files, one line each, in the form that Go's note package
 * writes: PRIVATE+KEY+name+keyid+base64(type ‖ seed). Only the owner may read such a file.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { concatBytes, parseBase64, toBase64, toHex } from '../../protocol/bytes.ts';
import type { SignatureType } from '../../protocol/log/note.ts';
import { type NoteSigner, signerFromSeed } from '../../protocol/log/signer.ts';
import { keyFileError } from './errors.ts';

const isCode = (error: unknown, code: string) =>
  error instanceof Error && 'code' in error && error.code === code;

/** Makes a key and stores it durably with mode 0600; refuses to overwrite. */
export async function createKeyFile(path: string, name: string, type: SignatureType): Promise<NoteSigner> {
  const seed = randomBytes(32);
  const signer = signerFromSeed(name, type, seed);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw isCode(cause, 'EEXIST') ? keyFileError('WAX_KEYFILE_EXISTS', path) : cause;
  });
  try {
    await file.writeFile(`${formatSecret(signer, seed)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return signer;
}

function formatSecret({ verifierKey: { name, keyId, type } }: NoteSigner, seed: Uint8Array): string {
  return `PRIVATE+KEY+${name}+${toHex(keyId)}+${toBase64(concatBytes(Uint8Array.of(type), seed))}`;
}

/** Reads a key that must be of this type. */
export async function readKeyFile(path: string, type: SignatureType): Promise<NoteSigner> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw isCode(cause, 'ENOENT') ? keyFileError('WAX_KEYFILE_MISSING', path) : cause;
  });
  try {
    const { mode } = await file.stat();
    // Windows has no such bits and always reports some.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw keyFileError('WAX_KEYFILE_MODE', path);
    return parseSecret((await file.readFile('utf8')).trim(), type, path);
  } finally {
    await file.close();
  }
}

/** No error here may carry the text: it is the key. */
function parseSecret(text: string, type: SignatureType, path: string): NoteSigner {
  const [, name, keyId, encoded] = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  if (name === undefined || keyId === undefined || encoded === undefined)
    throw keyFileError('WAX_KEYFILE_FORM', path);
  let typed: Uint8Array;
  try {
    typed = parseBase64(encoded, 33);
  } catch {
    throw keyFileError('WAX_KEYFILE_FORM', path);
  }
  if (typed[0] !== type) throw keyFileError('WAX_KEYFILE_TYPE', path);
  const signer = signerFromSeed(name, type, typed.subarray(1));
  if (toHex(signer.verifierKey.keyId) !== keyId) throw keyFileError('WAX_KEYFILE_FORM', path);
  return signer;
}
