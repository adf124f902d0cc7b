/**
 * The answer to an offer (wire-format.md B2): evidence with everything that is needed to check it, the place
 * of this session in the batch that the evidence covers, and the key of this session.
 * @module
 */
import { ByteReader, concatBytes, parseUtf8, u8, u16, u32, u64, utf8 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { BATCH_DEPTH, BATCH_SLOTS } from './batch.ts';
import { sessionError } from './errors.ts';
import { parseSessionHeader, type SessionHeader } from './header.ts';

export interface Answer {
  /** 1 sev-snp, 2 tdx, 3 nitro, 0xF1 sev-snp-simulated. */
  evidenceType: number;
  /** Position of this session's leaf in the batch, 0..1023. */
  slot: number;
  header: SessionHeader;
  /** The 32 bytes that `header` was read from. */
  headerBytes: Uint8Array;
  /** X-Wing public key, 1216 bytes. */
  pk: Uint8Array;
  /** Ten siblings of 32 bytes, leaf level first. */
  path: Uint8Array[];
  /** The release is within this many log entries. */
  logSizeHint: number;
  /** Runtime statement, as sent. */
  statement: Uint8Array;
  evidence: Uint8Array;
  /** Certificates and lists of the vendor, in the order that B2 gives for the evidence type. */
  endorsements: Uint8Array[];
  /** Log entry of the release and its tlog-proof, for clients that do not follow the log. */
  staple: { entry: Uint8Array; proof: string } | null;
}

export const MAX_ANSWER_BYTES = 524_288;
const MAX_STATEMENT_BYTES = 16 * 1024;
const MAX_EVIDENCE_BYTES = 32 * 1024;
const MAX_ENDORSEMENTS_BYTES = 448 * 1024;
const MAX_STAPLE_BYTES = 16 * 1024;
const PK_BYTES = 1216;

const MAGIC = 'WXSA';
const VERSION = 1;
/** Evidence type to number of endorsement items. */
const ENDORSEMENT_COUNTS: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 5],
  [3, 0],
  [0xf1, 4],
]);

const section = (bytes: Uint8Array) => concatBytes(u32(bytes.length), bytes);

/** Writes an answer that `parseAnswer` takes; anything it would refuse is refused here. */
export function encodeAnswer(answer: Omit<Answer, 'header'>): Uint8Array<ArrayBuffer> {
  const { staple } = answer;
  const body = concatBytes(
    utf8(MAGIC),
    u8(VERSION),
    u8(answer.evidenceType),
    u16(answer.slot),
    answer.headerBytes,
    answer.pk,
    ...answer.path,
    u64(answer.logSizeHint),
    section(answer.statement),
    section(answer.evidence),
    section(concatBytes(...answer.endorsements.map(section))),
    section(staple === null ? new Uint8Array() : concatBytes(section(staple.entry), utf8(staple.proof))),
  );
  parseAnswer(body);
  return body;
}

function takeSection(reader: ByteReader, name: string, most: number): Uint8Array {
  const size = reader.u32();
  if (size > most) throw sessionError('WAX_SESSION_ANSWER_SIZE', `${name} of ${size} bytes`);
  return reader.take(size).slice();
}

function parseItems(bytes: Uint8Array, evidenceType: number): Uint8Array[] {
  const count = ENDORSEMENT_COUNTS.get(evidenceType);
  if (count === undefined) throw sessionError('WAX_SESSION_ANSWER', `evidence type ${evidenceType}`);
  const reader = new ByteReader(bytes);
  const items: Uint8Array[] = [];
  while (reader.remaining > 0) {
    if (items.length === count) throw sessionError('WAX_SESSION_ENDORSEMENTS', `more than ${count}`);
    items.push(takeSection(reader, 'an endorsement', MAX_ENDORSEMENTS_BYTES));
  }
  if (items.length < count) throw sessionError('WAX_SESSION_ENDORSEMENTS', `${items.length} of ${count}`);
  return items;
}

function parseStaple(bytes: Uint8Array): Answer['staple'] {
  if (bytes.length === 0) return null;
  const reader = new ByteReader(bytes);
  const entry = takeSection(reader, 'a log entry', MAX_STAPLE_BYTES);
  return { entry, proof: parseUtf8(reader.take(reader.remaining)) };
}

function parseFields(body: Uint8Array): Answer {
  const reader = new ByteReader(body);
  const prefix = parseUtf8(reader.take(4));
  if (prefix !== MAGIC || reader.u8() !== VERSION)
    throw sessionError('WAX_SESSION_ANSWER', 'magic or version');
  const evidenceType = reader.u8();
  const slot = reader.u16();
  if (slot >= BATCH_SLOTS) throw sessionError('WAX_SESSION_ANSWER', `slot ${slot}`);
  const headerBytes = reader.take(32).slice();
  const header = parseSessionHeader(headerBytes);
  const pk = reader.take(PK_BYTES).slice();
  const path = Array.from({ length: BATCH_DEPTH }, () => reader.take(32).slice());
  const logSizeHint = reader.u64();
  const statement = takeSection(reader, 'the runtime statement', MAX_STATEMENT_BYTES);
  const evidence = takeSection(reader, 'the evidence', MAX_EVIDENCE_BYTES);
  const items = takeSection(reader, 'the endorsements', MAX_ENDORSEMENTS_BYTES);
  const staple = takeSection(reader, 'the log proof', MAX_STAPLE_BYTES);
  reader.end();
  return {
    evidenceType,
    slot,
    header,
    headerBytes,
    pk,
    path,
    logSizeHint,
    statement,
    evidence,
    endorsements: parseItems(items, evidenceType),
    staple: parseStaple(staple),
  };
}

/**
 * Reads an answer of at most 512 KiB: form and bounds only, nothing about it is proven yet. Types of evidence
 * that B2 does not list are refused; the one of the simulator is left to the verifiers that a build has.
 */
export function parseAnswer(body: Uint8Array): Answer {
  if (body.length > MAX_ANSWER_BYTES) throw sessionError('WAX_SESSION_ANSWER_SIZE', `${body.length} bytes`);
  try {
    return parseFields(body);
  } catch (cause) {
    if (cause instanceof CodedError && cause.code.startsWith('WAX_BYTES_')) {
      throw sessionError('WAX_SESSION_ANSWER', cause.code, { cause });
    }
    throw cause;
  }
}
