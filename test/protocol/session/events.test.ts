import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, u16, utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { EventParser, encodeEvent, type StreamEvent } from '../../../protocol/session/events.ts';
import { summary } from '../../support/session.ts';

const closing: StreamEvent = { kind: 'summary', summary: summary() };
const raw = (kind: number, payload: Uint8Array | string) => {
  const bytes = typeof payload === 'string' ? utf8(payload) : payload;
  return concatBytes(Uint8Array.of(kind), u16(bytes.length), bytes);
};
const rawSummary = (changes: object) => raw(5, JSON.stringify(summary(changes)));

describe('the event stream', () => {
  it('comes back event by event, however it is cut', () => {
    const event = fc.oneof(
      fc.record({
        kind: fc.constantFrom('text' as const, 'reasoning' as const),
        text: fc.string({ unit: 'binary' }),
      }),
      fc.record({ kind: fc.constant('result' as const), bytes: fc.uint8Array() }),
      fc.record({
        kind: fc.constant('tool-call' as const),
        call: fc.record({ index: fc.nat(255), arguments: fc.string({ unit: 'grapheme' }) }),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (events, step) => {
        const all = [...events, closing];
        const bytes = concatBytes(...all.map(encodeEvent));
        const parser = new EventParser();
        const seen: StreamEvent[] = [];
        for (let at = 0; at < bytes.length; at += step)
          seen.push(...parser.push(bytes.subarray(at, at + step)));
        expect(seen).toEqual(all);
        expect(parser.finish()).toEqual(summary());
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it('cuts long text between code points and long results anywhere', () => {
    const text = `a${'\u{1F9ED}'.repeat(40_000)}`;
    const events = new EventParser().push(encodeEvent({ kind: 'text', text }));
    expect(events.length).toBe(3);
    expect(events.map((event) => (event.kind === 'text' ? event.text : '')).join('')).toBe(text);
    const bytes = new Uint8Array(70_000).fill(7);
    expect(new EventParser().push(encodeEvent({ kind: 'result', bytes }))).toHaveLength(2);
    const call = { index: 0, arguments: 'x'.repeat(65_600) };
    expect(() => encodeEvent({ kind: 'tool-call', call })).toThrow('WAX_SESSION_EVENT');
  });

  it('keeps a byte order mark that is part of the text', () => {
    expect(new EventParser().push(encodeEvent({ kind: 'text', text: '\uFEFFa' }))).toEqual([
      { kind: 'text', text: '\uFEFFa' },
    ]);
  });

  it.each([
    ['kind 0', raw(0, '')],
    ['kind 6', raw(6, '')],
    ['half a code point', raw(1, Uint8Array.of(0xe2, 0x82))],
    ['half a code point of reasoning', raw(2, Uint8Array.of(0xf0))],
    ['a tool call without index', raw(3, '{"id":"a"}')],
    ['a tool call with an unknown key', raw(3, '{"index":0,"type":"function"}')],
    ['a tool call with a duplicate key', raw(3, '{"index":0,"index":1}')],
    ['a tool call that is no JSON', raw(3, '{"index":0')],
    ['a summary with an unknown key', rawSummary({ extra: 1 })],
    ['a summary with an unknown reason', rawSummary({ finish_reason: 'because' })],
    ['a summary without usage', rawSummary({ usage: undefined })],
    [
      'a summary with a fraction',
      rawSummary({ usage: { prompt_tokens: 1.5, completion_tokens: 1, total_tokens: 2 } }),
    ],
    ['a summary with a short digest', rawSummary({ modelSha256: 'ab' })],
  ])('refuses %s', (_, bytes) => {
    expect(() => new EventParser().push(bytes)).toThrow('WAX_SESSION_EVENT');
  });

  it('ends with one summary, whole, and nothing after it', () => {
    const end = encodeEvent(closing);
    expect(() => new EventParser().finish()).toThrow('no summary');
    expect(() => new EventParser().push(concatBytes(end, end))).toThrow('follows the summary');
    expect(() => new EventParser().push(concatBytes(end, Uint8Array.of(1)))).toThrow('follows the summary');
    const later = new EventParser();
    later.push(end);
    expect(() => later.push(Uint8Array.of(1))).toThrow('follows the summary');
    const cut = new EventParser();
    cut.push(end.subarray(0, -1));
    expect(() => cut.finish()).toThrow('cut off');
  });

  it('is read or refused with a code, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          new EventParser().push(bytes);
        } catch (error) {
          expect((error as CodedError).code).toBe('WAX_SESSION_EVENT');
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
