/** Vectors of whole replies (the table of wire-format.md B8) and of a whole session. */
import { concatBytes, utf8 } from '../../../protocol/bytes.ts';
import { encodeAnswer } from '../../../protocol/session/answer.ts';
import { BatchTree, batchLeaf, reportData } from '../../../protocol/session/batch.ts';
import { encodeEvent } from '../../../protocol/session/events.ts';
import { encodeSessionHeader } from '../../../protocol/session/header.ts';
import { Hpke } from '../../../protocol/session/hpke.ts';
import { KeyChain } from '../../../protocol/session/keys.ts';
import { createOffer } from '../../../protocol/session/offer.ts';
import { RecordSealer, type RecordType } from '../../../protocol/session/record.ts';
import { ReplyReader } from '../../../protocol/session/reply-reader.ts';
import { ReplyWriter } from '../../../protocol/session/reply-writer.ts';
import { sealRequest } from '../../../protocol/session/request.ts';
import { BLOCK_MAX_RECORDS, BLOCK_RECORD_BYTES, type Mode } from '../../../protocol/session/sizes.ts';
import { hpkeInfo, transcriptHash } from '../../../protocol/session/transcript.ts';
import { encodeTurnError } from '../../../protocol/session/turn-errors.ts';
import { encodeTurnRequest } from '../../../protocol/session/turn-request.ts';
import { answerParts, chat, modelSha256, statementBytes, summary } from '../session.ts';
import { type Case, flipped, hex, vectorFile, withRandomness } from './cases.ts';
import { fixedHeader, fixedId } from './handshake.ts';

const RECORD = 512;
const stream = () => ({
  keys: { key: new Uint8Array(32).fill(0x01), nonce: new Uint8Array(12).fill(0x02) },
  id: fixedId,
  turn: 0,
  recordBytes: RECORD,
});

type Sent = RecordType | readonly [RecordType, Uint8Array];
const times = (count: number, type: RecordType): Sent[] => Array.from({ length: count }, () => type);

function records(...sent: Sent[]): Uint8Array<ArrayBuffer> {
  const sealer = new RecordSealer(stream());
  return concatBytes(
    ...sent.map((one) => (typeof one === 'string' ? sealer.seal(one) : sealer.seal(...one))),
  );
}

function outcome(name: string, body: Uint8Array): Case {
  const { keys, id, turn, recordBytes } = stream();
  const shape = { mode: 'steady' as const, maxRecords: 64, models: [{ id: 'm', sha256: modelSha256 }] };
  const reader = new ReplyReader({ stream: stream(), ...shape, onClosed: () => {} });
  const text = reader
    .push(body)
    .map((event) => (event.kind === 'text' ? event.text : ''))
    .join('');
  const end = reader.close();
  return {
    name,
    key: hex(keys.key),
    nonce: hex(keys.nonce),
    id: hex(id),
    turn,
    recordBytes,
    ...shape,
    body: hex(body),
    text,
    records: reader.authenticated,
    recordsSha256: hex(reader.receivedSha256),
    outcome: end.state === 'cut-off' ? { state: end.state, session: end.session } : end,
  };
}

