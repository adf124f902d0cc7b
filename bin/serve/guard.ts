/**
 * Who may use the local endpoint. Every program on this computer can reach a port of the loopback interface, and
 * so can every web page, through the browser: pages are kept out by what browsers say about themselves, other
 * programs by a key where one is asked for.
 * @module
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type AccessTokens, mayOpenSession } from '../../enclave-server/access.ts';
import type { ApiError } from '../../extension/session/openai-errors.ts';

const refusal = (status: number, code: string, message: string): ApiError => {
  return { status, type: 'invalid_request_error', code, message };
};

const wrongHost = refusal(403, 'forbidden_host', 'This endpoint answers to 127.0.0.1 and localhost only');
const wrongOrigin = refusal(403, 'forbidden_origin', 'This endpoint does not answer web pages');
const wrongKey = refusal(401, 'invalid_api_key', 'The key of this endpoint is missing or wrong');

/** What may be asked for as a key: printable, and long enough not to be guessed by trying. */
const KEY = /^[\x21-\x7e]{16,512}$/;

/** The keys that are accepted, from the text of a file; null where it holds none that will do. */
export function readApiKey(text: string): AccessTokens {
  const key = text.trim();
  return KEY.test(key) ? [createHash('sha256').update(key).digest()] : null;
}

/** Why a request is refused before anything else is looked at; null where it is not. `port` is ours. */
export function guard(
  { headers }: Pick<IncomingMessage, 'headers'>,
  port: number,
  keys: AccessTokens,
): ApiError | null {
  // A page whose name was made to point to this computer (DNS rebinding) still sends its own name.
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) return wrongHost;
  // Browsers add at least one of the two to whatever a page asks for; programs add neither. `none` is a person
  // at the address bar.
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none')) return wrongOrigin;
  return mayOpenSession(keys, headers.authorization) ? null : wrongKey;
}
