/**
 * Two checks that every ECDSA verification starts with, done here so that they have error codes of their own:
 * the key is a point of its curve (SP 800-186 section D.1.1), r and s are in 1..n-1 (FIPS 186-5 section 6.4.2).
 * @module
 */
import { toHex } from '../bytes.ts';

export interface Curve {
  readonly name: 'P-256' | 'P-384';
  /** Bytes of a coordinate. */
  readonly size: number;
  readonly p: bigint;
  readonly b: bigint;
  readonly n: bigint;
}

export const p256: Curve = {
  name: 'P-256',
  size: 32,
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

export const p384: Curve = {
  name: 'P-384',
  size: 48,
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

/** Whether `point` is an uncompressed point of the curve: 0x04 ‖ x ‖ y. */
export function isOnCurve(curve: Curve, point: Uint8Array): boolean {
  if (point.length !== 1 + 2 * curve.size || point[0] !== 4) return false;
  const x = toBigInt(point.subarray(1, 1 + curve.size));
  const y = toBigInt(point.subarray(1 + curve.size));
  if (x >= curve.p || y >= curve.p) return false;
  return (y * y - (x * x * x - 3n * x + curve.b)) % curve.p === 0n;
}

/** Whether both halves of `r ‖ s` are in 1..n-1. High s is allowed: no vendor normalises it. */
export function isSignatureInRange(curve: Curve, signature: Uint8Array): boolean {
  if (signature.length !== 2 * curve.size) return false;
  const r = toBigInt(signature.subarray(0, curve.size));
  const s = toBigInt(signature.subarray(curve.size));
  return r > 0n && r < curve.n && s > 0n && s < curve.n;
}
