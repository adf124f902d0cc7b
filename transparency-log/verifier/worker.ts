/**
 * The thread that reads and verifies what is submitted. OpenSSL is called directly: here nobody waits for this
 * thread, and handing each signature on to yet another one costs more than checking it.
 * @module
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { toHex } from '../../protocol/bytes.ts';
import { verifyEntry } from '../../protocol/log/replay.ts';
import type { Answer, Question, Verdict } from './messages.ts';

/** Publishers are few; a policy that names more only costs their import again. */
const KEPT_KEYS = 64;
const keys = new Map<string, KeyObject>();

function keyOf(publicKey: Uint8Array): KeyObject {
  const name = toHex(publicKey);
  const known = keys.get(name);
  if (known) return known;
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (keys.size >= KEPT_KEYS) keys.clear();
  keys.set(name, key);
  return key;
}

async function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) {
  try {
    return verify(null, message, keyOf(publicKey), signature);
  } catch {
    return false;
  }
}

async function answer({ id, bytes, lengths, policy }: Question): Promise<Answer> {
  const verdicts: Verdict[] = [];
  let start = 0;
  for (const length of lengths) {
    const entry = bytes.subarray(start, start + length);
    const { error, ...verified } = await verifyEntry(entry, policy, verifySignature);
    verdicts.push({ ...verified, error: error && { code: error.code, detail: error.detail } });
    start += length;
  }
  return { id, verdicts };
}

parentPort?.on('message', async (question: Question) => parentPort?.postMessage(await answer(question)));
