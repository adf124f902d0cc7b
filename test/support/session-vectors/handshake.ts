/** Vectors of the handshake: wire-format.md B1 to B4. */
import { concatBytes, u16, u32, utf8 } from '../../../protocol/bytes.ts';
import { type Answer, encodeAnswer, parseAnswer } from '../../../protocol/session/answer.ts';
import { batchLeaf, foldPath, reportData } from '../../../protocol/session/batch.ts';
import {
  encodeSessionHeader,
  parseSessionHeader,
  type SessionHeader,
} from '../../../protocol/session/header.ts';
import { Hpke } from '../../../protocol/session/hpke.ts';
import { createOffer, parseOffer } from '../../../protocol/session/offer.ts';
import { parseRuntimeStatement } from '../../../protocol/session/runtime-statement.ts';
import { hpkeInfo, transcriptHash } from '../../../protocol/session/transcript.ts';
import { answerParts, statementJson } from '../session.ts';
import {
  type Bytes,
  bytesOf,
  type Case,
  flipped,
  hex,
  refused,
  refusedLater,
  vectorFile,
  withByte,
  withRandomness,
} from './cases.ts';

export const fixedId = concatBytes(Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd), new Uint8Array(12).fill(0x33));
export const fixedHeader: SessionHeader = {
  id: fixedId,
  offerTtlS: 600,
  sessionTtlS: 1800,
  maxTurns: 64,
  maxRequestBytes: 8_388_608,
};
const headerBytes = encodeSessionHeader(fixedHeader);

async function offers() {
  const { body, nonce } = await withRandomness('offer', createOffer);
  const bad = (name: string, bytes: Uint8Array) =>
    refused(name, { body: hex(bytes) }, () => parseOffer(bytes));
  return vectorFile('offer', 'B1', [
    { name: 'an offer', body: hex(body), nonce: hex(nonce) },
    bad('a byte short', body.subarray(1)),
    bad('a byte long', concatBytes(body, Uint8Array.of(0))),
    bad('another magic', withByte(body, 3, 0x41)),
    bad('another version', withByte(body, 4, 2)),
    bad('first reserved byte', withByte(body, 5, 1)),
    bad('last reserved byte', withByte(body, 31, 1)),
  ]);
}

function headers() {
  const plain = ({ id, ...rest }: SessionHeader) => ({ id: hex(id), ...rest });
  const good = (name: string, header: SessionHeader): Case => ({
    name,
    bytes: hex(encodeSessionHeader(header)),
    header: plain(header),
  });
  const bad = (name: string, bytes: Uint8Array) =>
    refused(name, { bytes: hex(bytes) }, () => parseSessionHeader(bytes));
  const at = (offset: number, value: Uint8Array) =>
    concatBytes(headerBytes.subarray(0, offset), value, headerBytes.subarray(offset + value.length));
  return vectorFile('header', 'B2', [
    good('the draft header', fixedHeader),
    good('least values', {
      ...fixedHeader,
      offerTtlS: 30,
      sessionTtlS: 60,
      maxTurns: 1,
      maxRequestBytes: 8192,
    }),
    good('most values', {
      ...fixedHeader,
      offerTtlS: 900,
      sessionTtlS: 3600,
      maxTurns: 256,
      maxRequestBytes: 8_389_772,
    }),
    bad('offer TTL 29', at(16, u32(29))),
    bad('offer TTL 901', at(16, u32(901))),
    bad('session TTL 59', at(20, u32(59))),
    bad('session TTL 3601', at(20, u32(3601))),
    bad('no turn', at(24, u16(0))),
    bad('257 turns', at(24, u16(257))),
    bad('reserved bytes', at(26, u16(1))),
    bad('request below 8 KiB', at(28, u32(8191))),
    bad('request above 8 MiB and its overhead', at(28, u32(8_389_773))),
  ]);
}

