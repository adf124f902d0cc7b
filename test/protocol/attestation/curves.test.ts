import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Curve,
  isOnCurve,
  isSignatureInRange,
  p256,
  p384,
} from '../../../protocol/attestation/curves.ts';

const toBytes = (value: bigint, size: number) =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex'));

describe.each([
  ['prime256v1', p256],
  ['secp384r1', p384],
] as [string, Curve][])('%s', (namedCurve, curve) => {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
  const point = Uint8Array.of(4, ...Buffer.from(x, 'base64url'), ...Buffer.from(y, 'base64url'));
  const pair = (r: bigint, s: bigint) => Uint8Array.of(...toBytes(r, curve.size), ...toBytes(s, curve.size));

  it('knows its points', () => {
    expect(isOnCurve(curve, point)).toBe(true);
    expect(isOnCurve(curve, point.with(1, (point[1] ?? 0) ^ 1))).toBe(false);
    expect(isOnCurve(curve, point.with(0, 6))).toBe(false);
    expect(isOnCurve(curve, point.subarray(1))).toBe(false);
    expect(isOnCurve(curve, new Uint8Array(point.length).with(0, 4))).toBe(false);
  });

  it('refuses coordinates at or above the prime, which name a point twice', () => {
    const unreduced = Uint8Array.of(4, ...toBytes(curve.p, curve.size), ...point.subarray(1 + curve.size));
    expect(isOnCurve(curve, unreduced)).toBe(false);
    expect(
      isOnCurve(curve, Uint8Array.of(...point.subarray(0, 1 + curve.size), ...toBytes(curve.p, curve.size))),
    ).toBe(false);
  });

  it('takes r and s from 1 to n - 1, high s too', () => {
    for (const [r, s] of [
      [1n, 1n],
      [curve.n - 1n, curve.n - 1n],
    ] as const) {
      expect(isSignatureInRange(curve, pair(r, s))).toBe(true);
    }
    for (const [r, s] of [
      [0n, 1n],
      [1n, 0n],
      [curve.n, 1n],
      [1n, curve.n],
    ] as const) {
      expect(isSignatureInRange(curve, pair(r, s))).toBe(false);
    }
    expect(isSignatureInRange(curve, pair(1n, 1n).subarray(1))).toBe(false);
  });
});
