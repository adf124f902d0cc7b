import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  element,
  integer,
  oid,
  sequence,
  smallInteger,
  time,
} from '../../../enclave-server/attester/simulator/der-writer.ts';
import { DerReader, readDerSequence, tags, unsignedHex } from '../../../protocol/attestation/der.ts';
import { parseHex, toHex } from '../../../protocol/bytes.ts';
import { codeOf, noise } from '../../support/attestation/mutations.ts';

const reader = (hex: string) => new DerReader(parseHex(hex));

describe('DER lengths', () => {
  it('are read in their short and long forms', () => {
    for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const der = element(0x04, new Uint8Array(size));
      const it = new DerReader(der);
      expect(it.octetString()).toHaveLength(size);
      expect(it.next).toBeNull();
    }
  });

  it.each([
    ['04817f', 'WAX_DER_LENGTH', 'long form for a short length'],
    ['04820001', 'WAX_DER_LENGTH', 'a leading zero byte'],
    ['048200ff', 'WAX_DER_LENGTH', 'two bytes where one does'],
    ['3080', 'WAX_DER_LENGTH', 'the indefinite form'],
    ['048400000001', 'WAX_DER_LENGTH', 'four bytes of length'],
    ['04ff', 'WAX_DER_LENGTH', 'the reserved form'],
    ['0402aa', 'WAX_DER_SHORT', 'content that ends early'],
    ['04', 'WAX_DER_SHORT', 'no length'],
    ['0481', 'WAX_DER_SHORT', 'half a length'],
    ['1f0100', 'WAX_DER_TAG', 'a tag of several bytes'],
  ])('refuse %s: %s', (hex, code) => {
    expect(codeOf(() => reader(hex).element())).toBe(code);
  });

  it('leave nothing after the end', () => {
    expect(codeOf(() => readDerSequence(parseHex('300000')))).toBe('WAX_DER_TRAILING');
    expect(codeOf(() => readDerSequence(parseHex('3100')))).toBe('WAX_DER_TAG');
    expect(codeOf(() => readDerSequence(new Uint8Array()))).toBe('WAX_DER_TAG');
  });
});

describe('DER values', () => {
  it.each([
    ['0200', 'no bytes'],
    ['02020001', 'a padded positive number'],
    ['0202ff80', 'a padded negative number'],
    ['0201ff', 'a negative number'],
    ['0205010000ffff', 'beyond 32 bits'],
    ['02020100', 'beyond the bound'],
  ])('refuse the INTEGER %s: %s', (hex) => {
    expect(codeOf(() => reader(hex).integer(255))).toBe('WAX_DER_VALUE');
  });

  it('read what the writer wrote, for any number', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        expect(new DerReader(smallInteger(value)).integer(0xffffffff)).toBe(value);
      }),
      { seed: 2 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (bytes) => {
        const digits = toHex(bytes).replace(/^(?:00)+(?=..)/, '');
        expect(unsignedHex(new DerReader(integer(bytes)).integerBytes())).toBe(digits);
      }),
      { seed: 3 },
    );
  });

  it('refuse a negative serial number', () => {
    expect(codeOf(() => unsignedHex(Uint8Array.of(0x80)))).toBe('WAX_DER_VALUE');
  });

  it.each([
    '1.2.840.113741.1.13.1',
    '2.5.29.19',
    '1.3.6.1.4.1.3704.1.3.8',
    '2.16.840.1.101.3.4.2.2',
    '0.9.2342',
  ])('read the OBJECT IDENTIFIER %s', (dotted) => {
    expect(new DerReader(oid(dotted)).oid()).toBe(dotted);
  });

  it('read an OBJECT IDENTIFIER with a large second arc', () => {
    expect(reader('0603883703').oid()).toBe('2.999.3');
  });

  it.each(['0600', '06022a80', '06032a8001', '06072a909090909001'])(
    'refuse the OBJECT IDENTIFIER %s',
    (hex) => {
      expect(codeOf(() => reader(hex).oid())).toBe('WAX_DER_VALUE');
    },
  );

  it.each(['010101', '0100', '01020000', '0101fe'])('refuse the BOOLEAN %s', (hex) => {
    expect(codeOf(() => reader(hex).boolean())).toBe('WAX_DER_VALUE');
  });

  it('read BOOLEAN', () => {
    expect([reader('0101ff').boolean(), reader('010100').boolean()]).toEqual([true, false]);
  });

  it.each(['0300', '03020180', '030108'])('refuse the BIT STRING of bytes %s', (hex) => {
    expect(codeOf(() => reader(hex).bitStringBytes())).toBe('WAX_DER_VALUE');
  });

  it('read named bits, with the trailing zeros of AMD too', () => {
    expect(reader('03020106').namedBits().slice(0, 7)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(reader('03020004').namedBits()[5]).toBe(true);
    expect(reader('030100').namedBits()).toEqual([]);
    for (const hex of ['0300', '03020801', '03020107', '030101', '0306000000000000']) {
      expect(codeOf(() => reader(hex).namedBits())).toBe('WAX_DER_VALUE');
    }
  });

  it('read times of both types', () => {
    for (const text of ['1999-12-31T23:59:59.000Z', '2049-12-31T23:59:59.000Z', '2050-01-01T00:00:00.000Z']) {
      const at = Date.parse(text);
      const der = text.startsWith('19')
        ? element(tags.utcTime, new TextEncoder().encode('991231235959Z'))
        : time(at);
      expect(new DerReader(der).time()).toBe(at);
    }
  });

  it.each([
    '230230120000Z',
    '231301120000Z',
    '2301011200Z',
    '230101120060Z',
    '230101240000Z',
    '230101120000+0000',
    '2301011200001Z',
    // Eleven and ten, if the letters after 9 were digits.
    '230;01120000Z',
    '2301010:0000Z',
  ])('refuse the time %s', (text) => {
    expect(codeOf(() => new DerReader(element(tags.utcTime, new TextEncoder().encode(text))).time())).toBe(
      'WAX_DER_VALUE',
    );
  });
});

describe('the DER reader', () => {
  it('answers any bytes with a value or a coded error', () => {
    fc.assert(
      fc.property(noise, (bytes) => {
        const it = new DerReader(bytes);
        codeOf(() => {
          while (it.next !== null) it.element();
        });
        for (const method of [
          'boolean',
          'integerBytes',
          'oid',
          'octetString',
          'bitStringBytes',
          'namedBits',
          'time',
        ] as const) {
          codeOf(() => new DerReader(bytes)[method]());
        }
      }),
      { seed: 4, numRuns: 2000 },
    );
  });

  it('gives back exactly what it walked over', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (items) => {
        const inner = readDerSequence(sequence(...items.map((item) => element(0x04, item))));
        expect(items.map(() => toHex(inner.octetString()))).toEqual(items.map(toHex));
        inner.end();
      }),
      { seed: 5 },
    );
  });
});
