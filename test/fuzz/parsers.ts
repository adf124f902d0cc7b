/** The parsers that read bytes of others, each with well-formed inputs to start from. */
import { parseCbor } from '../../protocol/attestation/cbor.ts';
import { parseCrl } from '../../protocol/attestation/crl.ts';
import { readDerSequence } from '../../protocol/attestation/der.ts';
import { parseCoseSign1, parseNitroDocument } from '../../protocol/attestation/nitro/document.ts';
import { parsePemChain } from '../../protocol/attestation/pem.ts';
import { parseSnpReport } from '../../protocol/attestation/snp/report.ts';
import { parseQeIdentity, parseTcbInfo } from '../../protocol/attestation/tdx/collateral.ts';
import { parseTdxQuote } from '../../protocol/attestation/tdx/quote.ts';
import { parseCertificate } from '../../protocol/attestation/x509.ts';
import { concatBytes, lp, parseUtf8, toBase64, u16, u32, utf8 } from '../../protocol/bytes.ts';
import { parseJson } from '../../protocol/json.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import { parseNote, parseVerifierKey } from '../../protocol/log/note.ts';
import { formatProof, parseProof } from '../../protocol/log/proof.ts';
import { parseStatement } from '../../protocol/log/statement.ts';
import { encodeEntryBundle, parseEntryBundle, parseTile, parseTilePath } from '../../protocol/log/tiles.ts';
import { formatTlogPolicy, parseTlogPolicy, tlogPolicyOf } from '../../protocol/log/tlog-policy.ts';
import { inclusionProof } from '../../protocol/log/tree.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from '../../protocol/log/witness.ts';
import { authenticodeHash } from '../../protocol/measurement/authenticode.ts';
import { crc32 } from '../../protocol/measurement/crc32.ts';
import { parseEif, writeEif } from '../../protocol/measurement/eif.ts';
import { parseEventLog } from '../../protocol/measurement/event-log.ts';
import { parseSevLayout } from '../../protocol/measurement/firmware.ts';
import { requireFirmBorders } from '../../protocol/measurement/nitro.ts';
import { writeSetupHeader } from '../../protocol/measurement/setup-header.ts';
import { parseShapes } from '../../protocol/measurement/shapes.ts';
import { parseTdvf } from '../../protocol/measurement/tdvf.ts';
import { parseReceipt } from '../../protocol/receipt/receipt.ts';
import { nobleAead } from '../../protocol/session/aead.ts';
import { encodeAnswer, parseAnswer } from '../../protocol/session/answer.ts';
import { sessionError } from '../../protocol/session/errors.ts';
import { EventParser, encodeEvent } from '../../protocol/session/events.ts';
import { createOffer, parseOffer } from '../../protocol/session/offer.ts';
import { RecordOpener } from '../../protocol/session/record.ts';
import { ReplyReader } from '../../protocol/session/reply-reader.ts';
import { openRequest, parseSealedRequest } from '../../protocol/session/request.ts';
import { parseRuntimeStatement } from '../../protocol/session/runtime-statement.ts';
import { encodeTurnRequest, parseTurnRequest } from '../../protocol/session/turn-request.ts';
import { parsePackage } from '../../transparency-log/publish/package.ts';
import { parseLogList } from '../../transparency-log/witness/log-list.ts';
import { makeSnp } from '../support/attestation/amd-pki.ts';
import { makeNitro } from '../support/attestation/aws-pki.ts';
import { makeTdx } from '../support/attestation/intel-pki.ts';
import { LogBuilder } from '../support/log-builder.ts';
import { makeEventLog, someEvents } from '../support/measurement/event-log.ts';
import { makeFirmware } from '../support/measurement/firmware.ts';
import { enclaveLine, makeInitramfs, makeKernel, shapesFile } from '../support/measurement/image.ts';
import { answerParts, chat, openedTurn, statementBytes, summary } from '../support/session.ts';
import { makeCrx, makeZip } from '../support/zip.ts';

export interface FuzzedParser {
  name: string;
  parse(bytes: Uint8Array): unknown;
  seeds: Uint8Array[];
}

/** Reads every element of a DER value, into the constructed ones too. */
function walkDer(bytes: Uint8Array): void {
  const waiting = [bytes];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const reader = readDerSequence(next);
    while (reader.next !== null) {
      const element = reader.element();
      if (element.tag === 0x30) waiting.push(element.raw);
    }
  }
}

