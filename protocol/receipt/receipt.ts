/**
 * The receipt of a turn (docs/receipts.md): what a person can keep of an answer, to have it checked later. It
 * holds no text and no key: everything in it either went over the wire or was public.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { parseBase64, toBase64, toHex, utf8 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { type JsonValue, parseJson } from '../json.ts';
import { formatLogState } from '../log/state.ts';
import type { VerificationReport } from '../report.ts';
import type { Outcome } from '../session/reply-reader.ts';
import { readHex, readInteger, readMap, readObject, readOneOf, readOrigin, readString } from '../shape.ts';
import { provenanceOf } from '../verify.ts';
import { receiptError } from './errors.ts';

const FORMAT = 'waxseal-receipt/1';
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_BASE64 = 1_000_000;

const outcomes = ['complete', 'failed', 'cut-off'] as const;

/** What is kept of the turn itself: digests of bytes as they were on the wire, sealed. */
export interface ReceiptTurn {
  /** 0, 1, 2 and so on, within the session. */
  number: number;
  /** Hex SHA-256 of the whole request body. */
  requestSha256: string;
  /** The records that opened, in order; hex SHA-256 over all of their bytes. */
  reply: { records: number; sha256: string };
  outcome: (typeof outcomes)[number];
  /** What the enclave said inside the seal that it had answered with; null unless the answer is complete. */
  model: { id: string; sha256: string } | null;
}

export interface Receipt {
  format: typeof FORMAT;
  service: string;
  /** The rules under which the person sealed: their name, and the hex SHA-256 of their text. */
  domain: { name: string; sha256: string };
  /** Wall clock in milliseconds: when the offer was sent, and when everything was last checked before sealing. */
  sentAt: number;
  checkedAt: number;
  /** Bodies of offer and answer as they were on the wire. */
  offer: Uint8Array;
  answer: Uint8Array;
  /** The log as it was known when everything was last checked (`formatLogState`). */
  log: string;
  turn: ReceiptTurn;
  /** The report of that moment. */
  report: { [key: string]: JsonValue };
}

/** Hex SHA-256 of a trust domain in the form that `formatTrustDomain` gives. */
export function domainDigest(text: string): string {
  return toHex(sha256(utf8(text)));
}

/** The part of a receipt that says how a turn ended. */
export function receiptTurn(
  sent: { number: number; requestSha256: Uint8Array },
  received: { records: number; sha256: Uint8Array },
  outcome: Outcome,
): ReceiptTurn {
  return {
    number: sent.number,
    requestSha256: toHex(sent.requestSha256),
    reply: { records: received.records, sha256: toHex(received.sha256) },
    outcome: outcome.state,
    model:
      outcome.state === 'complete'
        ? { id: outcome.summary.model, sha256: outcome.summary.modelSha256 }
        : null,
  };
}

/**
 * Writes the receipt of a turn that was sealed under this report.
 * @throws WAX_VERIFY_REFUSED for a report that was not made in this run
 */
export function formatReceipt(report: VerificationReport, turn: ReceiptTurn): string {
  const { exchange, domain, log } = provenanceOf(report);
  if (log === null) throw receiptError('WAX_RECEIPT_LOG', 'none');
  const receipt = {
    format: FORMAT,
    service: exchange.service,
    domain: { name: report.domain.name, sha256: domainDigest(domain) },
    sentAt: exchange.sentAt.now,
    checkedAt: Date.parse(report.checkedAt),
    offer: toBase64(exchange.offer.body),
    answer: toBase64(exchange.answerBody),
    // Entries that no checkpoint vouches for yet are nobody's business.
    log: formatLogState({ ...log, pending: null }),
    turn,
    report,
  };
  return `${JSON.stringify(receipt, null, 2)}\n`;
}

function readTurn(value: JsonValue): ReceiptTurn {
  const turn = readObject(value, 'turn', ['number', 'requestSha256', 'reply', 'outcome', 'model']);
  const reply = readObject(turn.reply, 'turn.reply', ['records', 'sha256']);
  const outcome = readOneOf(turn.outcome, 'turn.outcome', outcomes);
  const model = turn.model === null ? null : readObject(turn.model, 'turn.model', ['id', 'sha256']);
  if ((model !== null) !== (outcome === 'complete')) throw receiptError('WAX_RECEIPT_FORM', 'turn.model');
  return {
    number: readInteger(turn.number, 'turn.number', 0, 255),
    requestSha256: readHex(turn.requestSha256, 'turn.requestSha256', 32),
    reply: {
      // With no record that opened nobody has proven to have read anything, and there is no receipt.
      records: readInteger(reply.records, 'turn.reply.records', 1, 4096),
      sha256: readHex(reply.sha256, 'turn.reply.sha256', 32),
    },
    outcome,
    model: model && {
      id: readString(model.id, 'turn.model.id', { most: 128 }),
      sha256: readHex(model.sha256, 'turn.model.sha256', 32),
    },
  };
}

function readReceipt(value: JsonValue): Receipt {
  const keys = [
    'format',
    'service',
    'domain',
    'sentAt',
    'checkedAt',
    'offer',
    'answer',
    'log',
    'turn',
  ] as const;
  const fields = readObject(value, 'receipt', [...keys, 'report']);
  const domain = readObject(fields.domain, 'domain', ['name', 'sha256']);
  return {
    format: readOneOf(fields.format, 'format', [FORMAT]),
    service: readOrigin(fields.service, 'service'),
    domain: {
      name: readString(domain.name, 'domain.name', { most: 128 }),
      sha256: readHex(domain.sha256, 'domain.sha256', 32),
    },
    sentAt: readInteger(fields.sentAt, 'sentAt'),
    checkedAt: readInteger(fields.checkedAt, 'checkedAt'),
    offer: parseBase64(readString(fields.offer, 'offer', { most: 128 })),
    answer: parseBase64(readString(fields.answer, 'answer', { most: MAX_BASE64 })),
    log: readString(fields.log, 'log', { most: MAX_BYTES }),
    turn: readTurn(fields.turn ?? null),
    report: readMap(fields.report, 'report'),
  };
}

/** Reads a receipt: its form only, nothing in it is proven yet. @throws WAX_RECEIPT_FORM */
export function parseReceipt(bytes: Uint8Array): Receipt {
  try {
    return readReceipt(parseJson(bytes, { bytes: MAX_BYTES, floats: true }));
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code === 'WAX_RECEIPT_FORM') throw cause;
    throw receiptError('WAX_RECEIPT_FORM', cause.detail || cause.code, { cause });
  }
}
