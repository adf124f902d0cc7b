/** Vectors of the pieces of a turn: wire-format.md B5 to B7. */
import { concatBytes, lp, u16, u32, utf8 } from '../../../protocol/bytes.ts';
import { nobleAead } from '../../../protocol/session/aead.ts';
import { EventParser, encodeEvent } from '../../../protocol/session/events.ts';
import { KeyChain, recordKeys, type TurnKeys } from '../../../protocol/session/keys.ts';
import { RecordOpener, RecordSealer, type RecordType } from '../../../protocol/session/record.ts';
import { openRequest, parseSealedRequest, sealRequest } from '../../../protocol/session/request.ts';
import { isRequestBucket, recordCount, requestBucket } from '../../../protocol/session/sizes.ts';
import { parseTurnRequest } from '../../../protocol/session/turn-request.ts';
import { summary } from '../session.ts';
import { type Bytes, bytesOf, type Case, flipped, hex, refused, vectorFile, withByte } from './cases.ts';
import { fixedId } from './handshake.ts';

const chainKey = () => new Uint8Array(32).fill(0x55);
const enc = new Uint8Array(1120).fill(0x66);
const maxRequestBytes = 1 << 20;

/** Keys of turn `turn` of the chain that begins with 0x55 × 32. */
function keysOf(turn: number): TurnKeys {
  const chain = new KeyChain(chainKey());
  for (let done = 0; done < turn; done++) chain.advance();
  return chain.advance();
}

function keySchedule() {
  const requestHash = new Uint8Array(32).fill(0x44);
  const cases = [0, 1, 2].map((turn): Case => {
    const { request, responseSecret } = keysOf(turn);
    return {
      name: `turn ${turn}`,
      chainKey: hex(chainKey()),
      turn,
      requestKey: hex(request.key),
      requestNonce: hex(request.nonce),
      responseSecret: hex(responseSecret),
      requestHash: hex(requestHash),
      ...(({ key, nonce }) => ({ recordKey: hex(key), recordNonce: hex(nonce) }))(
        recordKeys(responseSecret, requestHash),
      ),
    };
  });
  return vectorFile('keys', 'B5', cases);
}

function requests() {
  const json = utf8('{"op":"models","mode":"block","body":{}}');
  const sealed = (turn: number, text: Uint8Array = json) =>
    sealRequest(keysOf(turn), fixedId, turn === 0 ? enc : null, text).body;
  const common = { chainKey: hex(chainKey()), maxRequestBytes };
  const good = (name: string, turn: number, text: Bytes): Case => ({
    name,
    ...common,
    turn,
    id: hex(fixedId),
    enc: turn === 0 ? hex(enc) : null,
    json: text,
    body: hex(sealed(turn, bytesOf(text))),
  });
  const open = (turn: number, body: Uint8Array, most: number) =>
    openRequest(keysOf(turn), parseSealedRequest(body, most));
  const bad = (name: string, body: Uint8Array, turn = 0, most = maxRequestBytes) =>
    refused(name, { ...common, maxRequestBytes: most, turn, body: hex(body) }, () => open(turn, body, most));
  /** A request that opens, with a given inside. */
  const raw = (plaintext: Uint8Array) => {
    const { request } = keysOf(0);
    const head = sealed(0).subarray(0, 1148);
    const aad = concatBytes(lp('waxseal/1 request'), head);
    return concatBytes(head, nobleAead.seal(request.key, request.nonce, aad, plaintext));
  };
  const inside = (length: number, size: number) => concatBytes(u32(length), new Uint8Array(size - 4));
  const body = sealed(0);
  return vectorFile('request', 'B6', [
    good('turn 0', 0, hex(json)),
    good('turn 1', 1, hex(json)),
    good('the longest text of the first bucket', 2, [{ repeat: '20', count: 4092 }]),
    good('the shortest text of the second bucket', 2, [{ repeat: '20', count: 4093 }]),
    bad('another magic', withByte(body, 0, 0)),
    bad('another version', withByte(body, 4, 2)),
    bad('first reserved byte', withByte(body, 5, 1)),
    bad('last reserved byte', withByte(body, 7, 1)),
    bad('a byte long', concatBytes(body, Uint8Array.of(0))),
    bad('a byte short', body.subarray(0, -1)),
    bad('no ciphertext', body.subarray(0, 1148 + 16)),
    bad('above the limit of the session', body, 0, body.length - 1),
    bad('another session id', flipped(body, 8)),
    bad('another enc', flipped(body, 28)),
    bad('another ciphertext', flipped(body, 1148)),
    bad('another tag', flipped(body, -1 + body.length)),
    bad('another turn than the next', sealed(1), 2),
    bad(
      'turn 1 renamed to turn 2',
      concatBytes(sealed(1).subarray(0, 24), u32(2), sealed(1).subarray(28)),
      2,
    ),
    bad('first padding byte', raw(withByte(inside(10, 4096), 14, 1))),
    bad('last padding byte', raw(withByte(inside(10, 4096), 4095, 1))),
    bad('a length beyond the plaintext', raw(inside(4093, 4096))),
    bad('a bucket larger than needed', raw(inside(10, 8192))),
  ]);
}