function answers() {
  const parts = answerParts({ headerBytes });
  const body = encodeAnswer(parts);
  const head = body.subarray(0, 1584);
  const plain = (answer: Answer) => ({
    evidenceType: answer.evidenceType,
    slot: answer.slot,
    header: hex(answer.headerBytes),
    pk: hex(answer.pk),
    path: answer.path.map(hex),
    logSizeHint: answer.logSizeHint,
    statement: hex(answer.statement),
    evidence: hex(answer.evidence),
    endorsements: answer.endorsements.map(hex),
    staple: answer.staple && { entry: hex(answer.staple.entry), proof: answer.staple.proof },
  });
  const good = (name: string, changes: Partial<Omit<Answer, 'header'>>): Case => {
    const bytes = encodeAnswer({ ...parts, ...changes });
    return { name, body: hex(bytes), answer: plain(parseAnswer(bytes)) };
  };
  const bad = (name: string, value: Bytes) =>
    refused(name, { body: value }, () => parseAnswer(bytesOf(value)));
  const section = (bytes: Uint8Array) => concatBytes(u32(bytes.length), bytes);
  const items = (count: number) => concatBytes(...Array.from({ length: count }, () => section(utf8('x'))));
  const long = (size: number): Bytes & object => [hex(u32(size)), { repeat: '00', count: size }];
  const empty = '00000000';
  const four = hex(section(items(4)));
  const sized = (...sections: Bytes[]): Bytes => [hex(head), ...sections.flat()];
  const ofType = (type: number, count: number) =>
    bad(
      `type ${type} with ${count} endorsements`,
      hex(concatBytes(withByte(head, 5, type), new Uint8Array(8), section(items(count)), new Uint8Array(4))),
    );
  return vectorFile('answer', 'B2', [
    good('sev-snp', {}),
    good('with a log proof', { staple: { entry: utf8('entry'), proof: 'c2sp.org/tlog-proof@v1\n' } }),
    good('tdx', { evidenceType: 2, endorsements: Array.from({ length: 5 }, () => utf8('x')) }),
    good('nitro', { evidenceType: 3, endorsements: [] }),
    good('last slot', { slot: 1023 }),
    bad('another magic', hex(withByte(body, 0, 0))),
    bad('another version', hex(withByte(body, 4, 2))),
    bad('unknown evidence type', hex(withByte(body, 5, 4))),
    bad('slot 1024', hex(withByte(withByte(body, 6, 4), 7, 0))),
    bad('a bound of the session header', hex(withByte(body, 8 + 25, 0))),
    bad('size hint of 2^53', hex(withByte(body, 1577, 0x20))),
    bad('a byte after the end', `${hex(body)}00`),
    bad('the last byte missing', hex(body.subarray(0, -1))),
    bad('statement above 16 KiB', sized(long(16_385), empty, four, empty)),
    bad('evidence above 32 KiB', sized(empty, long(32_769), four, empty)),
    bad('endorsements above 448 KiB', sized(empty, empty, long(458_753), empty)),
    bad('log proof above 16 KiB', sized(empty, empty, four, long(16_385))),
    bad('above 512 KiB', [{ repeat: '00', count: 524_289 }]),
    bad('an item beyond its section', sized(empty, empty, hex(section(items(4).subarray(0, -1))), empty)),
    bad(
      'a log proof that is not UTF-8',
      sized(empty, empty, four, hex(section(concatBytes(section(utf8('e')), Uint8Array.of(0xff))))),
    ),
    ofType(1, 3),
    ofType(1, 5),
    ofType(2, 4),
    ofType(3, 1),
  ]);
}

function statements() {
  const wire = { tickMs: 50, recordBytes: 160, maxRecords: 64 };
  const model = { id: 'm', sha256: 'ab'.repeat(32), contextTokens: 2048, maxOutputTokens: 100 };
  const text = (changes: object) => JSON.stringify(statementJson(changes));
  const bad = (name: string, value: string | Bytes) => {
    const bytes: Bytes = typeof value === 'string' ? [{ text: value }] : value;
    return refused(name, { bytes }, () => parseRuntimeStatement(bytesOf(bytes)));
  };
  const good = (name: string, changes: object): Case => {
    const statement = parseRuntimeStatement(utf8(text(changes)));
    return { name, bytes: [{ text: text(changes) }], statement };
  };
  return vectorFile('statement', 'B2', [
    good('a statement', {}),
    good('as much output as the records carry', { models: [{ ...model, maxOutputTokens: 1092 }] }),
    bad('more output than the records carry', text({ models: [{ ...model, maxOutputTokens: 1093 }] })),
    bad('an unknown key', text({ extra: 1 })),
    bad('a missing key', text({ engine: undefined })),
    bad('a duplicate key', text({}).replace('{', '{"engine":"x",')),
    bad('another protocol', text({ protocol: 'waxseal/2' })),
    bad('a service in the clear', text({ service: 'http://chat.example' })),
    bad('a service with a path', text({ service: 'https://chat.example/x' })),
    bad('an accelerator', text({ accelerator: 'h100' })),
    bad('a digest in capitals', text({ configSha256: 'AB'.repeat(32) })),
    bad('no model', text({ models: [] })),
    bad(
      '17 models',
      text({ models: Array.from({ length: 17 }, (_, index) => ({ ...model, id: `m${index}` })) }),
    ),
    bad('tick 19', text({ wire: { ...wire, tickMs: 19 } })),
    bad('tick 501', text({ wire: { ...wire, tickMs: 501 } })),
    bad('record 63', text({ wire: { ...wire, recordBytes: 63 } })),
    bad('record 4097', text({ wire: { ...wire, recordBytes: 4097 } })),
    bad('65 records', text({ wire: { ...wire, maxRecords: 65 } })),
    bad('a float where an integer is named', text({ wire: { ...wire, tickMs: 50.5 } })),
    bad('a byte order mark', ['efbbbf', { text: text({}) }]),
    bad('not UTF-8', ['ff', { text: text({}) }]),
    bad('text after the object', `${text({})}{}`),
    bad('above 16 KiB', [{ text: text({}) }, { repeat: '20', count: 16_384 }]),
  ]);
}

