import { describe, expect, it } from 'vitest';
import { Allowance } from '../../../enclave-server/engine/allowance.ts';
import type { JobReport } from '../../../enclave-server/engine/messages.ts';

const text = (characters: number) => ({ type: 'text', job: 0, text: 'x'.repeat(characters) }) as const;
const compiled = { type: 'compiled', job: 0 } as const;
const end = { type: 'end', job: 0, finish: 'stop', promptTokens: 1, completionTokens: 1 } as const;
const vectors: JobReport = { type: 'vectors', job: 0, vectors: [], promptTokens: 1 };
const refused = { type: 'refused', job: 0, reason: 'busy' } as const;
const unasked = 'WAX_ENGINE_UNASKED';

describe('the allowance of a chat', () => {
  it('covers what an honest engine says: a piece for each token, and one that was held back', () => {
    const allowance = Allowance.chat(3);
    for (const report of [compiled, ...Array(4).fill(text(7)), end]) allowance.take(report);
  });

  it('covers a refusal before anything, and after its grammar', () => {
    Allowance.chat(1).take(refused);
    const allowance = Allowance.chat(1);
    allowance.take(compiled);
    allowance.take(refused);
  });

  it('is used up by pieces without a character in them as well', () => {
    const allowance = Allowance.chat(2);
    for (let piece = 0; piece < 3; piece++) allowance.take(text(0));
    expect(() => allowance.take(text(0))).toThrow(unasked);
  });

  it('bounds what is in all pieces together, to the character', () => {
    const allowance = Allowance.chat(1);
    allowance.take(text(2048));
    allowance.take(text(0));
    expect(() => Allowance.chat(1).take(text(2049))).toThrow(unasked);
  });

  it('has room for one grammar, and for no vectors', () => {
    const allowance = Allowance.chat(1);
    allowance.take(compiled);
    expect(() => allowance.take(compiled)).toThrow(unasked);
    expect(() => Allowance.chat(1).take(vectors)).toThrow(unasked);
  });
});

describe('the allowance of vectors', () => {
  it('covers them, and nothing of a chat', () => {
    Allowance.embedding().take(vectors);
    Allowance.embedding().take(refused);
    for (const report of [text(0), compiled, end])
      expect(() => Allowance.embedding().take(report)).toThrow(unasked);
  });
});
