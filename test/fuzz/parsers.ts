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
import { concatBytes, lp, parseUtf8, u32, utf8 } from '../../protocol/bytes.ts';
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
import { nobleAead } from '../../protocol/session/aead.ts';
import { encodeAnswer, parseAnswer } from '../../protocol/session/answer.ts';
import { EventParser, encodeEvent } from '../../protocol/session/events.ts';
import { createOffer, parseOffer } from '../../protocol/session/offer.ts';
import { RecordOpener } from '../../protocol/session/record.ts';
import { parseSealedRequest } from '../../protocol/session/request.ts';
import { parseRuntimeStatement } from '../../protocol/session/runtime-statement.ts';
import { encodeTurnRequest, parseTurnRequest } from '../../protocol/session/turn-request.ts';
import { parseLogList } from '../../transparency-log/witness/log-list.ts';
import { makeSnp } from '../support/attestation/amd-pki.ts';
import { makeNitro } from '../support/attestation/aws-pki.ts';
import { makeTdx } from '../support/attestation/intel-pki.ts';
import { LogBuilder } from '../support/log-builder.ts';
import { answerParts, chat, openedTurn, statementBytes, summary } from '../support/session.ts';

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

/** A tile path in the first line, then the tile, as a client reads them. */
function readTile(bytes: Uint8Array): void {
  const line = bytes.indexOf(10);
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, Math.max(0, line)));
  const { level, width } = parseTilePath(text);
  if (level === 'entries') parseEntryBundle(bytes.subarray(line + 1), width);
  else parseTile(bytes.subarray(line + 1), width);
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
  const events = [
    encodeEvent({ kind: 'text', text: 'Hello' }),
    encodeEvent({ kind: 'summary', summary: summary() }),
  ];
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
    { name: 'event', parse: (bytes) => new EventParser().push(bytes), seeds: [concatBytes(...events)] },
  ];
}
