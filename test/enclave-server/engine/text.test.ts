import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopText, TokenText } from '../../../enclave-server/engine/text.ts';

// Tokens of a byte-level model: each is a piece of UTF-8, cut anywhere.
const decode = (tokens: readonly Uint8Array[]) =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(tokens));

describe('TokenText', () => {
  it('gives whole code points only, whatever the tokens cut', () => {
    fc.assert(
      // The replacement character itself looks like an unfinished one, and may take its neighbour along.
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\uFFFD')),
        fc.array(fc.integer({ min: 1, max: 5 })),
        (text, cuts) => {
          const bytes = Buffer.from(text);
          const tokens: Uint8Array[] = [];
          for (let at = 0, index = 0; at < bytes.length; index++) {
            const size = cuts[index] ?? 1;
            tokens.push(bytes.subarray(at, at + size));
            at += size;
          }
          const collector = new TokenText(decode);
          const pieces = tokens.map((token) => collector.push(token));
          for (const piece of pieces) expect(text.includes(piece)).toBe(true);
          expect(pieces.join('') + collector.flush()).toBe(text);
        },
      ),
      { seed: 1 },
    );
  });

  it('does not wait for ever for a character that never finishes', () => {
    const collector = new TokenText(decode);
    const broken = Array.from({ length: 4 }, () => Uint8Array.of(0xf0));
    expect(broken.map((token) => collector.push(token)).join('')).toContain('\uFFFD');
  });
});

describe('StopText', () => {
  it('finds a stop text across any pieces and lets nothing of it out', () => {
    const safe = fc.string({ unit: fc.constantFrom('a', 'b', '#', ' ') });
    fc.assert(
      fc.property(safe, safe, fc.integer({ min: 1, max: 4 }), (before, after, size) => {
        const text = `${before}##end${after}`;
        const stops = new StopText(['##end']);
        let out = '';
        for (let at = 0; at < text.length; at += size) out += stops.push(text.slice(at, at + size));
        expect(stops.stopped).toBe(true);
        expect(out).toBe(before);
      }),
      { seed: 1 },
    );
  });

  it('gives back what it held when no stop text came of it', () => {
    const stops = new StopText(['##end']);
    expect(stops.push('a##')).toBe('a');
    expect(stops.push('x')).toBe('##x');
    expect(stops.push('##en')).toBe('');
    expect(stops.flush()).toBe('##en');
  });

  it('stops at the first of several stop texts', () => {
    const stops = new StopText(['zzz', 'y']);
    expect(stops.push('abyczzz')).toBe('ab');
    expect(stops.push('more')).toBe('');
  });
});
