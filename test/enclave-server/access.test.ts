import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mayOpenSession, parseAccessTokens } from '../../enclave-server/access.ts';

const digest = (token: string) => createHash('sha256').update(token).digest('hex');

describe('access tokens', () => {
  it('lets anybody in without a list', () => {
    expect(mayOpenSession(null, undefined)).toBe(true);
  });

  it('lets in who has one of the tokens, and nobody else', () => {
    const tokens = parseAccessTokens(`${digest('one')}\n${digest('two')}\n`);
    expect(mayOpenSession(tokens, 'Bearer one')).toBe(true);
    expect(mayOpenSession(tokens, 'Bearer two')).toBe(true);
    for (const wrong of [
      undefined,
      '',
      'Bearer',
      'Bearer three',
      'bearer one',
      'Basic one',
      'Bearer one two',
    ]) {
      expect(mayOpenSession(tokens, wrong)).toBe(false);
    }
    expect(mayOpenSession([], 'Bearer one')).toBe(false);
  });

  it('refuses a list with a line that is not a digest', () => {
    for (const text of ['one', `${digest('one')} `, digest('one').toUpperCase()]) {
      expect(() => parseAccessTokens(text)).toThrow('WAX_ENCLAVE_TOKENS');
    }
  });
});