function replies() {
  const text = encodeEvent({ kind: 'text', text: 'Hi' });
  const whole = concatBytes(text, encodeEvent({ kind: 'summary', summary: summary() }));
  const foreign = encodeEvent({ kind: 'summary', summary: summary({ modelSha256: 'cd'.repeat(32) }) });
  const renamed = encodeEvent({ kind: 'summary', summary: summary({ model: 'n' }) });
  const data: Sent = ['data', whole];
  const err: Sent = ['err', encodeTurnError('busy', 9)];
  const over: Sent = ['err', encodeTurnError('session-over')];
  const complete = records(data, 'end', ...times(13, 'pad'), 'fin');
  const byte = Uint8Array.of(0);
  return vectorFile('reply', 'B7, B8', [
    outcome('END, PAD, FIN', complete),
    outcome(
      'PAD before and between',
      records(
        'pad',
        ['data', text],
        'pad',
        ['data', whole.subarray(text.length)],
        'end',
        ...times(10, 'pad'),
        'fin',
      ),
    ),
    outcome('17 records padded to 23', records(...times(14, 'pad'), data, 'end', ...times(6, 'pad'), 'fin')),
    outcome('END, then nothing', records(data, 'end')),
    outcome('END, then half a record', concatBytes(records(data, 'end'), byte)),
    outcome('END, then a bad record', flipped(complete, complete.length - 1)),
    outcome('END, then FIN too early', records(data, 'end', 'fin')),
    outcome('END, then FIN too late', records(data, 'end', ...times(14, 'pad'), 'fin')),
    outcome('END, then DATA', records(data, 'end', ['data', text])),
    outcome('END twice', records(data, 'end', 'end')),
    outcome('END, then ERR', records(data, 'end', err)),
    outcome('bytes after FIN', concatBytes(complete, byte)),
    outcome('ERR busy', records(['data', text], err, ...times(13, 'pad'), 'fin')),
    outcome('ERR session over', records(over, ...times(14, 'pad'), 'fin')),
    outcome('ERR, then nothing', records(err)),
    outcome(
      'ERR with an unknown code',
      records(['err', Uint8Array.of(0, 8, 0, 0)], ...times(14, 'pad'), 'fin'),
    ),
    outcome('ERR, then DATA', records(err, ['data', text])),
    outcome('nothing', new Uint8Array()),
    outcome('DATA, then nothing', records(['data', text])),
    outcome('a bad first record', flipped(complete, 0)),
    outcome('a gap', concatBytes(complete.subarray(0, RECORD), complete.subarray(2 * RECORD))),
    outcome(
      'an extra byte before END',
      concatBytes(complete.subarray(0, RECORD), byte, complete.subarray(RECORD)),
    ),
    outcome('FIN without END', records(data, ...times(14, 'pad'), 'fin')),
    outcome('END without summary', records(['data', text], 'end', ...times(13, 'pad'), 'fin')),
    outcome(
      'END within an event',
      records(['data', whole.subarray(0, -1)], 'end', ...times(13, 'pad'), 'fin'),
    ),
    outcome(
      'a model that the statement does not list',
      records(['data', foreign], 'end', ...times(13, 'pad'), 'fin'),
    ),
    outcome(
      'a model under another name than the statement has for it',
      records(['data', renamed], 'end', ...times(13, 'pad'), 'fin'),
    ),
    outcome('more records than allowed', records(...times(64, 'pad'))),
  ]);
}

/** Turn `turn` of a session: what goes out, what comes back. */
function turnOf(
  chain: KeyChain,
  enc: Uint8Array | null,
  mode: Mode,
  wire: { recordBytes: number; maxRecords: number },
) {
  const keys = chain.advance();
  const { turn } = keys;
  const request = chat(mode, `Message ${turn}`);
  const { body, reply } = sealRequest(keys, fixedId, enc, encodeTurnRequest(request));
  const steady = mode === 'steady';
  const recordBytes = steady ? wire.recordBytes : BLOCK_RECORD_BYTES;
  const maxRecords = steady ? wire.maxRecords : BLOCK_MAX_RECORDS;
  const writer = new ReplyWriter({
    stream: { keys: reply, id: fixedId, turn, recordBytes },
    mode,
    maxRecords,
    onClosed: () => {},
  });
  if (steady) writer.push({ kind: 'text', text: `Answer ${turn}` });
  else writer.push({ kind: 'result', bytes: utf8('{"answer":true}') });
  writer.finish(summary());
  return { turn, mode, request, body: hex(body), response: hex(writer.drain()) };
}

async function wholeSession() {
  const hpke = new Hpke('noble');
  const offer = await withRandomness('session offer', createOffer);
  const headerBytes = encodeSessionHeader({ ...fixedHeader, maxRequestBytes: 1 << 20 });
  const { seed, pk } = await withRandomness('session key', () => hpke.generateSessionKey());
  const leaf = batchLeaf({ nonce: offer.nonce, headerBytes, pk });
  const tree = await withRandomness('session batch', () => new BatchTree([leaf]));
  const statement = statementBytes();
  const evidence = reportData(tree.root, statement);
  const answer = encodeAnswer(answerParts({ headerBytes, pk, statement, evidence, ...tree.place(0) }));
  const transcript = transcriptHash(offer.body, answer);
  const coins: Uint8Array[] = [];
  const { enc, chainKey } = await withRandomness(
    'session coins',
    () => hpke.encapsulate(pk, hpkeInfo(transcript)),
    (bytes) => coins.push(bytes),
  );
  const inputs = {
    name: 'a session of three turns',
    offer: hex(offer.body),
    seed: hex(seed),
    answer: hex(answer),
    reportData: hex(evidence),
    transcript: hex(transcript),
    coins: hex(concatBytes(...coins)),
    enc: hex(enc),
    chainKey: hex(chainKey),
  };
  const chain = new KeyChain(chainKey);
  const wire = { recordBytes: 160, maxRecords: 64 };
  const turns = [
    turnOf(chain, enc, 'steady', wire),
    turnOf(chain, null, 'block', wire),
    turnOf(chain, null, 'steady', wire),
  ];
  return vectorFile('session', 'B1 to B8', [{ ...inputs, turns }]);
}

export async function replyVectors() {
  return [replies(), await wholeSession()];
}
