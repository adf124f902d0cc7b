import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../protocol/bytes.ts';
import type { RecordStream } from '../../../protocol/session/record.ts';
import { ReplyReader } from '../../../protocol/session/reply-reader.ts';
import { ReplyWriter } from '../../../protocol/session/reply-writer.ts';
import { type Mode, STEADY_COUNTS } from '../../../protocol/session/sizes.ts';
import { modelSha256, summary } from '../../support/session.ts';

const stream = (recordBytes: number): RecordStream => ({
  keys: { key: new Uint8Array(32).fill(1), nonce: new Uint8Array(12).fill(2) },
  id: new Uint8Array(16),
  turn: 0,
  recordBytes,
});

function writer({ mode = 'steady' as Mode, recordBytes = 160, maxRecords = 64 } = {}) {
  const closed: boolean[] = [];
  const reply = new ReplyWriter({
    stream: stream(recordBytes),
    mode,
    maxRecords,
    onClosed: () => closed.push(true),
  });
  return { reply, closed };
}

/** Reads what a writer wrote, as a client would. */
function readBack(records: Uint8Array, { mode = 'steady' as Mode, recordBytes = 160, maxRecords = 64 } = {}) {
  const reader = new ReplyReader({
    stream: stream(recordBytes),
    mode,
    maxRecords,
    models: [{ id: 'm', sha256: modelSha256 }],
    onClosed: () => {},
  });
  const text = reader
    .push(records)
    .map((event) => (event.kind === 'text' ? event.text : ''))
    .join('');
  return { text, outcome: reader.close() };
}

const say = (text: string) => ({ kind: 'text' as const, text });

function rest(reply: ReplyWriter): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let record = reply.next(); record !== null; record = reply.next()) records.push(record);
  return records;
}

