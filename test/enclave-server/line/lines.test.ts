import { describe, expect, it } from 'vitest';
import { Lines } from '../../../enclave-server/line/lines.ts';

const bytes = (text: string) => Buffer.from(text);

describe('lines', () => {
  it('come out whole however the bytes arrive', () => {
    const text = 'one\n\n{"text":"zwölf 🌲"}\nlast';
    for (const size of [1, 2, 3, 5, 100]) {
      const lines = new Lines(64);
      const seen: string[] = [];
      const all = bytes(text);
      for (let at = 0; at < all.length; at += size) seen.push(...lines.push(all.subarray(at, at + size)));
      expect(seen, `${size}`).toEqual(['one', '', '{"text":"zwölf 🌲"}']);
      expect([...lines.push(bytes('\n'))]).toEqual(['last']);
    }
  });

  it('have a longest length, to the byte', () => {
    expect([...new Lines(4).push(bytes('1234\n'))]).toEqual(['1234']);
    expect(() => [...new Lines(4).push(bytes('12345\n'))]).toThrow('WAX_ENCLAVE_LINE');
    expect(() => [...new Lines(4).push(bytes('12345'))]).toThrow('WAX_ENCLAVE_LINE');
    const lines = new Lines(4);
    for (const byte of '1234') expect([...lines.push(bytes(byte))]).toEqual([]);
    expect(() => [...lines.push(bytes('5'))]).toThrow('WAX_ENCLAVE_LINE');
  });

  it('that came before one that is too long are still given', () => {
    const seen: string[] = [];
    expect(() => {
      for (const line of new Lines(4).push(bytes('ok\n12345'))) seen.push(line);
    }).toThrow('WAX_ENCLAVE_LINE');
    expect(seen).toEqual(['ok']);
  });
});
