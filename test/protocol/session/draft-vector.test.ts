import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { concatBytes, parseHex, toHex, u16, u32, utf8 } from '../../../protocol/bytes.ts';
import { batchLeaf, foldPath, reportData } from '../../../protocol/session/batch.ts';
import { encodeSessionHeader } from '../../../protocol/session/header.ts';
import { KeyChain, recordKeys } from '../../../protocol/session/keys.ts';
import { parseOffer } from '../../../protocol/session/offer.ts';
import { hpkeInfo, transcriptHash } from '../../../protocol/session/transcript.ts';

const nonce = new Uint8Array(32).fill(0x11);
const offer = concatBytes(utf8('WXSO'), Uint8Array.of(1), new Uint8Array(27), nonce);
const headerBytes = encodeSessionHeader({
  id: concatBytes(parseHex('aabbccdd'), new Uint8Array(12).fill(0x33)),
  offerTtlS: 600,
  sessionTtlS: 1800,
  maxTurns: 64,
  maxRequestBytes: 8_388_608,
});

describe('the draft vector of wire-format.md B10', () => {
  it('lays out the session header field by field', () => {
    expect(toHex(headerBytes)).toBe(
      toHex(
        concatBytes(
          parseHex('aabbccdd333333333333333333333333'),
          u32(600),
          u32(1800),
          u16(64),
          u16(0),
          u32(8_388_608),
        ),
      ),
    );
  });

  it('gives the same leaf, root and report data', () => {
    const leaf = batchLeaf({
      nonce: parseOffer(offer).nonce,
      headerBytes,
      pk: new Uint8Array(1216).fill(0x22),
    });
    expect(toHex(leaf)).toBe('a946261f46d378887ecfa81f329e569a00bf48e526ab3a4e70ce91549262a490');
    const path = Array.from({ length: 10 }, (_, level) => new Uint8Array(32).fill(0x40 + level));
    const root = foldPath(leaf, 0x2a5, path);
    expect(toHex(root)).toBe('e667044319af28bacafa9c7b4becd176657935848281bc0955553861abe9ddbe');
    expect(toHex(reportData(root, utf8('{"v":1}')))).toBe(
      'ac54d30641ded345eef50543c3094c631cdf2954c861ac5b88121a0390566d0a' +
        'ed02a4962495b2c4b728207f5e9415cf84ed1c70c00145a0e81867b263a0b440',
    );
  });

  it('gives the same transcript and an info of 48 bytes', () => {
    const transcript = transcriptHash(offer, utf8('answer bytes'));
    expect(toHex(transcript)).toBe('8e0f5753a7f76d9fbb818752f7f647dfbd06a9f4e467b4bcfa6200a4056718f2');
    expect(hpkeInfo(transcript)).toHaveLength(48);
  });

  it('gives the same keys, and the next chain key through the keys of turn 1', () => {
    const chainKey = new Uint8Array(32).fill(0x55);
    const chain = new KeyChain(chainKey);
    const keys = chain.advance();
    expect(toHex(keys.request.key)).toBe('22205d683b8ca70df3ecab5d6dc433ccaa38cbff0cfe5fd2113d38f285f712f4');
    expect(toHex(keys.request.nonce)).toBe('68d61de341aa072a4a0d4ccf');
    const reply = recordKeys(keys.responseSecret, sha256(utf8('request body')));
    expect(toHex(reply.key)).toBe('6f751ab6f4377c559fd716761059481afd149e5e04c4ea05fb8fd512005e4f99');
    expect(toHex(reply.nonce)).toBe('263a6e37d7b2e6c2779aef3f');
    const next = new KeyChain(parseHex('eaedb84291d69d0edb2adc1d63b91aaedc9d5e8433b9669b824e7c2f556622df'));
    expect(toHex(chain.advance().request.key)).toBe(toHex(next.advance().request.key));
    expect(toHex(chainKey)).toBe('00'.repeat(32));
    expect(toHex(keys.responseSecret)).toBe('00'.repeat(32));
  });
});
