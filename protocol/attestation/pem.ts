/**
 * PEM chains (RFC 7468) as Intel ships them: certificates only, nothing but line ends in between. Zero
 * bytes at the end are allowed: quotes carry their chain as a C string.
 * @module
 */
import { parseBase64, parseUtf8 } from '../bytes.ts';
import { attestationError } from './errors.ts';

const MAX_PEM = 16 * 1024;
const MAX_CERTIFICATES = 8;
const BLOCK =
  /-----BEGIN CERTIFICATE-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END CERTIFICATE-----(?:[\r\n]+|$)/y;

/**
 * Splits a PEM chain into DER certificates, in the order in which they stand.
 * @throws WAX_PEM_SIZE, WAX_PEM_FORM, WAX_BYTES_BASE64 or WAX_BYTES_UTF8
 */
export function parsePemChain(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length > MAX_PEM) throw attestationError('WAX_PEM_SIZE', `${bytes.length} bytes`);
  const text = parseUtf8(bytes).replace(/\0+$/, '');
  const certificates: Uint8Array[] = [];
  BLOCK.lastIndex = 0;
  for (let end = 0; end < text.length; end = BLOCK.lastIndex) {
    const body = BLOCK.exec(text)?.[1];
    if (body === undefined || certificates.length === MAX_CERTIFICATES)
      throw attestationError('WAX_PEM_FORM');
    certificates.push(parseBase64(body.replace(/[\r\n]/g, '')));
  }
  if (certificates.length === 0) throw attestationError('WAX_PEM_FORM', 'no certificate');
  return certificates;
}
