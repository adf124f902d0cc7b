/**
 * Errors that the enclave reports inside the seal (wire-format.md B8), and the payload of an ERR record.
 * @module
 */
import { ByteReader, concatBytes, u16 } from '../bytes.ts';
import { sessionError } from './errors.ts';

const CODES = {
  busy: 1,
  'bad-request': 2,
  'too-long': 3,
  'model-unknown': 4,
  'engine-failed': 5,
  'parameter-refused': 6,
  'session-over': 7,
} as const;
/** Why a turn failed; only `session-over` ends the session. */
export type TurnError = keyof typeof CODES;

/** ERR payload; `retryAfterS` is 0 where waiting does not help. */
export function encodeTurnError(error: TurnError, retryAfterS = 0): Uint8Array {
  return concatBytes(u16(CODES[error]), u16(retryAfterS));
}

/** Reads an ERR payload of 4 bytes; codes that B8 does not list are refused. */
export function parseTurnError(payload: Uint8Array): { error: TurnError; retryAfterS: number } {
  const reader = new ByteReader(payload);
  const code = reader.u16();
  const retryAfterS = reader.u16();
  reader.end();
  const error = (Object.keys(CODES) as TurnError[]).find((name) => CODES[name] === code);
  if (error === undefined) throw sessionError('WAX_SESSION_RECORD', `error code ${code}`);
  return { error, retryAfterS };
}
