import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  nobleBackend,
  type SignatureBackend,
  verifyEcdsaP256,
  verifyEcdsaP384,
  verifyEd25519,
  verifyRsaPss384,
  webCryptoBackend,
} from '../../protocol/signatures.ts';

const fromBase64url = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64url'));
const message = new TextEncoder().encode('sealed with wax');
const N384 = BigInt(
  '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);
const N256 = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** Asks both implementations and demands one answer. */
async function both(ask: (backend: SignatureBackend) => Promise<boolean>): Promise<boolean> {
  const [native, noble] = await Promise.all([ask(webCryptoBackend), ask(nobleBackend)]);
  expect(native).toBe(noble);
  return noble;
}

function point(key: KeyObject): Uint8Array {
  const { x, y } = key.export({ format: 'jwk' });
  return Uint8Array.of(4, ...fromBase64url(x), ...fromBase64url(y));
}

function replaceS(signature: Uint8Array, order: bigint, map: (s: bigint) => bigint): Uint8Array {
  const half = signature.length / 2;
  const s = BigInt(`0x${Buffer.from(signature.subarray(half)).toString('hex')}`);
  const hex = map(s % order)
    .toString(16)
    .padStart(2 * half, '0');
  return new Uint8Array([...signature.subarray(0, half), ...Buffer.from(hex, 'hex')]);
}

describe.each([
  { name: 'ecdsaP384', curve: 'secp384r1', hash: 'sha384', order: N384, chosen: verifyEcdsaP384 },
  { name: 'ecdsaP256', curve: 'prime256v1', hash: 'sha256', order: N256, chosen: verifyEcdsaP256 },
] as const)('$name', ({ name, curve, hash, order, chosen }) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const key = point(publicKey);
  const signature = new Uint8Array(sign(hash, message, { key: privateKey, dsaEncoding: 'ieee-p1363' }));

  it('accepts a signature, with low s and with high s', async () => {
    expect(await chosen(key, message, signature)).toBe(true);
    const other = replaceS(signature, order, (s) => order - s);
    expect(await both((backend) => backend[name](key, message, signature))).toBe(true);
    expect(await both((backend) => backend[name](key, message, other))).toBe(true);
  });

  it('refuses another message and each single changed byte', async () => {
    expect(await both((backend) => backend[name](key, message.subarray(1), signature))).toBe(false);
    const changes = fc.tuple(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(changes, async ([index, mask]) => {
        const changed = signature.map((byte, at) => (at === index ? byte ^ mask : byte));
        expect(await both((backend) => backend[name](key, message, changed))).toBe(false);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it('refuses r or s that is zero or the order of the curve', async () => {
    const half = signature.length / 2;
    const zeroR = signature.map((byte, at) => (at < half ? 0 : byte));
    for (const bad of [
      zeroR,
      replaceS(signature, order, () => 0n),
      replaceS(signature, order, () => order),
    ]) {
      expect(await both((backend) => backend[name](key, message, bad))).toBe(false);
    }
  });

  it('refuses points off the curve, compressed points and wrong sizes', async () => {
    const offCurve = key.map((byte, at) => (at === key.length - 1 ? byte ^ 1 : byte));
    const compressed = Uint8Array.of(
      2 + ((key.at(-1) ?? 0) & 1),
      ...key.subarray(1, 1 + (key.length - 1) / 2),
    );
    for (const bad of [offCurve, compressed, key.subarray(1), new Uint8Array(0), Uint8Array.of(0)]) {
      expect(await both((backend) => backend[name](bad, message, signature))).toBe(false);
    }
    for (const bad of [signature.subarray(1), new Uint8Array([...signature, 0])]) {
      expect(await both((backend) => backend[name](key, message, bad))).toBe(false);
    }
  });
});

describe('ed25519', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = fromBase64url(publicKey.export({ format: 'jwk' }).x);
  const signature = new Uint8Array(sign(null, message, privateKey));

  it('accepts a signature', async () => {
    expect(await verifyEd25519(key, message, signature)).toBe(true);
    expect(await both((backend) => backend.ed25519(key, message, signature))).toBe(true);
  });

  it('imports a key once, and still refuses what another key signed', async () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const fresh = fromBase64url(other.x);
    const imports = vi.spyOn(crypto.subtle, 'importKey');
    try {
      for (let round = 0; round < 3; round++) {
        expect(await webCryptoBackend.ed25519(fresh, message, signature)).toBe(false);
        expect(await webCryptoBackend.ed25519(key, message, signature)).toBe(true);
      }
      expect(imports.mock.calls.length).toBeLessThanOrEqual(2);
    } finally {
      imports.mockRestore();
    }
  });

  it('refuses another message, another key, wrong sizes and s at or above the order', async () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const littleEndian = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
    const s = littleEndian(signature.subarray(32)) + order;
    const bytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    const unreduced = new Uint8Array([...signature.subarray(0, 32), ...bytes]);
    expect(await both((backend) => backend.ed25519(key, message, unreduced))).toBe(false);
    expect(await both((backend) => backend.ed25519(key, message.subarray(1), signature))).toBe(false);
    expect(
      await both((backend) =>
        backend.ed25519(
          key.map((byte) => byte ^ 1),
          message,
          signature,
        ),
      ),
    ).toBe(false);
    expect(await both((backend) => backend.ed25519(key, message, signature.subarray(1)))).toBe(false);
    expect(await both((backend) => backend.ed25519(key.subarray(1), message, signature))).toBe(false);
  });
});

describe('rsaPss384', () => {
  let keys: KeyPairKeyObjectResult;
  let key: { modulus: Uint8Array; exponent: Uint8Array };
  const make = (options: { salt?: number; hash?: string; key?: KeyObject } = {}) =>
    new Uint8Array(
      sign(options.hash ?? 'sha384', message, {
        key: options.key ?? keys.privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: options.salt ?? 48,
      }),
    );

  beforeAll(() => {
    keys = generateKeyPairSync('rsa', { modulusLength: 4096 });
    const jwk = keys.publicKey.export({ format: 'jwk' });
    key = { modulus: fromBase64url(jwk.n), exponent: fromBase64url(jwk.e) };
  });

  it('accepts a signature', async () => {
    expect(await verifyRsaPss384(key, message, make())).toBe(true);
    for (let round = 0; round < 5; round++) {
      expect(await both((backend) => backend.rsaPss384(key, message, make()))).toBe(true);
    }
  });

  it('refuses another salt length, another hash and PKCS #1 v1.5', async () => {
    const pkcs1 = new Uint8Array(sign('sha384', message, keys.privateKey));
    for (const bad of [make({ salt: 32 }), make({ salt: 0 }), make({ hash: 'sha256', salt: 48 }), pkcs1]) {
      expect(await both((backend) => backend.rsaPss384(key, message, bad))).toBe(false);
    }
  });

  it('refuses each changed byte, a value at or above the modulus and wrong sizes', async () => {
    const signature = make();
    for (const index of [0, 1, 255, 510, 511]) {
      const changed = signature.map((byte, at) => (at === index ? byte ^ 0x10 : byte));
      expect(await both((backend) => backend.rsaPss384(key, message, changed))).toBe(false);
    }
    for (const bad of [
      key.modulus,
      new Uint8Array(512).fill(0xff),
      new Uint8Array(512),
      signature.subarray(1),
    ]) {
      expect(await both((backend) => backend.rsaPss384(key, message, bad))).toBe(false);
    }
  });

  it('refuses another exponent and another key size', async () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = small.publicKey.export({ format: 'jwk' });
    const smallKey = { modulus: fromBase64url(jwk.n), exponent: fromBase64url(jwk.e) };
    const smallSignature = make({ key: small.privateKey });
    expect(await both((backend) => backend.rsaPss384(smallKey, message, smallSignature))).toBe(false);
    const exponent = { modulus: key.modulus, exponent: Uint8Array.of(3) };
    expect(await both((backend) => backend.rsaPss384(exponent, message, make()))).toBe(false);
  });
});
