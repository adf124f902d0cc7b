/**
 * What the server and its report process tell each other; bytes travel in base64. The process reads what the host
 * gives, so the server reads its answers as it would read a stranger's.
 * @module
 */
import { parseBase64, toBase64 } from '../../../protocol/bytes.ts';
import { enclaveError } from '../../errors.ts';
import type { TsmReport } from './entry.ts';

export const providers: Readonly<Record<string, number>> = { sev_guest: 0x01, tdx_guest: 0x02 };

/** Another caller came between, the host still owns the buffer, or a signal came: a report may come later. */
export const PASSING: readonly string[] = ['generation', 'EBUSY', 'EAGAIN', 'EINTR'];

export type TsmCommand =
  /** Comes once and first. */
  { type: 'open'; folder: string } | { type: 'report'; reportData: string; withinMs: number };

export type TsmAnswer =
  | { type: 'opened'; provider: string }
  | ({ type: 'report' } & TsmReport)
  | { type: 'failed'; reason: string; final: boolean };

/** The same as sent. */
export type SentTsmAnswer =
  | Exclude<TsmAnswer, { type: 'report' }>
  | { type: 'report'; outblob: string; auxblob: string };

/** Base64 of 64 KiB; the kernel gives at most half as much. */
const LONGEST_BLOB = 87_384;
/** Bytes of the longest answer. */
export const LONGEST_ANSWER = 2 * LONGEST_BLOB + 1024;

export const sentReport = ({ outblob, auxblob }: TsmReport): SentTsmAnswer => {
  return { type: 'report', outblob: toBase64(outblob), auxblob: toBase64(auxblob) };
};

const notAnAnswer = () => enclaveError('WAX_ENCLAVE_REPORT', 'not an answer');

function readBlob(value: unknown): Uint8Array {
  if (typeof value !== 'string' || value.length > LONGEST_BLOB) throw notAnAnswer();
  return parseBase64(value);
}

/** Names of the kernel's errors and providers, and reasons of ours. */
const isName = (value: unknown): value is string => typeof value === 'string' && /^\w{1,40}$/.test(value);

/** Narrows one message of the report process; throws WAX_ENCLAVE_REPORT or WAX_BYTES_BASE64. */
export function parseTsmAnswer(message: unknown): TsmAnswer {
  if (typeof message !== 'object' || message === null) throw notAnAnswer();
  const fields: Record<string, unknown> = { ...message };
  const { type, provider, outblob, auxblob, reason, final } = fields;
  if (type === 'opened' && isName(provider)) return { type, provider };
  if (type === 'report') return { type, outblob: readBlob(outblob), auxblob: readBlob(auxblob) };
  if (type === 'failed' && isName(reason) && typeof final === 'boolean') return { type, reason, final };
  throw notAnAnswer();
}