/** Opens a record that holds these bytes: what a server that has the key, and is hostile, can send. */
function openRecord(inner: Uint8Array): void {
  const keys = { key: new Uint8Array(32), nonce: new Uint8Array(12) };
  const id = new Uint8Array(16);
  const aad = concatBytes(lp('waxseal/1 record'), id, u32(0), u32(0));
  const record = nobleAead.seal(keys.key, keys.nonce, aad, inner);
  new RecordOpener({ keys, id, turn: 0, recordBytes: record.length }).open(record);
}

/** Opens a request of 4 KiB that holds these bytes: what a client that has the key, and is hostile, can send. */
function openPlaintext(bytes: Uint8Array): void {
  const keys = () => ({ key: new Uint8Array(32), nonce: new Uint8Array(12) });
  const head = concatBytes(utf8('WXSQ'), Uint8Array.of(1), new Uint8Array(19), u32(1));
  const plaintext = new Uint8Array(4096);
  plaintext.set(bytes.subarray(0, 4096));
  const { key, nonce } = keys();
  const body = concatBytes(
    head,
    nobleAead.seal(key, nonce, concatBytes(lp('waxseal/1 request'), head), plaintext),
  );
  const turn = { turn: 1, request: keys(), responseSecret: new Uint8Array(32) };
  parseTurnRequest(openRequest(turn, parseSealedRequest(body, 8192)).json);
}

const REPLY_RECORD = 64;
const REPLY_INNER = REPLY_RECORD - 16;

/** Reads a reply of which each record holds the next of these bytes; throws the code by which it was cut off. */
function readReply(bytes: Uint8Array): void {
  const keys = () => ({ key: new Uint8Array(32), nonce: new Uint8Array(12) });
  const id = new Uint8Array(16);
  const reader = new ReplyReader({
    stream: { keys: keys(), id, turn: 0, recordBytes: REPLY_RECORD },
    mode: 'steady',
    maxRecords: 64,
    models: [{ id: summary().model, sha256: summary().modelSha256 }],
    onClosed: () => {},
  });
  let said = '';
  for (let sequence = 0; sequence * REPLY_INNER < bytes.length && sequence < 80; sequence++) {
    const inner = new Uint8Array(REPLY_INNER);
    inner.set(bytes.subarray(sequence * REPLY_INNER, (sequence + 1) * REPLY_INNER));
    const nonce = concatBytes(new Uint8Array(8), u32(sequence));
    const aad = concatBytes(lp('waxseal/1 record'), id, u32(0), u32(sequence));
    const events = reader.push(nobleAead.seal(keys().key, nonce, aad, inner));
    said += events.map(({ kind }) => `${kind} `).join('');
  }
  const outcome = reader.close();
  // What was shown must fit what is said about it in the end.
  if (outcome.state === 'complete' && !said.endsWith('summary end '))
    throw new Error(`complete after ${said}`);
  if (outcome.state === 'complete' && reader.authenticated < 5) throw new Error('too short to be complete');
  if (outcome.state === 'cut-off') throw sessionError('WAX_SESSION_RECORD_ORDER', outcome.code ?? '');
}

/** The records of a reply, joined, as `readReply` takes them apart. */
function replyOf(...records: (readonly [type: number, payload: Uint8Array])[]): Uint8Array {
  return concatBytes(
    ...records.map(([type, payload]) => {
      const inner = new Uint8Array(REPLY_INNER);
      inner.set(concatBytes(Uint8Array.of(type), u16(payload.length), payload));
      return inner;
    }),
  );
}

/** The 16 records of an answer that says these events. */
function wholeReply(...events: Uint8Array[]): Uint8Array {
  const stream = concatBytes(...events);
  const size = REPLY_INNER - 3;
  const data = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) => {
    return [1, stream.subarray(index * size, (index + 1) * size)] as const;
  });
  const none = new Uint8Array();
  const pads = Array.from({ length: 14 - data.length }, () => [0, none] as const);
  return replyOf(...data, [2, none], ...pads, [4, none]);
}

/** A tile path in the first line, then the tile, as a client reads them. */
function readTile(bytes: Uint8Array): void {
  const line = bytes.indexOf(10);
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, Math.max(0, line)));
  const { level, width } = parseTilePath(text);
  if (level === 'entries') parseEntryBundle(bytes.subarray(line + 1), width);
  else parseTile(bytes.subarray(line + 1), width);
}