describe('a steady reply', () => {
  it('sends a record each time it is asked, with or without content', () => {
    const { reply, closed } = writer();
    const records = [reply.next(), reply.next()];
    reply.push(say('Hello'));
    records.push(reply.next(), reply.next());
    expect(records.map((record) => record?.length)).toEqual([160, 160, 160, 160]);
    expect(reply.contentEnded).toBe(false);
    reply.finish(summary());
    const all = [...(records as Uint8Array[]), ...rest(reply)];
    expect(all).toHaveLength(16);
    expect([reply.contentEnded, reply.closed, reply.error]).toEqual([true, true, null]);
    expect(closed).toEqual([true]);
    expect(readBack(concatBytes(...all))).toMatchObject({
      text: 'Hello',
      outcome: { state: 'complete', session: 'kept' },
    });
  });

  it('says that it is full while a summary still fits, whatever the pace', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(64, 160, 1024),
        fc.constantFrom(16, 32, 64),
        (lengths, recordBytes, maxRecords) => {
          const { reply } = writer({ recordBytes, maxRecords });
          const records: Uint8Array[] = [];
          let pushed = '';
          for (const length of lengths) {
            if (length > 0 && reply.push(say('x'.repeat(length)))) pushed += 'x'.repeat(length);
            else if (length > 0) break;
            if (reply.full) break;
            records.push(reply.next() as Uint8Array);
            if (reply.full) break;
          }
          reply.finish(summary({ finish_reason: 'length' }));
          expect(reply.error).toBeNull();
          const all = concatBytes(...records, ...rest(reply));
          const count = all.length / recordBytes;
          expect(count).toBeLessThanOrEqual(maxRecords);
          expect(STEADY_COUNTS).toContain(count);
          const { text, outcome } = readBack(all, { recordBytes, maxRecords });
          expect(text).toBe(pushed);
          expect(outcome).toMatchObject({ state: 'complete', session: 'kept' });
        },
      ),
      { seed: 9, numRuns: 200 },
    );
  });

  it('puts tokens that share a tick under one header, and reads back the same text', () => {
    const { reply } = writer({ recordBytes: 64 });
    const records: Uint8Array[] = [];
    for (let token = 0; token < 30; token++) {
      reply.push(say(`${token}é `));
      if (token % 3 === 2) records.push(reply.next() as Uint8Array);
    }
    reply.push({ kind: 'reasoning', text: 'hm' });
    reply.push({ kind: 'reasoning', text: 'ok' });
    reply.finish(summary());
    const reader = new ReplyReader({
      stream: stream(64),
      mode: 'steady',
      maxRecords: 64,
      models: [{ id: 'm', sha256: modelSha256 }],
      onClosed: () => {},
    });
    const events = reader.push(concatBytes(...records, ...rest(reply)));
    const texts = events.flatMap((event) => (event.kind === 'text' ? [event.text] : []));
    expect(texts.join('')).toBe(Array.from({ length: 30 }, (_, token) => `${token}é `).join(''));
    expect(texts.length).toBeLessThanOrEqual(10);
    expect(events).toContainEqual({ kind: 'reasoning', text: 'hmok' });
    const long = writer({ mode: 'block', recordBytes: 4096, maxRecords: 2048 }).reply;
    for (let part = 0; part < 3; part++) long.push(say('x'.repeat(40_000)));
    long.finish(summary());
    const block = { mode: 'block' as const, recordBytes: 4096, maxRecords: 2048 };
    expect(readBack(long.drain(), block).text).toHaveLength(120_000);
  });

  it('ends itself as failed when nobody stops the engine', () => {
    const { reply } = writer({ maxRecords: 16 });
    const all = rest(reply);
    expect(all).toHaveLength(16);
    expect(reply.error).toBe('engine-failed');
    expect(readBack(concatBytes(...all), { maxRecords: 16 }).outcome).toMatchObject({
      state: 'failed',
      session: 'kept',
    });
    const late = writer({ maxRecords: 16 }).reply;
    for (let tick = 0; tick < 13; tick++) late.next();
    late.finish(summary());
    expect(late.error).toBe('engine-failed');
  });

  it('sends what was queued before an error, and takes nothing after it', () => {
    const { reply } = writer();
    reply.push(say('half'));
    reply.fail('busy', 30);
    expect(reply.push(say('more'))).toBe(false);
    reply.finish(summary());
    const { text, outcome } = readBack(concatBytes(...rest(reply)));
    expect(text).toBe('half');
    expect(outcome).toEqual({ state: 'failed', session: 'kept', error: 'busy', retryAfterS: 30 });
  });

  it('stops at once when it is erased', () => {
    const { reply, closed } = writer();
    reply.push(say('Hello'));
    reply.erase();
    reply.erase();
    expect(reply.next()).toBeNull();
    expect(closed).toEqual([true]);
  });
});

describe('a block reply', () => {
  const block = { mode: 'block' as const, recordBytes: 4096, maxRecords: 2048 };

  it('is padded to a power of two', () => {
    for (const [bytes, count] of [
      [10, 4],
      [4077, 4],
      [4077 * 3, 8],
    ] as const) {
      const { reply } = writer(block);
      reply.push({ kind: 'result', bytes: new Uint8Array(bytes) });
      reply.finish(summary());
      const all = reply.drain();
      expect(all.length / 4096).toBe(count);
      expect(readBack(all, block).outcome).toMatchObject({ state: 'complete', session: 'kept' });
    }
  });

  it('refuses a result that does not fit, and fails without a part of it', () => {
    const { reply } = writer(block);
    expect(reply.push({ kind: 'result', bytes: new Uint8Array(9_000_000) })).toBe(false);
    reply.push({ kind: 'result', bytes: new Uint8Array(50_000) });
    reply.fail('engine-failed');
    expect(reply.drain()).toHaveLength(4 * 4096);
  });

  it('is not drained before it is finished', () => {
    expect(() => writer(block).reply.drain()).toThrow('WAX_SESSION_RECORD_ORDER');
  });
});
