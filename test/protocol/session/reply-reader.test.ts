import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../protocol/bytes.ts';
import { encodeEvent } from '../../../protocol/session/events.ts';
import { RecordSealer, type RecordType } from '../../../protocol/session/record.ts';
import { type Outcome, type ReplyEvent, ReplyReader } from '../../../protocol/session/reply-reader.ts';
import type { Mode } from '../../../protocol/session/sizes.ts';
import { encodeTurnError } from '../../../protocol/session/turn-errors.ts';
import { modelSha256, summary } from '../../support/session.ts';

const RECORD = 512;
const stream = () => ({
  keys: { key: new Uint8Array(32).fill(1), nonce: new Uint8Array(12).fill(2) },
  id: new Uint8Array(16).fill(3),
  turn: 0,
  recordBytes: RECORD,
});

const text = encodeEvent({ kind: 'text', text: 'Hi' });
const whole = concatBytes(text, encodeEvent({ kind: 'summary', summary: summary() }));

type Sent = RecordType | readonly [RecordType, Uint8Array];
const times = (count: number, type: RecordType): Sent[] => Array.from({ length: count }, () => type);

/** The bytes of a reply that a server could send. */
function reply(...records: Sent[]): Uint8Array {
  const sealer = new RecordSealer(stream());
  return concatBytes(
    ...records.map((record) => (typeof record === 'string' ? sealer.seal(record) : sealer.seal(...record))),
  );
}

function read(
  bytes: Uint8Array,
  { step = bytes.length || 1, mode = 'steady' as Mode, maxRecords = 64 } = {},
) {
  const closed: Outcome[] = [];
  const reader = new ReplyReader({
    stream: stream(),
    mode,
    maxRecords,
    models: [{ id: 'm', sha256: modelSha256 }],
    onClosed: (outcome) => closed.push(outcome),
  });
  const events: ReplyEvent[] = [];
  for (let at = 0; at < bytes.length; at += step) events.push(...reader.push(bytes.subarray(at, at + step)));
  const { contentEnded, broken, authenticated } = reader;
  const outcome = reader.close();
  expect(reader.close()).toBe(outcome);
  expect(closed).toEqual([outcome]);
  return { events, outcome, contentEnded, broken, authenticated };
}

const data: Sent = ['data', whole];
/** DATA, END, PAD up to 15 records, FIN. */
const complete = [data, 'end', ...times(13, 'pad'), 'fin'] as Sent[];
const err = (code: Parameters<typeof encodeTurnError>[0], retry = 0): Sent => [
  'err',
  encodeTurnError(code, retry),
];
const failed = (code: Parameters<typeof encodeTurnError>[0]) =>
  [err(code, 9), ...times(14, 'pad'), 'fin'] as Sent[];

const isComplete = (session: string) => ({ state: 'complete', session, summary: summary() });
const isCutOff = (code: string | null = null) => ({ state: 'cut-off', session: 'dropped', code });