function batches() {
  const nonce = new Uint8Array(32).fill(0x11);
  const pk = new Uint8Array(1216).fill(0x22);
  const leaf = batchLeaf({ nonce, headerBytes, pk });
  const path = Array.from({ length: 10 }, (_, level) => new Uint8Array(32).fill(0x40 + level));
  const fold = (slot: number): Case => ({
    name: `fold from slot ${slot}`,
    leaf: hex(leaf),
    slot,
    path: path.map(hex),
    root: hex(foldPath(leaf, slot, path)),
  });
  const root = foldPath(leaf, 0x2a5, path);
  const statement = utf8('{"v":1}');
  const bad = (name: string, slot: number, siblings: Uint8Array[]) =>
    refused(name, { leaf: hex(leaf), slot, path: siblings.map(hex) }, () => foldPath(leaf, slot, siblings));
  return vectorFile('batch', 'B3', [
    { name: 'the draft leaf', nonce: hex(nonce), header: hex(headerBytes), pk: hex(pk), leaf: hex(leaf) },
    ...[0x2a5, 0, 1, 512, 1023].map(fold),
    {
      name: 'the draft report data',
      root: hex(root),
      statement: hex(statement),
      reportData: hex(reportData(root, statement)),
    },
    bad('slot 1024', 1024, path),
    bad('nine levels', 0, path.slice(1)),
    bad('eleven levels', 0, [...path, new Uint8Array(32)]),
  ]);
}

function transcripts() {
  const offer = concatBytes(
    utf8('WXSO'),
    Uint8Array.of(1),
    new Uint8Array(27),
    new Uint8Array(32).fill(0x11),
  );
  const answer = utf8('answer bytes');
  const transcript = transcriptHash(offer, answer);
  return vectorFile('transcript', 'B4', [
    {
      name: 'the draft transcript',
      offer: hex(offer),
      answer: hex(answer),
      transcript: hex(transcript),
      info: hex(hpkeInfo(transcript)),
    },
  ]);
}

/** One encapsulation with known coins. */
async function encapsulation(label: string, info: Uint8Array) {
  const hpke = new Hpke('noble');
  const drawn: Uint8Array[] = [];
  const key = await withRandomness(`${label} key`, () => hpke.generateSessionKey());
  const sealed = await withRandomness(
    `${label} coins`,
    () => hpke.encapsulate(key.pk, info),
    (bytes) => drawn.push(bytes),
  );
  return { ...key, ...sealed, coins: concatBytes(...drawn) };
}

async function encapsulations() {
  const hpke = new Hpke('noble');
  const info = hpkeInfo(new Uint8Array(32).fill(0x77));
  const cases: Case[] = [];
  for (const name of ['first', 'second', 'third']) {
    const { seed, pk, enc, coins, chainKey } = await encapsulation(`hpke ${name}`, info);
    const common = { seed: hex(seed), pk: hex(pk), info: hex(info) };
    cases.push({
      name: `${name} key pair`,
      ...common,
      coins: hex(coins),
      enc: hex(enc),
      chainKey: hex(chainKey),
    });
    // ML-KEM rejects implicitly: a changed encapsulation opens to another key, and only the AEAD tells.
    for (const at of [0, 1119]) {
      const other = await hpke.decapsulate(seed.slice(), flipped(enc, at), info);
      cases.push({
        name: `${name}, enc changed at ${at}`,
        ...common,
        enc: hex(flipped(enc, at)),
        chainKey: hex(other),
      });
    }
  }
  const { seed, pk, enc } = await encapsulation('hpke bad', info);
  const encap = (name: string, bytes: Uint8Array) =>
    refusedLater(name, { pk: hex(bytes), info: hex(info) }, () => hpke.encapsulate(bytes, info));
  const decap = (name: string, bytes: Uint8Array) =>
    refusedLater(name, { seed: hex(seed), enc: hex(bytes), info: hex(info) }, () =>
      hpke.decapsulate(seed.slice(), bytes, info),
    );
  cases.push(
    await encap('a public key that is a byte short', pk.subarray(1)),
    await encap(
      'a coefficient of q in the public key',
      concatBytes(Uint8Array.of(0x01, 0x0d, 0x00), pk.subarray(3)),
    ),
    await encap('a low-order X25519 public key', concatBytes(pk.subarray(0, 1184), new Uint8Array(32))),
    await decap('an encapsulation that is a byte short', enc.subarray(1)),
    await decap('a low-order X25519 share', concatBytes(enc.subarray(0, 1088), new Uint8Array(32))),
  );
  return vectorFile('hpke', 'B4', cases);
}

export async function handshakeVectors() {
  return [
    await offers(),
    headers(),
    answers(),
    statements(),
    batches(),
    transcripts(),
    await encapsulations(),
  ];
}
