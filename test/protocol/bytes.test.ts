import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ByteReader,
  concatBytes,
  equalBytes,
  isZero,
  lp,
  parseBase64,
  parseHex,
  parseUtf8,
  toBase64,
  toHex,
  u16,
  u32,
  u64,
  utf8,
} from '../../protocol/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 300 });

describe('text forms of bytes', () => {
  it('come back as the same bytes', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(parseHex(toHex(value))).toEqual(value);
        expect(parseBase64(toBase64(value))).toEqual(value);
        expect(toBase64(value)).toBe(Buffer.from(value).toString('base64'));
      }),
      { seed: 1 },
    );
  });

  it('have one spelling: any text that decodes is what encodes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/=_ -]{0,8}$/), (text) => {
        let decoded: Uint8Array;
        try {
          decoded = parseBase64(text);
        } catch {
          return;
        }
        expect(toBase64(decoded)).toBe(text);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it.each(['AB==', 'QQ', 'Q Q=', 'QQ==\n', 'QUI_', '====', 'Q=E=', 'QÄ==', 'QUIł', '\u0141UI='])(
    'refuses base64 %j',
    (text) => {
      expect(() => parseBase64(text)).toThrow('WAX_BYTES_BASE64');
    },
  );

  it.each(['0', 'AB', '0x', 'zz'])('refuses hexadecimal %j', (text) => {
    expect(() => parseHex(text)).toThrow('WAX_BYTES_HEX');
  });

  it('refuses another length than the one asked for', () => {
    expect(() => parseHex('00', 2)).toThrow('WAX_BYTES_HEX');
    expect(() => parseBase64('QQ==', 2)).toThrow('WAX_BYTES_BASE64');
  });

  it('refuses malformed UTF-8', () => {
    expect(parseUtf8(utf8('sealed ✓'))).toBe('sealed ✓');
    expect(() => parseUtf8(new Uint8Array([0xed, 0xa0, 0x80]))).toThrow('WAX_BYTES_UTF8');
  });
});

describe('integers', () => {
  it('refuses values that do not fit', () => {
    expect(() => u16(65_536)).toThrow('WAX_BYTES_RANGE');
    expect(() => u32(-1)).toThrow('WAX_BYTES_RANGE');
    expect(() => u64(0.5)).toThrow('WAX_BYTES_RANGE');
    expect(() => lp(new Uint8Array(65_536))).toThrow('WAX_BYTES_RANGE');
  });

  it('refuses a u64 that a number cannot hold', () => {
    expect(new ByteReader(u64(Number.MAX_SAFE_INTEGER)).u64()).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => new ByteReader(new Uint8Array(8).fill(0xff)).u64()).toThrow('WAX_BYTES_RANGE');
  });
});

describe('ByteReader', () => {
  it('never reads past the end and notices what is left', () => {
    fc.assert(
      fc.property(bytes, fc.nat(400), (value, size) => {
        const reader = new ByteReader(value);
        if (size > value.length) expect(() => reader.take(size)).toThrow('WAX_BYTES_SHORT');
        else {
          expect(reader.take(size)).toEqual(value.subarray(0, size));
          if (size < value.length) expect(() => reader.end()).toThrow('WAX_BYTES_TRAILING');
          else reader.end();
        }
      }),
      { seed: 3 },
    );
  });
});

describe('isZero', () => {
  it('sees a byte that is not zero, wherever it is', () => {
    expect(isZero(new Uint8Array())).toBe(true);
    expect(isZero(new Uint8Array(300))).toBe(true);
    for (const at of [0, 150, 299]) expect(isZero(new Uint8Array(300).with(at, 128))).toBe(false);
  });
});

describe('equalBytes', () => {
  it('is true for equal bytes only', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, concatBytes(a))).toBe(true);
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
      }),
      { seed: 4 },
    );
  });
});
