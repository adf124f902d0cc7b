/** Files and synthetic bytes of the shared measurement vectors. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { sharedVectors } from '../shared-vectors.ts';

/** Bytes that a vector writes as `label:NAME:LENGTH`. */
export function labelled(text: string): Uint8Array {
  const [, name = '', length = '0'] = text.split(':');
  const bytes = new Uint8Array(Number(length));
  for (let at = 0, block = 0; at < bytes.length; at += 32, block++) {
    const digest = createHash('sha256').update(`waxseal-measurement-vector:${name}:${block}`).digest();
    bytes.set(digest.subarray(0, bytes.length - at), at);
  }
  return bytes;
}

/** A file of the vectors, unpacked. */
export function vectorFile(name: string): Uint8Array {
  const file = readFileSync(`${sharedVectors('measurement')}${name}`);
  return Uint8Array.from(name.endsWith('.gz') ? gunzipSync(file) : file);
}
