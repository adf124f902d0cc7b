import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeAead } from '../../enclave-server/node-aead.ts';
import { nobleAead } from '../../protocol/session/aead.ts';

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });

describe('nodeAead', () => {
  it('agrees with noble in both directions, and opens nothing that was changed', () => {
    fc.assert(
      fc.property(
        bytes(32),
        bytes(12),
        fc.uint8Array(),
        fc.uint8Array(),
        fc.nat(),
        (key, nonce, aad, plain, at) => {
          const sealed = nodeAead.seal(key, nonce, aad, plain);
          expect(sealed).toEqual(nobleAead.seal(key, nonce, aad, plain));
          expect(nodeAead.open(key, nonce, aad, sealed)).toEqual(plain);
          const changed = sealed.slice();
          changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ 1;
          expect(() => nodeAead.open(key, nonce, aad, changed)).toThrow();
          expect(nodeAead.sha256(plain)).toEqual(nobleAead.sha256(plain));
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });

  it('opens nothing that is shorter than its tag', () => {
    const open = () =>
      nodeAead.open(new Uint8Array(32), new Uint8Array(12), new Uint8Array(), new Uint8Array(5));
    expect(open).toThrow();
  });
});