/** The end of a firmware, with zeros before it: a firmware of any other length is refused at once. */
function firmwareWith(end: Uint8Array): Uint8Array {
  const firmware = new Uint8Array(Math.max(8192, 4096 * Math.ceil(end.length / 4096)));
  firmware.set(end, firmware.length - end.length);
  return firmware;
}

/** Reads an enclave image with a checksum that is right, so that what lies behind that check is reached. */
function readEif(bytes: Uint8Array): void {
  const file = bytes.slice();
  if (file.length >= 548) {
    new DataView(file.buffer).setUint32(544, crc32(file.subarray(0, 544), file.subarray(548)));
  }
  requireFirmBorders(parseEif(file));
}

const payloadOf = (entry: Uint8Array) => parseEnvelope(entry).payload;

export async function fuzzedParsers(): Promise<FuzzedParser[]> {
  const snp = makeSnp().input;
  const tdx = makeTdx().input;
  const newer = makeTdx({ version: 5 }).input;
  const nitro = makeNitro().input;
  const document = parseCoseSign1(nitro.evidence).payload;
  const [vcek = new Uint8Array(), , ark = new Uint8Array(), crl = new Uint8Array()] = snp.endorsements;
  const [info = new Uint8Array(), identity = new Uint8Array(), pem = new Uint8Array()] = tdx.endorsements;
  const log = await LogBuilder.create();
  const release = await log.release();
  const taken = await log.revoke(release.index);
  await log.publish();
  const [policy = new Uint8Array()] = log.entries;
  const proof = {
    index: 1,
    proof: inclusionProof(1, log.size, log.hashAt),
    checkpoint: log.checkpoint,
    extra: utf8('anything'),
  };
  const { body } = await openedTurn();
  const bundle = encodeEntryBundle(log.entries);
  const firmware = makeFirmware({ tdx: {} });
  const kernel = makeKernel({ bytes: 2048 });
  const signedKernel = makeKernel({ bytes: 2048, sections: [[512, 1024]], signature: [1536, 512] });
  const image = writeEif({
    ...{
      architecture: 'x86-64',
      defaultMemoryBytes: 2 ** 30,
      defaultCpus: 2,
      kernel: kernel.subarray(0, 64),
    },
    ...{ commandLine: enclaveLine, metadata: utf8('{}'), signature: Uint8Array.of(0x80) },
    ramdisks: [makeInitramfs().subarray(0, 200), makeInitramfs('app').subarray(0, 200)],
  });
  const archive = makeZip([
    { path: 'manifest.json', data: '{"version":"1"}' },
    { path: 'ui/', data: '', type: 0x4000 },
    { path: 'ui/a.js', data: 'run();', stored: true, sizesAfter: true },
  ]);
  const events = [
    encodeEvent({ kind: 'text', text: 'Hello' }),
    encodeEvent({ kind: 'summary', summary: summary() }),
  ];
  const receipt = {
    format: 'waxseal-receipt/1',
    service: 'https://enclave.example',
    domain: { name: 'Test domain', sha256: 'ab'.repeat(32) },
    sentAt: 1_800_000_000_000,
    checkedAt: 1_800_000_001_000,
    offer: toBase64(createOffer().body),
    answer: toBase64(new Uint8Array(99)),
    log: '{}',
    turn: {
      number: 0,
      requestSha256: 'cd'.repeat(32),
      reply: { records: 16, sha256: 'ef'.repeat(32) },
      outcome: 'complete',
      model: { id: 'tiny', sha256: '12'.repeat(32) },
    },
    report: { verdict: 'pass', rows: [] },
  };
  return [
    { name: 'der', parse: walkDer, seeds: [vcek, crl] },
    { name: 'x509', parse: parseCertificate, seeds: [vcek, ark] },
    { name: 'crl', parse: parseCrl, seeds: [crl] },
    { name: 'pem', parse: parsePemChain, seeds: [pem] },
    { name: 'cbor', parse: parseCbor, seeds: [nitro.evidence, document] },
    { name: 'snp', parse: parseSnpReport, seeds: [snp.evidence] },
    { name: 'tdx', parse: parseTdxQuote, seeds: [tdx.evidence, newer.evidence] },
    { name: 'tcb-info', parse: parseTcbInfo, seeds: [info] },
    { name: 'qe-identity', parse: parseQeIdentity, seeds: [identity] },
    {
      name: 'nitro',
      parse: (bytes) => parseNitroDocument(parseCoseSign1(bytes).payload),
      seeds: [nitro.evidence],
    },
    { name: 'nitro-document', parse: parseNitroDocument, seeds: [document] },
    {
      name: 'json',
      parse: (bytes) => parseJson(bytes),
      seeds: [info, utf8('{"a":[1,-2,"\\u00e9\\n",true,null]}')],
    },
    { name: 'statement', parse: parseStatement, seeds: [policy, release.bytes, taken.bytes].map(payloadOf) },
    { name: 'envelope', parse: parseEnvelope, seeds: [policy, release.bytes, taken.bytes] },
    { name: 'note', parse: parseNote, seeds: [utf8(log.checkpoint)] },
    {
      name: 'checkpoint',
      parse: (bytes) => parseCheckpoint(parseUtf8(bytes)),
      seeds: [utf8(parseNote(log.checkpoint).text)],
    },
    {
      name: 'verifier-key',
      parse: (bytes) => parseVerifierKey(parseUtf8(bytes)),
      seeds: [utf8(log.signer.verifierKey.text), utf8(log.witnesses[0]?.verifierKey.text ?? '')],
    },
    { name: 'tlog-proof', parse: parseProof, seeds: [utf8(formatProof(proof))] },
    {
      name: 'add-checkpoint',
      parse: parseAddCheckpoint,
      seeds: [formatAddCheckpoint({ oldSize: 1, ...proof })],
    },
    { name: 'tlog-policy', parse: parseTlogPolicy, seeds: [formatTlogPolicy(tlogPolicyOf(log.domain()))] },
    {
      name: 'witnessed-logs',
      parse: (bytes) => parseLogList(parseUtf8(bytes)),
      seeds: [utf8(`logs/v0\n# one\nvkey ${log.signer.verifierKey.text}\nqpd 86400\ncontact nobody\n`)],
    },
    {
      name: 'tiles',
      parse: readTile,
      seeds: [
        concatBytes(utf8(`tile/entries/000.p/${log.size}\n`), bundle),
        concatBytes(utf8('tile/0/x001/234.p/2\n'), new Uint8Array(64)),
      ],
    },
    { name: 'offer', parse: parseOffer, seeds: [createOffer().body] },
    { name: 'answer', parse: parseAnswer, seeds: [encodeAnswer(answerParts())] },
    { name: 'runtime-statement', parse: parseRuntimeStatement, seeds: [statementBytes()] },
    { name: 'request', parse: (bytes) => parseSealedRequest(bytes, 1 << 20), seeds: [body] },
    { name: 'turn-request', parse: parseTurnRequest, seeds: [encodeTurnRequest(chat())] },
    {
      name: 'record',
      parse: openRecord,
      seeds: [concatBytes(Uint8Array.of(1, 0, 5), utf8('Hello'), new Uint8Array(40))],
    },
    {
      name: 'plaintext',
      parse: openPlaintext,
      seeds: [encodeTurnRequest(chat())].map((json) => concatBytes(u32(json.length), json)),
    },
    {
      name: 'reply',
      parse: readReply,
      seeds: [
        wholeReply(...events),
        replyOf(
          [3, Uint8Array.of(0, 1, 0, 2)],
          ...Array.from({ length: 14 }, () => [0, new Uint8Array()] as const),
          [4, new Uint8Array()],
        ),
      ],
    },
    {
      name: 'sev-firmware',
      parse: (bytes) => parseSevLayout(firmwareWith(bytes)),
      seeds: [makeFirmware().subarray(-1100)],
    },
    { name: 'tdvf', parse: (bytes) => parseTdvf(firmwareWith(bytes)), seeds: [firmware.subarray(-1100)] },
    { name: 'authenticode', parse: (bytes) => authenticodeHash(bytes), seeds: [kernel, signedKernel] },
    {
      name: 'setup-header',
      parse: (bytes) => writeSetupHeader(bytes, { memoryBytes: 2 ** 32, initrdBytes: 4096 }),
      seeds: [kernel.subarray(0, 0x268)],
    },
    { name: 'eif', parse: readEif, seeds: [image] },
    { name: 'event-log', parse: parseEventLog, seeds: [makeEventLog(someEvents)] },
    { name: 'shapes', parse: parseShapes, seeds: [utf8(shapesFile())] },
    { name: 'package', parse: parsePackage, seeds: [archive, makeCrx(archive)] },
    { name: 'receipt', parse: parseReceipt, seeds: [utf8(JSON.stringify(receipt))] },
    { name: 'event', parse: (bytes) => new EventParser().push(bytes), seeds: [concatBytes(...events)] },
  ];
}
