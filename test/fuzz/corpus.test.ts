import { describe, expect, it } from 'vitest';
import { keptInputs } from './corpus.ts';
import { fuzz, outcomeOf } from './fuzz.ts';
import { fuzzedParsers } from './parsers.ts';

const parsers = await fuzzedParsers();

describe.each(parsers)('the $name parser', (parser) => {
  it('accepts what is well-formed', () => {
    for (const seed of parser.seeds)
      expect(outcomeOf(parser, seed)).toEqual({ said: 'accepted', finding: null });
  });

  it('answers every input that was kept with a value or a code, in time', () => {
    const kept = keptInputs(parser.name);
    expect(kept.length).toBeGreaterThan(0);
    for (const { file, bytes } of kept) expect(outcomeOf(parser, bytes).finding, file).toBeNull();
  });
});

it('finds a parser that throws something else, and gives the input', () => {
  const parse = (bytes: Uint8Array) => {
    if (bytes.length > 3) throw new TypeError('too long');
  };
  const broken = { name: 'broken', parse, seeds: [new Uint8Array(3)] };
  const { findings } = fuzz(broken, broken.seeds, performance.now() + 200, 1);
  expect(findings[0]?.what).toBe('TypeError: too long');
  expect(findings[0]?.input.length).toBeGreaterThan(3);
});

it('finds a parser that is slow each time, and not one that was held up once', () => {
  let left = Number.POSITIVE_INFINITY;
  const parse = () => {
    if (left-- > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1050);
  };
  const slow = { name: 'slow', parse, seeds: [] };
  expect(outcomeOf(slow, new Uint8Array()).finding).toMatch(/^took \d+ ms$/);
  left = 1;
  expect(outcomeOf(slow, new Uint8Array())).toEqual({ said: 'accepted', finding: null });
});