describe('the outcome of a reply', () => {
  it('END, PADs, FIN, then the end: complete, session kept', () => {
    const { events, outcome } = read(reply(...complete));
    expect(outcome).toEqual(isComplete('kept'));
    expect(events.map(({ kind }) => kind)).toEqual(['text', 'summary', 'end']);
  });

  it('END, then the end: complete, session dropped', () => {
    expect(read(reply(data, 'end')).outcome).toEqual(isComplete('dropped'));
    expect(read(reply(data, 'end', 'pad')).outcome).toEqual(isComplete('dropped'));
    expect(read(concatBytes(reply(data, 'end'), Uint8Array.of(1))).outcome).toEqual(isComplete('dropped'));
  });

  it('END, then a bad record: complete, session dropped', () => {
    const bytes = reply(...complete);
    const at = bytes.length - 1;
    const { outcome, broken } = read(bytes.with(at, (bytes[at] as number) ^ 1));
    expect(outcome).toEqual(isComplete('dropped'));
    expect(broken).toBe(true);
  });

  it('ERR: failed; only "session over" and a missing FIN drop the session', () => {
    const outcome = { state: 'failed', session: 'kept', error: 'busy', retryAfterS: 9 };
    expect(read(reply(...failed('busy'))).outcome).toEqual(outcome);
    expect(read(reply(err('busy', 9))).outcome).toEqual({ ...outcome, session: 'dropped' });
    expect(read(reply(...failed('session-over'))).outcome).toEqual({
      ...outcome,
      session: 'dropped',
      error: 'session-over',
    });
  });

  it('the end before END or ERR: cut off, session dropped', () => {
    for (const bytes of [reply(), reply('pad'), reply(data), reply(data).subarray(0, -1)]) {
      expect(read(bytes).outcome).toEqual(isCutOff());
    }
    const { events, authenticated } = read(reply(['data', text]));
    expect(events).toEqual([{ kind: 'text', text: 'Hi' }]);
    expect(authenticated).toBe(1);
  });

  it('a bad record or a gap before END: cut off, session dropped', () => {
    const bytes = reply(...complete);
    expect(read(bytes.with(0, (bytes[0] as number) ^ 1)).outcome).toEqual(
      isCutOff('WAX_SESSION_RECORD_OPEN'),
    );
    expect(read(bytes.subarray(RECORD)).outcome).toEqual(isCutOff('WAX_SESSION_RECORD_OPEN'));
    expect(read(bytes.subarray(1)).outcome).toEqual(isCutOff('WAX_SESSION_RECORD_OPEN'));
    expect(read(concatBytes(Uint8Array.of(0), bytes)).outcome).toEqual(isCutOff('WAX_SESSION_RECORD_OPEN'));
    expect(read(reply(['err', Uint8Array.of(0, 8, 0, 0)])).outcome).toEqual(isCutOff('WAX_SESSION_RECORD'));
  });

  it('bytes after FIN: cut off, session dropped, also for a single one in its own piece', () => {
    const bytes = concatBytes(reply(...complete), Uint8Array.of(0));
    for (const step of [bytes.length, bytes.length - 1, 1]) {
      expect(read(bytes, { step }).outcome).toEqual(isCutOff('WAX_SESSION_RECORD_ORDER'));
    }
    expect(read(concatBytes(reply(...complete), new Uint8Array(RECORD))).outcome.state).toBe('cut-off');
    expect(read(concatBytes(reply(...failed('busy')), Uint8Array.of(0))).outcome.state).toBe('cut-off');
  });

  it.each([
    ['DATA', ['data', text] as Sent],
    ['END', 'end' as Sent],
    ['ERR', err('busy')],
  ])('%s after END or ERR: cut off, session dropped', (_, second) => {
    const order = isCutOff('WAX_SESSION_RECORD_ORDER');
    expect(read(reply(data, 'end', second)).outcome).toEqual(order);
    expect(read(reply(data, 'end', 'pad', second)).outcome).toEqual(order);
    expect(read(reply(err('busy'), second)).outcome).toEqual(order);
  });

  it('FIN without END, too early or too late: never kept', () => {
    const order = isCutOff('WAX_SESSION_RECORD_ORDER');
    expect(read(reply('fin')).outcome).toEqual(order);
    expect(read(reply(...times(15, 'pad'), 'fin')).outcome).toEqual(order);
    expect(read(reply(data, 'end', 'fin')).outcome).toEqual(isComplete('dropped'));
    expect(read(reply(data, 'end', ...times(14, 'pad'), 'fin')).outcome).toEqual(isComplete('dropped'));
  });

  it('more records than the statement allows: cut off', () => {
    const many = [...times(15, 'pad'), 'end', 'fin'] as Sent[];
    expect(read(reply(...times(62, 'pad'))).broken).toBe(false);
    expect(read(reply(...times(63, 'pad'))).outcome).toEqual(isCutOff('WAX_SESSION_RECORD_ORDER'));
    expect(read(reply(...many), { maxRecords: 16 }).outcome).toEqual(isCutOff('WAX_SESSION_RECORD_ORDER'));
  });

  it('END without a summary, within an event, or with a foreign model: cut off', () => {
    expect(read(reply(['data', text], 'end')).outcome).toEqual(isCutOff('WAX_SESSION_EVENT'));
    expect(read(reply(['data', whole.subarray(0, -1)], 'end')).outcome).toEqual(
      isCutOff('WAX_SESSION_EVENT'),
    );
    expect(read(reply(['data', concatBytes(whole, text)], 'end')).outcome).toEqual(
      isCutOff('WAX_SESSION_EVENT'),
    );
    expect(read(reply(['data', Uint8Array.of(9, 0, 0)])).outcome).toEqual(isCutOff('WAX_SESSION_EVENT'));
    const foreign = encodeEvent({ kind: 'summary', summary: summary({ modelSha256: 'cd'.repeat(32) }) });
    expect(read(reply(['data', foreign], 'end')).outcome).toEqual(isCutOff('WAX_SESSION_MODEL'));
    const renamed = encodeEvent({ kind: 'summary', summary: summary({ model: 'n' }) });
    expect(read(reply(['data', renamed], 'end')).outcome).toEqual(isCutOff('WAX_SESSION_MODEL'));
  });

  it('block: a power of two from 4 to 2048', () => {
    const block = { mode: 'block' as const, maxRecords: 2048 };
    expect(read(reply(data, 'end', 'pad', 'fin'), block).outcome).toEqual(isComplete('kept'));
    expect(read(reply(data, 'end', 'fin'), block).outcome).toEqual(isComplete('dropped'));
  });

  it('lets the next turn begin with END, and not after something bad', () => {
    expect(read(reply(data)).contentEnded).toBe(false);
    expect(read(reply(data, 'end')).contentEnded).toBe(true);
    expect(read(reply(err('busy'))).contentEnded).toBe(true);
    expect(read(concatBytes(reply(data, 'end'), new Uint8Array(RECORD))).contentEnded).toBe(false);
  });

  it('is the same however the bytes are cut', () => {
    const cases = [
      reply(...complete),
      reply(...failed('busy')),
      reply(data, 'end'),
      reply(data, 'end', data),
      concatBytes(reply(...complete), Uint8Array.of(1)),
      reply(['data', text], 'pad', ['data', whole.subarray(text.length)], 'end').with(700, 0),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.integer({ min: 1, max: 3000 }), (bytes, step) => {
        const { outcome, events } = read(bytes, { step });
        expect({ outcome, events }).toEqual((({ outcome, events }) => ({ outcome, events }))(read(bytes)));
      }),
      { seed: 8, numRuns: 150 },
    );
  });
});