const recordKey = new Uint8Array(32).fill(0x01);
const recordNonce = new Uint8Array(12).fill(0xf0);
const stream = (recordBytes = 64) => ({
  keys: { key: recordKey.slice(), nonce: recordNonce.slice() },
  id: fixedId,
  turn: 2,
  recordBytes,
});

function records() {
  const common = { key: hex(recordKey), nonce: hex(recordNonce), id: hex(fixedId), turn: 2, recordBytes: 64 };
  const sealer = new RecordSealer(stream());
  const sent: [RecordType, Uint8Array][] = [
    ['pad', new Uint8Array()],
    ['data', utf8('payload')],
    ['data', new Uint8Array(45).fill(9)],
    ['err', Uint8Array.of(0, 1, 0, 30)],
    ['end', new Uint8Array()],
    ['fin', new Uint8Array()],
  ];
  const sequence = sent.map(([type, payload]) => ({
    type,
    payload: hex(payload),
    record: hex(sealer.seal(type, payload)),
  }));
  for (let more = sequence.length; more < 256; more++) sealer.seal('pad');
  const late = { type: 'pad', payload: '', record: hex(sealer.seal('pad')) };
  const bad = (name: string, record: Uint8Array) =>
    refused(name, { ...common, sequence: 0, record: hex(record) }, () =>
      new RecordOpener(stream()).open(record),
    );
  const raw = (inner: Uint8Array) => {
    const aad = concatBytes(lp('waxseal/1 record'), fixedId, u32(2), u32(0));
    return nobleAead.seal(recordKey, recordNonce, aad, concatBytes(inner, new Uint8Array(48 - inner.length)));
  };
  const inner = (type: number, length: number, ...payload: number[]) =>
    concatBytes(Uint8Array.of(type), u16(length), Uint8Array.from(payload));
  const first = new RecordSealer(stream()).seal('pad');
  const second = new RecordSealer(stream());
  second.seal('pad');
  return vectorFile('record', 'B7', [
    ...sequence.map(
      (record, number): Case => ({ name: `record ${number}`, ...common, sequence: number, ...record }),
    ),
    { name: 'record 256', ...common, sequence: 256, ...late },
    bad('a changed bit', flipped(first, 0)),
    bad('another length', first.subarray(1)),
    bad('the record after it', second.seal('pad')),
    bad('unknown type', raw(inner(5, 0))),
    bad('PAD with payload', raw(inner(0, 1, 1))),
    bad('DATA without payload', raw(inner(1, 0))),
    bad('END with payload', raw(inner(2, 1, 1))),
    bad('ERR of three bytes', raw(inner(3, 3, 0, 1, 0))),
    bad('FIN with payload', raw(inner(4, 1, 1))),
    bad('a length beyond the record', raw(inner(1, 46))),
    bad('padding that is not zero', raw(concatBytes(inner(1, 1, 9), Uint8Array.of(1)))),
  ]);
}

function events() {
  const closing = encodeEvent({ kind: 'summary', summary: summary() });
  const good = (name: string, ...parts: Uint8Array[]): Case => {
    const bytes = concatBytes(...parts);
    const parser = new EventParser();
    const list = parser
      .push(bytes)
      .map((event) => (event.kind === 'result' ? { ...event, bytes: hex(event.bytes) } : event));
    parser.finish();
    return { name, stream: hex(bytes), events: list };
  };
  const bad = (name: string, ...parts: Uint8Array[]) => {
    const bytes = concatBytes(...parts);
    return refused(name, { stream: hex(bytes) }, () => {
      const parser = new EventParser();
      parser.push(bytes);
      parser.finish();
    });
  };
  const raw = (kind: number, payload: Uint8Array | string) => {
    const bytes = typeof payload === 'string' ? utf8(payload) : payload;
    return concatBytes(Uint8Array.of(kind), u16(bytes.length), bytes);
  };
  const text = encodeEvent({ kind: 'text', text: 'Grüße \u{1F9ED}' });
  return vectorFile('events', 'B7', [
    good('text', text, closing),
    good(
      'reasoning, a tool call and no text',
      encodeEvent({ kind: 'reasoning', text: 'Hm' }),
      encodeEvent({ kind: 'tool-call', call: { index: 0, id: 'a', name: 'f', arguments: '{"x"' } }),
      closing,
    ),
    good(
      'a result in two parts',
      encodeEvent({ kind: 'result', bytes: utf8('{"a":') }),
      encodeEvent({ kind: 'result', bytes: utf8('1}') }),
      closing,
    ),
    good('a byte order mark within the text', encodeEvent({ kind: 'text', text: '\uFEFFa' }), closing),
    bad('no summary', text),
    bad('two summaries', closing, closing),
    bad('text after the summary', closing, text),
    bad('a byte after the summary', closing, Uint8Array.of(1)),
    bad('an event that is cut off', text, closing.subarray(0, -1)),
    bad('kind 0', raw(0, ''), closing),
    bad('kind 6', raw(6, ''), closing),
    bad('half a code point', raw(1, Uint8Array.of(0xe2, 0x82)), raw(1, Uint8Array.of(0xac)), closing),
    bad('an encoded surrogate', raw(1, Uint8Array.of(0xed, 0xa0, 0x80)), closing),
    bad('a tool call without index', raw(3, '{"id":"a"}'), closing),
    bad('a tool call with an unknown key', raw(3, '{"index":0,"type":"function"}'), closing),
    bad('a tool call with a duplicate key', raw(3, '{"index":0,"index":1}'), closing),
    bad('a summary with an unknown key', raw(5, JSON.stringify(summary({ extra: 1 })))),
    bad('a summary with an unknown reason', raw(5, JSON.stringify(summary({ finish_reason: 'tired' })))),
    bad('a summary without usage', raw(5, JSON.stringify(summary({ usage: undefined })))),
    bad(
      'a summary with a float',
      raw(
        5,
        JSON.stringify(summary({ usage: { prompt_tokens: 1.5, completion_tokens: 1, total_tokens: 2 } })),
      ),
    ),
  ]);
}

