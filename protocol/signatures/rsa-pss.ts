import { sha384 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, u32 } from '../bytes.ts';
import type { RsaPublicKey } from './backend.ts';
import { hasRsaSizes } from './sizes.ts';

const HASH = 48;
const SALT = 48;
const EM = 512;
const DB = EM - HASH - 1;

function toBigInt(bytes: Uint8Array): bigint {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return BigInt(`0x${hex}`);
}

/** x^65537 mod n: sixteen squarings and one product. */
function power65537(x: bigint, n: bigint): bigint {
  let result = x;
  for (let step = 0; step < 16; step++) result = (result * result) % n;
  return (result * x) % n;
}

function toBytes(value: bigint): Uint8Array {
  const hex = value.toString(16).padStart(2 * EM, '0');
  const bytes = new Uint8Array(EM);
  for (let index = 0; index < EM; index++)
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

function mgf1(seed: Uint8Array, size: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; counter * HASH < size; counter++)
    blocks.push(sha384(concatBytes(seed, u32(counter))));
  return concatBytes(...blocks).subarray(0, size);
}

/** EMSA-PSS-VERIFY of RFC 8017 section 9.1.2 for emBits = 4095, SHA-384 and a salt of 48 bytes. */
function verifyEncoding(message: Uint8Array, encoded: Uint8Array): boolean {
  const masked = encoded.subarray(0, DB);
  const hash = encoded.subarray(DB, DB + HASH);
  if (encoded[EM - 1] !== 0xbc || (masked[0] ?? 0xff) >= 0x80) return false;
  const mask = mgf1(hash, DB);
  const block = masked.map((byte, index) => byte ^ (mask[index] ?? 0));
  block[0] = (block[0] ?? 0) & 0x7f;
  const separator = DB - SALT - 1;
  if (block.subarray(0, separator).some((byte) => byte !== 0) || block[separator] !== 1) return false;
  const salt = block.subarray(separator + 1);
  return equalBytes(sha384(concatBytes(new Uint8Array(8), sha384(message), salt)), hash);
}

/** RSASSA-PSS-VERIFY (RFC 8017 section 8.1.2) without WebCrypto, for RSA-4096 with exponent 65537 only. */
export function verifyRsaPss(key: RsaPublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (!hasRsaSizes(key, signature)) return false;
  const modulus = toBigInt(key.modulus);
  const value = toBigInt(signature);
  if (value >= modulus) return false;
  return verifyEncoding(message, toBytes(power65537(value, modulus)));
}
