import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, u16, u32, u64, utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { encodeAnswer, parseAnswer } from '../../../protocol/session/answer.ts';
import { answerParts } from '../../support/session.ts';

const SECTIONS_AT = 1584;

/** The answer with its sections replaced by raw bytes. */
function withSections(...sections: Uint8Array[]): Uint8Array {
  const head = encodeAnswer(answerParts()).subarray(0, SECTIONS_AT);
  return concatBytes(head, ...sections.map((bytes) => concatBytes(u32(bytes.length), bytes)));
}
const items = (...parts: string[]) => concatBytes(...parts.flatMap((part) => [u32(part.length), utf8(part)]));
const four = items('a', 'b', 'c', 'd');
const none = new Uint8Array();

describe('an answer', () => {
  it('comes back as it was written, with and without a log proof', () => {
    for (const staple of [null, { entry: utf8('entry'), proof: 'proof text\n' }]) {
      const parts = answerParts({ staple });
      const { header, ...parsed } = parseAnswer(encodeAnswer(parts));
      expect(parsed).toEqual({ ...parts, slot: 5 });
      expect(header.maxTurns).toBe(4);
    }
  });

  it('carries exactly the endorsements of its evidence type', () => {
    for (const [evidenceType, count] of [
      [1, 4],
      [2, 5],
      [3, 0],
      [0xf1, 4],
    ] as const) {
      for (const wrong of [count - 1, count, count + 1].filter((number) => number >= 0)) {
        const parts = answerParts({
          evidenceType,
          endorsements: Array.from({ length: wrong }, () => utf8('x')),
        });
        if (wrong === count) expect(parseAnswer(encodeAnswer(parts)).endorsements).toHaveLength(count);
        else expect(() => encodeAnswer(parts)).toThrow('WAX_SESSION_ENDORSEMENTS');
      }
    }
    expect(() => encodeAnswer(answerParts({ evidenceType: 4 }))).toThrow('evidence type 4');
  });

  it.each([
    ['another magic', (body: Uint8Array) => body.with(3, 0x42)],
    ['another version', (body: Uint8Array) => body.with(4, 2)],
    ['slot 1024', (body: Uint8Array) => concatBytes(body.subarray(0, 6), u16(1024), body.subarray(8))],
    ['a byte after its end', (body: Uint8Array) => concatBytes(body, Uint8Array.of(0))],
    ['its last byte missing', (body: Uint8Array) => body.subarray(0, -1)],
    [
      'a size hint above 2^53 - 1',
      (body: Uint8Array) => concatBytes(body.subarray(0, 1576), u64(0).with(0, 0x20), body.subarray(1584)),
    ],
  ])('is refused with %s', (_, change) => {
    expect(() => parseAnswer(change(encodeAnswer(answerParts())))).toThrow('WAX_SESSION_ANSWER');
  });

  it.each([
    ['statement', [new Uint8Array(16385), none, four, none]],
    ['evidence', [none, new Uint8Array(32769), four, none]],
    [
      'endorsements',
      [none, none, concatBytes(items('a', 'b', 'c'), u32(458_736), new Uint8Array(458_736)), none],
    ],
    ['log proof', [none, none, four, new Uint8Array(16385)]],
  ])('bounds the section %s', (_, sections) => {
    expect(() => parseAnswer(withSections(...sections))).toThrow('WAX_SESSION_ANSWER_SIZE');
  });

  it('takes sections up to their bounds, and no body above 512 KiB', () => {
    const statement = new Uint8Array(16384);
    expect(parseAnswer(withSections(statement, new Uint8Array(32768), four, none)).statement).toEqual(
      statement,
    );
    expect(() => parseAnswer(new Uint8Array(524_289))).toThrow('WAX_SESSION_ANSWER_SIZE');
  });

  it('refuses items that run past their section and a proof that is not text', () => {
    expect(() => parseAnswer(withSections(none, none, concatBytes(four.subarray(0, -1)), none))).toThrow(
      'SHORT',
    );
    const broken = concatBytes(u32(1), utf8('e'), Uint8Array.of(0xff));
    expect(() => parseAnswer(withSections(none, none, four, broken))).toThrow('UTF8');
  });

  it('is read or refused with a code, whatever the bytes', () => {
    const good = encodeAnswer(answerParts());
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(good.length),
        (at, byte, cut) => {
          for (const bytes of [good.with(at, byte), good.subarray(0, cut)]) {
            try {
              expect(encodeAnswer(parseAnswer(bytes))).toEqual(Uint8Array.from(bytes));
            } catch (error) {
              if (!(error instanceof CodedError)) throw error;
              expect(error.code).toMatch(/^WAX_SESSION_/);
            }
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});
