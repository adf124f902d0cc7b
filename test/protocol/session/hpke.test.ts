import { CipherSuite, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { Hpke, hpkeBackend, selfTestNativeHpke } from '../../../protocol/session/hpke.ts';

const info = utf8('an info of the test');
const native = new Hpke('native');
const noble = new Hpke('noble');

/** Another library's suite with the same three identifiers; its AEAD is never run by an export. */
const other = new CipherSuite({
  kem: new XWing(),
  kdf: new HkdfSha256(),
  aead: {
    id: 3,
    keySize: 32,
    nonceSize: 12,
    tagSize: 16,
    createEncryptionContext: (key) => ({
      seal: async (nonce, data, aad) =>
        Uint8Array.from(
          chacha20poly1305(
            new Uint8Array(key as ArrayBuffer),
            new Uint8Array(nonce as ArrayBuffer),
            new Uint8Array(aad as ArrayBuffer),
          ).encrypt(new Uint8Array(data as ArrayBuffer)),
        ).buffer,
      open: async () => new ArrayBuffer(0),
    }),
  },
});
const label = utf8('waxseal/1 session');
const bytes = (buffer: ArrayBufferLike) => new Uint8Array(buffer);

describe('HPKE', () => {
  it('is native here, as a server needs it, and passes its self test', async () => {
    expect(await hpkeBackend()).toBe('native');
    await selfTestNativeHpke();
  });

  it('gives both ends the same chain key, with native and noble in every combination', async () => {
    for (const sender of [native, noble]) {
      for (const recipient of [native, noble]) {
        const { seed, pk } = await recipient.generateSessionKey();
        expect([seed.length, pk.length]).toEqual([32, 1216]);
        const { enc, chainKey } = await sender.encapsulate(pk, info);
        expect([enc.length, chainKey.length]).toEqual([1120, 32]);
        expect(await recipient.decapsulate(seed, enc, info)).toEqual(chainKey);
      }
    }
  });

  it('reads a key pair and derives one alike in native and noble', async () => {
    const ikm = new Uint8Array(32).fill(9);
    const [one, two] = [await native.deriveSessionKey(ikm), await noble.deriveSessionKey(ikm)];
    expect(one).toEqual(two);
    const { enc, chainKey } = await native.encapsulate(one.pk, info);
    expect(await noble.decapsulate(two.seed, enc, info)).toEqual(chainKey);
  });

  it('agrees with @hpke/core in both directions', async () => {
    for (const ours of [native, noble]) {
      const { seed, pk } = await ours.generateSessionKey();
      const sender = await other.createSenderContext({
        recipientPublicKey: await other.kem.deserializePublicKey(pk.slice().buffer),
        info,
      });
      const theirs = bytes(await sender.export(label, 32));
      expect(await ours.decapsulate(seed, bytes(sender.enc), info)).toEqual(theirs);

      const pair = await other.kem.generateKeyPair();
      const { enc, chainKey } = await ours.encapsulate(
        bytes(await other.kem.serializePublicKey(pair.publicKey)),
        info,
      );
      const recipient = await other.createRecipientContext({ recipientKey: pair.privateKey, enc, info });
      expect(bytes(await recipient.export(label, 32))).toEqual(chainKey);
    }
  });

  it('gives another chain key for another info or another enc, and erases the seed each time', async () => {
    for (const suite of [native, noble]) {
      const { seed, pk } = await suite.generateSessionKey();
      const { enc, chainKey } = await suite.encapsulate(pk, info);
      const copies = [seed.slice(), seed.slice(), seed.slice()] as const;
      expect(await suite.decapsulate(copies[0], enc, utf8('another'))).not.toEqual(chainKey);
      expect(await suite.decapsulate(copies[1], enc.with(0, (enc[0] as number) ^ 1), info)).not.toEqual(
        chainKey,
      );
      await expect(suite.decapsulate(copies[2], enc.subarray(1), info)).rejects.toThrow('WAX_SESSION_HPKE');
      for (const copy of copies) expect(copy).toEqual(new Uint8Array(32));
    }
  });

  it('refuses public keys that are not keys', async () => {
    for (const suite of [native, noble]) {
      const { pk } = await suite.generateSessionKey();
      for (const wrong of [
        pk.subarray(1),
        // First and second coefficient of a pair at q, which FIPS 203 section 7.2 refuses.
        Uint8Array.from([0x01, 0x0d, 0x00, ...pk.subarray(3)]),
        Uint8Array.from([0x00, 0x10, 0xd0, ...pk.subarray(3)]),
        // A low-order X25519 point: its shared secret would be all zeros.
        Uint8Array.from([...pk.subarray(0, 1184), ...new Uint8Array(32)]),
      ]) {
        await expect(suite.encapsulate(wrong, info)).rejects.toThrow('WAX_SESSION_HPKE');
      }
    }
  });
});
