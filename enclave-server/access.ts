import { createHash, timingSafeEqual } from 'node:crypto';
import { enclaveError } from './errors.ts';

/** SHA-256 digests of the tokens with which sessions may be opened; null where anybody may. */
export type AccessTokens = readonly Uint8Array[] | null;

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Whether an `Authorization` header carries one of the tokens. Every token is compared, whichever fits. */
export function mayOpenSession(tokens: AccessTokens, authorization: string | undefined): boolean {
  if (tokens === null) return true;
  const token = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization ?? '')?.[1];
  if (token === undefined) return false;
  const digest = sha256(token);
  return tokens.reduce((found, known) => timingSafeEqual(digest, known) || found, false);
}

/** Reads a list of hex SHA-256 digests of tokens, one a line. */
export function parseAccessTokens(text: string): AccessTokens {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      if (!/^[0-9a-f]{64}$/.test(line)) throw enclaveError('WAX_ENCLAVE_TOKENS');
      return Buffer.from(line, 'hex');
    });
}
