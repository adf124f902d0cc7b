import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { parseJson } from '../../protocol/json.ts';

const code = (input: string | Uint8Array, limits = {}) => {
  try {
    parseJson(input, limits);
  } catch (error) {
    return error instanceof CodedError ? error.code : String(error);
  }
  return 'accepted';
};

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    const exact = (text: string) => !/-0\b|\d{16}/.test(text) && text.isWellFormed();
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }).filter(exact), (text) => {
        expect(JSON.stringify(parseJson(text, { floats: true }))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('refuses whatever JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\][{}",:0-9eE.tnul\\ -]{0,12}$/), (text) => {
        try {
          JSON.parse(text);
        } catch {
          expect(code(text)).toMatch(/^WAX_JSON_/);
        }
      }),
      { seed: 2, numRuns: 3000 },
    );
  });

  it.each([
    ['{"a":1,"a":1}', 'WAX_JSON_DUPLICATE_KEY'],
    [String.raw`{"a":1,"\u0061":1}`, 'WAX_JSON_DUPLICATE_KEY'],
    ['9007199254740993', 'WAX_JSON_NUMBER'],
    ['1.5', 'WAX_JSON_NUMBER'],
    ['1e2', 'WAX_JSON_NUMBER'],
    ['-0', 'WAX_JSON_NUMBER'],
    ['1e999', 'WAX_JSON_NUMBER'],
    ['01', 'WAX_JSON_SYNTAX'],
    ['{} {}', 'WAX_JSON_SYNTAX'],
    ['"\t"', 'WAX_JSON_SYNTAX'],
    [String.raw`"\ud800"`, 'WAX_JSON_SYNTAX'],
    [String.raw`"\x41"`, 'WAX_JSON_SYNTAX'],
    ['[1,]', 'WAX_JSON_SYNTAX'],
    ['', 'WAX_JSON_SYNTAX'],
    ['"open', 'WAX_JSON_SYNTAX'],
  ])('refuses %s', (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it('refuses a byte order mark and bytes that are not UTF-8', () => {
    expect(code(new Uint8Array([0xef, 0xbb, 0xbf, 0x31]))).toBe('WAX_BYTES_UTF8');
    expect(code(new Uint8Array([0x22, 0xc0, 0x80, 0x22]))).toBe('WAX_BYTES_UTF8');
  });

  it('stops at the depth and size it is given', () => {
    expect(code('['.repeat(32) + ']'.repeat(32))).toBe('accepted');
    expect(code('['.repeat(33) + ']'.repeat(33))).toBe('WAX_JSON_DEPTH');
    expect(code('['.repeat(200_000))).toBe('WAX_JSON_DEPTH');
    expect(code(utf8('"äää"'), { bytes: 7 })).toBe('WAX_JSON_SIZE');
    expect(code('"äää"', { bytes: 7 })).toBe('WAX_JSON_SIZE');
    // The array, the object in it, and what that holds.
    expect(code('[{"a":1,"b":[]}]', { values: 4 })).toBe('accepted');
    expect(code('[{"a":1,"b":[]}]', { values: 3 })).toBe('WAX_JSON_SIZE');
  });

  it('reads fractions only where they are asked for', () => {
    expect(parseJson('[0.7,1e-3,2]', { floats: true })).toEqual([0.7, 0.001, 2]);
    expect(code('9007199254740993', { floats: true })).toBe('WAX_JSON_NUMBER');
  });

  it('keeps __proto__ as an ordinary key', () => {
    const value = parseJson('{"__proto__":{"admin":true}}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value.admin).toBeUndefined();
  });
});
