import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { eraseKey, KeyChain, recordKeys } from '../../../protocol/session/keys.ts';

describe('the key schedule', () => {
  it('gives different keys for each turn and each purpose', () => {
    const chain = new KeyChain(new Uint8Array(32).fill(1));
    const turns = [chain.advance(), chain.advance(), chain.advance()];
    expect(turns.map(({ turn }) => turn)).toEqual([0, 1, 2]);
    expect(chain.turn).toBe(3);
    const all = turns.flatMap(({ request, responseSecret }) => [request.key, request.nonce, responseSecret]);
    expect(new Set(all.map(toHex)).size).toBe(9);
  });

  it('binds the keys of the reply to the request', () => {
    const secret = () => new Uint8Array(32).fill(1);
    const one = recordKeys(secret(), new Uint8Array(32).fill(2));
    const two = recordKeys(secret(), new Uint8Array(32).fill(3));
    expect(one.key).not.toEqual(two.key);
    expect(one.nonce).not.toEqual(two.nonce);
  });

  it('erases what was used, and gives nothing after its end', () => {
    const chainKey = new Uint8Array(32).fill(1);
    const chain = new KeyChain(chainKey);
    const keys = chain.advance();
    expect(chainKey).toEqual(new Uint8Array(32));
    recordKeys(keys.responseSecret, new Uint8Array(32));
    expect(keys.responseSecret).toEqual(new Uint8Array(32));
    eraseKey(keys.request);
    expect(keys.request).toEqual({ key: new Uint8Array(32), nonce: new Uint8Array(12) });
    chain.erase();
    expect(() => chain.advance()).toThrow('WAX_SESSION_ERASED');
  });
});