function sizes() {
  const bucket = (bytes: number): Case => ({
    name: `plaintext of ${bytes}`,
    bytes,
    bucket: requestBucket(bytes),
  });
  const exact = (bytes: number): Case => ({
    name: `is ${bytes} a bucket`,
    length: bytes,
    isBucket: isRequestBucket(bytes),
  });
  const count = (mode: 'steady' | 'block', least: number, most: number): Case => ({
    name: `${mode}, at least ${least} of ${most}`,
    mode,
    least,
    most,
    records: recordCount(mode, least, most),
  });
  return vectorFile('sizes', 'B6, B7', [
    ...[4, 4096, 4097, 8192, 16_385, 32_769, 65_536, 65_537, 131_073, 8_388_608].map(bucket),
    refused('plaintext of 8 MiB and a byte', { bytes: 8_388_609 }, () => requestBucket(8_388_609)),
    ...[0, 4095, 4096, 12_288, 65_536, 98_304, 131_072, 8_388_608, 8_454_144].map(exact),
    ...(
      [
        [2, 4096],
        [16, 4096],
        [17, 4096],
        [24, 4096],
        [33, 4096],
        [47, 4096],
        [65, 4096],
        [92, 4096],
        [129, 4096],
        [183, 4096],
        [257, 4096],
        [364, 4096],
        [513, 4096],
        [726, 4096],
        [1025, 4096],
        [1450, 4096],
        [2049, 4096],
        [2898, 4096],
        [4097, 4096],
        [65, 64],
      ] as const
    ).map(([least, most]) => count('steady', least, most)),
    ...([2, 4, 5, 9, 1025, 2048, 2049] as const).map((least) => count('block', least, 2048)),
  ]);
}

function turnRequests() {
  const good = (name: string, text: string): Case => ({
    name,
    json: [{ text }],
    request: parseTurnRequest(utf8(text)),
  });
  const bad = (name: string, text: string) =>
    refused(name, { json: [{ text }] }, () => parseTurnRequest(utf8(text)));
  const chat = (body: string) => `{"op":"chat","mode":"steady","body":${body}}`;
  // Besides those in the list: the object, its three fields, and the list.
  const tooMany: Bytes = [
    { text: '{"op":"chat","mode":"steady","body":{"stop":[1' },
    { repeat: '2c31', count: 65_531 },
    { text: ']}}' },
  ];
  return vectorFile('turn-request', 'B6', [
    good(
      'a chat',
      chat('{"model":"m","messages":[{"role":"user","content":"Hi"}],"temperature":0.7,"max_tokens":20}'),
    ),
    good('models', '{"op":"models","mode":"block","body":{}}'),
    good('embeddings', '{"op":"embeddings","mode":"block","body":{"model":"m","input":"x"}}'),
    bad('another operation', '{"op":"images","mode":"block","body":{}}'),
    bad('another mode', '{"op":"chat","mode":"fast","body":{}}'),
    bad('models as a stream', '{"op":"models","mode":"steady","body":{}}'),
    bad('an unknown field', '{"op":"models","mode":"block","body":{},"user":"u"}'),
    bad('a missing field', '{"op":"models","mode":"block"}'),
    bad('an unknown field of the body', chat('{"logit_bias":{}}')),
    bad('a duplicate key', '{"op":"models","op":"models","mode":"block","body":{}}'),
    bad('a duplicate key deep inside', chat('{"messages":[{"role":"user","role":"user"}]}')),
    bad('33 levels', chat(`{"tools":${'['.repeat(31)}${']'.repeat(31)}}`)),
    refused('65,537 values', { json: tooMany }, () => parseTurnRequest(bytesOf(tooMany))),
    bad('text after the object', `${chat('{}')} x`),
    bad('not JSON', 'hello'),
  ]);
}

export function turnVectors() {
  return [keySchedule(), requests(), records(), events(), sizes(), turnRequests()];
}
