import { describe, expect, it } from 'vitest';
import { createOffer, parseOffer } from '../../../protocol/session/offer.ts';

describe('the offer', () => {
  it('is 64 bytes that differ between clients in the nonce only', () => {
    const [one, two] = [createOffer(), createOffer()];
    expect(one.body).toHaveLength(64);
    expect(one.body.subarray(0, 32)).toEqual(two.body.subarray(0, 32));
    expect(one.nonce).not.toEqual(two.nonce);
    expect(parseOffer(one.body).nonce).toEqual(one.nonce);
  });

  it.each([
    ['63 bytes', (body: Uint8Array) => body.subarray(0, 63)],
    ['65 bytes', (body: Uint8Array) => Uint8Array.of(...body, 0)],
    ['another magic', (body: Uint8Array) => body.with(0, 0x58)],
    ['another version', (body: Uint8Array) => body.with(4, 2)],
    ['a reserved byte that is not zero', (body: Uint8Array) => body.with(5, 1)],
    ['the last reserved byte not zero', (body: Uint8Array) => body.with(31, 1)],
  ])('is refused with %s', (_, change) => {
    expect(() => parseOffer(change(createOffer().body))).toThrow('WAX_SESSION_OFFER');
  });
});
