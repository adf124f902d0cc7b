import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeByteString, parseCbor } from '../../../protocol/attestation/cbor.ts';
import { parseHex } from '../../../protocol/bytes.ts';
import { type CborInput, writeCbor } from '../../support/attestation/cbor-writer.ts';
import { codeOf, mutationsOf } from '../../support/attestation/mutations.ts';

const key = fc.oneof(
  fc.nat(),
  fc.string({ maxLength: 8 }).filter((text) => text.isWellFormed() && !text.startsWith('\uFEFF')),
);
const leaf: fc.Arbitrary<CborInput> = fc.oneof(
  fc.maxSafeInteger(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 300 }),
  key,
);
const value: fc.Arbitrary<CborInput> = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 30 }),
  fc.array(fc.tuple(key, leaf), { maxLength: 8 }).map((entries) => new Map(entries)),
);

describe('the CBOR reader', () => {
  it('reads back what was written, with definite and indefinite maps', () => {
    fc.assert(
      fc.property(value, fc.boolean(), (input, indefinite) => {
        expect(parseCbor(writeCbor(input, indefinite))).toEqual(input);
      }),
      { seed: 14, numRuns: 500 },
    );
  });

  it.each<[string, string | null, string]>([
    ['1817', 'WAX_CBOR_LENGTH', 'a small number in two bytes'],
    ['1900ff', 'WAX_CBOR_LENGTH', 'a number in too many bytes'],
    ['1b0000000100000000', null, 'a number of eight bytes'],
    ['1b0020000000000000', 'WAX_CBOR_LENGTH', 'a number above 2^53 - 1'],
    ['5801aa', 'WAX_CBOR_LENGTH', 'a long form for a short string'],
    ['43aabb', 'WAX_CBOR_SHORT', 'a string that ends early'],
    ['5f41aaff', 'WAX_CBOR_TYPE', 'a string of indefinite length'],
    ['1c', 'WAX_CBOR_TYPE', 'a reserved head'],
    ['f5', 'WAX_CBOR_TYPE', 'true'],
    ['f97c00', 'WAX_CBOR_TYPE', 'a float'],
    ['ff', 'WAX_CBOR_TYPE', 'a break outside'],
    ['9f01', 'WAX_CBOR_SHORT', 'an array without end'],
    ['bf01ff', 'WAX_CBOR_TYPE', 'a map with half an entry'],
    ['a201010102', 'WAX_CBOR_DUPLICATE_KEY', 'a key named twice'],
    ['a1f601', 'WAX_CBOR_TYPE', 'null as a key'],
    ['a1410101', 'WAX_CBOR_TYPE', 'bytes as a key'],
    ['0000', 'WAX_CBOR_TRAILING', 'a byte after the end'],
    ['', 'WAX_CBOR_SHORT', 'nothing'],
    ['81818181818100', null, 'six levels'],
    ['8181818181818100', 'WAX_CBOR_DEPTH', 'seven levels'],
    ['62c328', 'WAX_BYTES_UTF8', 'text that is not UTF-8'],
    ['9a7fffffff', 'WAX_CBOR_SHORT', 'an array that claims two billion items'],
    [`990400${'00'.repeat(1024)}`, null, 'an array of 1024 items'],
    [`990401${'00'.repeat(1025)}`, 'WAX_CBOR_LENGTH', 'an array of 1025 items'],
  ])('answers %s with %s: %s', (hex, code) => {
    expect(codeOf(() => parseCbor(parseHex(hex)))).toBe(code);
  });

  it('answers any bytes with a value or a coded error', () => {
    const sample = writeCbor(
      new Map<string, CborInput>([
        ['a', [1, 'x', null]],
        ['b', new Map([[1, new Uint8Array(40)]])],
      ]),
      true,
    );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutationsOf(sample)), (bytes) => {
        codeOf(() => parseCbor(bytes));
      }),
      { seed: 15, numRuns: 3000 },
    );
  });

  it('writes byte strings with the shortest head', () => {
    for (const size of [0, 23, 24, 255, 256, 16_384]) {
      expect(encodeByteString(new Uint8Array(size))).toEqual(writeCbor(new Uint8Array(size)));
    }
  });
});
