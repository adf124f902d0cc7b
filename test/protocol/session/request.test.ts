import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, lp, u32, utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { nobleAead } from '../../../protocol/session/aead.ts';
import { KeyChain } from '../../../protocol/session/keys.ts';
import {
  openRequest,
  parseSealedRequest,
  requestBytes,
  sealRequest,
} from '../../../protocol/session/request.ts';

const id = new Uint8Array(16).fill(7);
const enc = new Uint8Array(1120).fill(8);
const json = utf8('{"op":"models","mode":"block","body":{}}');
const most = 1 << 20;

/** Keys of a turn: a fresh chain each time, so that both ends can have them. */
function turnKeys(turn = 0) {
  const chain = new KeyChain(new Uint8Array(32).fill(1));
  for (let done = 0; done < turn; done++) chain.advance();
  return chain.advance();
}

const sealed = (turn = 0) => sealRequest(turnKeys(turn), id, turn === 0 ? enc : null, json);

/** A request whose plaintext is given as it is. */
function rawRequest(plaintext: Uint8Array): Uint8Array {
  const { request } = turnKeys();
  const head = concatBytes(utf8('WXSQ'), Uint8Array.of(1, 0, 0, 0), id, u32(0), enc);
  return concatBytes(
    head,
    nobleAead.seal(request.key, request.nonce, concatBytes(lp('waxseal/1 request'), head), plaintext),
  );
}

const open = (body: Uint8Array, turn = 0) => openRequest(turnKeys(turn), parseSealedRequest(body, most));

describe('a sealed request', () => {
  it('opens to the same text and the same reply keys, with and without enc', () => {
    for (const turn of [0, 1, 5]) {
      const { body, reply } = sealed(turn);
      expect(body).toHaveLength(28 + (turn === 0 ? 1120 : 0) + 4096 + 16);
      expect(body).toHaveLength(requestBytes(json.length, turn));
      expect(open(body, turn)).toEqual({ json, reply });
    }
  });

  it('has one length for all texts of a bucket', () => {
    for (const [length, padded] of [
      [0, 4096],
      [4092, 4096],
      [4093, 8192],
      [65532, 65536],
      [65533, 131072],
    ] as const) {
      const { body } = sealRequest(turnKeys(1), id, null, new Uint8Array(length));
      expect(body).toHaveLength(28 + padded + 16);
      expect(open(body, 1).json).toHaveLength(length);
    }
  });

  it('carries enc on turn 0 and on no other', () => {
    expect(() => sealRequest(turnKeys(0), id, null, json)).toThrow('WAX_SESSION_REQUEST');
    expect(() => sealRequest(turnKeys(1), id, enc, json)).toThrow('WAX_SESSION_REQUEST');
  });

  it('erases the keys that it used, on both ends', () => {
    const [sealing, opening] = [turnKeys(), turnKeys()];
    const { body } = sealRequest(sealing, id, enc, json);
    openRequest(opening, parseSealedRequest(body, most));
    for (const keys of [sealing, opening]) {
      expect(keys.request.key).toEqual(new Uint8Array(32));
      expect(keys.responseSecret).toEqual(new Uint8Array(32));
    }
  });

  it.each([
    ['another magic', (body: Uint8Array) => body.with(0, 0)],
    ['another version', (body: Uint8Array) => body.with(4, 2)],
    ['a reserved byte that is not zero', (body: Uint8Array) => body.with(7, 1)],
    ['a byte more', (body: Uint8Array) => concatBytes(body, Uint8Array.of(0))],
    ['a byte less', (body: Uint8Array) => body.subarray(0, -1)],
    ['only its head', (body: Uint8Array) => body.subarray(0, 28)],
    ['less than a head', (body: Uint8Array) => body.subarray(0, 27)],
    ['only a tag as ciphertext', (body: Uint8Array) => body.subarray(0, 28 + 1120 + 16)],
  ])('is refused before any key is used with %s', (_, change) => {
    expect(() => parseSealedRequest(change(sealed().body), most)).toThrow('WAX_SESSION_REQUEST');
  });

  it('is refused above the limit of its session', () => {
    const { body } = sealed();
    expect(parseSealedRequest(body, body.length).turn).toBe(0);
    expect(() => parseSealedRequest(body, body.length - 1)).toThrow('WAX_SESSION_REQUEST_SIZE');
  });

  it.each([
    ['the session id', 8],
    ['enc', 28],
    ['the last byte of enc', 1147],
    ['the ciphertext', 1148],
    ['the tag', 1148 + 4096 + 15],
  ])('does not open with a changed bit in %s', (_, at) => {
    const { body } = sealed();
    expect(() => open(body.with(at, (body[at] as number) ^ 1))).toThrow('WAX_SESSION_REQUEST_OPEN');
  });

  it('does not open as another turn, nor under the keys of another', () => {
    const { body } = sealed(1);
    expect(() => open(body, 2)).toThrow('WAX_SESSION_TURN');
    expect(() => open(concatBytes(body.subarray(0, 24), u32(2), body.subarray(28)), 2)).toThrow(
      'REQUEST_OPEN',
    );
  });

  it('is refused with padding that is not zero, a length beyond it, or a bucket too large', () => {
    const plaintext = (length: number, size: number, at?: number) => {
      const bytes = concatBytes(u32(length), new Uint8Array(size - 4));
      return at === undefined ? bytes : bytes.with(at, 1);
    };
    expect(open(rawRequest(plaintext(10, 4096))).json).toHaveLength(10);
    expect(open(rawRequest(plaintext(10, 4096, 13))).json).toHaveLength(10);
    for (const wrong of [
      plaintext(10, 4096, 14),
      plaintext(10, 4096, 4095),
      plaintext(4093, 4096),
      plaintext(0xffffffff, 4096),
      plaintext(10, 8192),
    ]) {
      expect(() => open(rawRequest(wrong))).toThrow('WAX_SESSION_REQUEST_PADDING');
    }
  });

  it('is read or refused with a code, whatever the bytes', () => {
    const good = sealed().body;
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(good.length),
        (at, byte, cut) => {
          for (const bytes of [good.with(at, byte), good.subarray(0, cut)]) {
            try {
              open(bytes);
              expect(bytes).toEqual(good);
            } catch (error) {
              if (!(error instanceof CodedError)) throw error;
              expect(error.code).toMatch(/^WAX_SESSION_/);
            }
          }
        },
      ),
      { seed: 4, numRuns: 200 },
    );
  });
});
