import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, lp, u16, u32, utf8 } from '../../../protocol/bytes.ts';
import { nobleAead } from '../../../protocol/session/aead.ts';
import {
  RecordOpener,
  RecordSealer,
  type RecordStream,
  recordCapacity,
} from '../../../protocol/session/record.ts';
import { encodeTurnError, parseTurnError } from '../../../protocol/session/turn-errors.ts';

const stream = (changes: Partial<RecordStream> = {}): RecordStream => ({
  keys: { key: new Uint8Array(32).fill(1), nonce: new Uint8Array(12).fill(0xf0) },
  id: new Uint8Array(16).fill(3),
  turn: 2,
  recordBytes: 64,
  ...changes,
});

/** Record 0 with a given inside. */
function rawRecord(inner: Uint8Array): Uint8Array {
  const { keys, id, turn } = stream();
  const aad = concatBytes(lp('waxseal/1 record'), id, u32(turn), u32(0));
  return nobleAead.seal(keys.key, keys.nonce, aad, concatBytes(inner, new Uint8Array(48 - inner.length)));
}
const openRaw = (inner: Uint8Array) => new RecordOpener(stream()).open(rawRecord(inner));
const inner = (type: number, length: number, ...payload: number[]) =>
  concatBytes(Uint8Array.of(type), u16(length), Uint8Array.from(payload));

describe('records', () => {
  it('are of one size, whatever they carry, and open in order', () => {
    const [sealer, opener] = [new RecordSealer(stream()), new RecordOpener(stream())];
    const sent = [
      ['pad', new Uint8Array()],
      ['data', Uint8Array.of(1)],
      ['data', new Uint8Array(recordCapacity(64)).fill(9)],
      ['err', new Uint8Array(4)],
      ['end', new Uint8Array()],
      ['fin', new Uint8Array()],
    ] as const;
    for (const [type, payload] of sent) {
      const record = sealer.seal(type, payload);
      expect(record).toHaveLength(64);
      expect(opener.open(record)).toEqual({ type, payload });
    }
    expect([sealer.count, opener.count]).toEqual([6, 6]);
  });

  it('do not open out of order, twice, after a gap, or in another turn, session, key or size', () => {
    const sealer = new RecordSealer(stream());
    const [first, second] = [sealer.seal('pad'), sealer.seal('pad')] as const;
    const refused = 'WAX_SESSION_RECORD_OPEN';
    expect(() => new RecordOpener(stream()).open(second)).toThrow(refused);
    const opener = new RecordOpener(stream());
    opener.open(first);
    expect(() => opener.open(first)).toThrow(refused);
    for (const other of [
      { turn: 3 },
      { id: new Uint8Array(16) },
      { keys: { key: new Uint8Array(32), nonce: new Uint8Array(12).fill(0xf0) } },
      { keys: { key: new Uint8Array(32).fill(1), nonce: new Uint8Array(12) } },
      { recordBytes: 65 },
    ]) {
      expect(() => new RecordOpener(stream(other)).open(first)).toThrow(refused);
    }
    expect(() => new RecordOpener(stream()).open(first.with(63, (first[63] as number) ^ 1))).toThrow(refused);
  });

  it('hold no more than their size, and nothing once erased', () => {
    const sealer = new RecordSealer(stream());
    expect(() => sealer.seal('data', new Uint8Array(recordCapacity(64) + 1))).toThrow('WAX_SESSION_RECORD');
    const keys = { key: new Uint8Array(32).fill(1), nonce: new Uint8Array(12).fill(1) };
    const erased = new RecordOpener(stream({ keys }));
    erased.erase();
    expect(keys).toEqual({ key: new Uint8Array(32), nonce: new Uint8Array(12) });
    expect(() => erased.open(sealer.seal('pad'))).toThrow('WAX_SESSION_ERASED');
  });

  it.each([
    ['an unknown type', inner(5, 0)],
    ['PAD with payload', inner(0, 1, 1)],
    ['DATA without payload', inner(1, 0)],
    ['END with payload', inner(2, 1, 1)],
    ['ERR of 3 bytes', inner(3, 3, 0, 1, 0)],
    ['ERR of 5 bytes', inner(3, 5, 0, 1, 0, 0, 0)],
    ['FIN with payload', inner(4, 1, 1)],
    ['a length beyond its end', inner(1, 46)],
    ['padding that is not zero', concatBytes(inner(1, 1, 9), Uint8Array.of(1))],
    ['a last byte that is not zero', concatBytes(inner(1, 1, 9), new Uint8Array(43), Uint8Array.of(1))],
  ])('are refused with %s', (_, bytes) => {
    expect(() => openRaw(bytes)).toThrow('WAX_SESSION_RECORD:');
  });

  it('use the nonce of their number: XOR into the last four bytes', () => {
    const sealer = new RecordSealer(stream());
    for (let number = 0; number < 300; number++) sealer.seal('pad');
    const { keys, id, turn } = stream();
    const aad = concatBytes(lp('waxseal/1 record'), id, u32(turn), u32(300));
    const nonce = concatBytes(keys.nonce.subarray(0, 10), Uint8Array.of(0xf0 ^ 1, 0xf0 ^ 44));
    expect(nobleAead.open(keys.key, nonce, aad, sealer.seal('pad'))).toEqual(new Uint8Array(48));
  });

  it('carry any payload back unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 45 }), { maxLength: 20 }), (payloads) => {
        const [sealer, opener] = [new RecordSealer(stream()), new RecordOpener(stream())];
        for (const payload of payloads) {
          expect(opener.open(sealer.seal('data', payload)).payload).toEqual(payload);
        }
      }),
      { seed: 5, numRuns: 50 },
    );
  });
});

describe('errors inside the seal', () => {
  it('are code and retry-after, and only the seven that are known', () => {
    expect(encodeTurnError('busy', 30)).toEqual(Uint8Array.of(0, 1, 0, 30));
    expect(parseTurnError(Uint8Array.of(0, 7, 0, 0))).toEqual({ error: 'session-over', retryAfterS: 0 });
    for (const code of [0, 8, 257]) {
      expect(() => parseTurnError(concatBytes(u16(code), u16(0)))).toThrow('WAX_SESSION_RECORD');
    }
    expect(() => parseTurnError(utf8('four+'))).toThrow();
  });
});
