import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePemChain } from '../../../protocol/attestation/pem.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { codeOf, mutationsOf } from '../../support/attestation/mutations.ts';

const block = (bytes: Uint8Array, end = '\n') =>
  `-----BEGIN CERTIFICATE-----${end}${(
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join(end)}${end}-----END CERTIFICATE-----${end}`;
const one = new Uint8Array(100).fill(1);
const two = new Uint8Array(300).fill(2);

describe('PEM chains', () => {
  it.each([
    ['one after the other', block(one) + block(two)],
    ['with carriage returns', block(one, '\r\n') + block(two, '\r\n')],
    ['with empty lines between and after', `${block(one)}\n${block(two)}\n\n`],
    ['without the last line end', (block(one) + block(two)).trimEnd()],
    ['with the zero bytes of a C string', `${block(one)}${block(two)}\0\0`],
  ])('are split %s', (_how, text) => {
    expect(parsePemChain(utf8(text))).toEqual([one, two]);
  });

  it.each([
    ['nothing', '', 'WAX_PEM_FORM'],
    ['text before', `x\n${block(one)}`, 'WAX_PEM_FORM'],
    ['text between', `${block(one)}x\n${block(two)}`, 'WAX_PEM_FORM'],
    ['text after', `${block(one)}x`, 'WAX_PEM_FORM'],
    ['a zero byte inside', `${block(one)}\0${block(two)}`, 'WAX_PEM_FORM'],
    ['another label', block(one).replaceAll('CERTIFICATE', 'PRIVATE KEY'), 'WAX_PEM_FORM'],
    ['no end', block(one).slice(0, 60), 'WAX_PEM_FORM'],
    ['nine certificates', block(one).repeat(9), 'WAX_PEM_FORM'],
    ['base64 with unused bits', block(one).replace('AQ==\n', 'AR==\n'), 'WAX_BYTES_BASE64'],
    ['more than 16 KiB', block(new Uint8Array(13_000)), 'WAX_PEM_SIZE'],
  ])('are refused with %s', (_what, text, code) => {
    expect(codeOf(() => parsePemChain(utf8(text)))).toBe(code);
  });

  it('answer any text with certificates or a coded error', () => {
    const any = fc.oneof(mutationsOf(utf8(block(one) + block(two))), fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(any, (bytes) => {
        codeOf(() => parsePemChain(bytes));
      }),
      { seed: 16, numRuns: 1000 },
    );
  });
});
