import { CipherSuite, ExportOnly, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { decapsulate, encapsulate, generateSessionKey } from '../../protocol/session/hpke.ts';
import { RecordOpener, RecordSealer, recordCapacity } from '../../protocol/session/record.ts';
import { type BenchRow, besides } from './measure.ts';

const keys = () => ({ key: new Uint8Array(32).fill(1), nonce: new Uint8Array(12) });
const stream = (recordBytes: number) => ({ keys: keys(), id: new Uint8Array(16), turn: 0, recordBytes });

/** A record sealed and opened, beside the AEAD alone on as many bytes. */
function records(recordBytes: number): readonly [() => void, () => void] {
  const payload = new Uint8Array(recordCapacity(recordBytes)).fill(7);
  const inner = new Uint8Array(recordBytes - 16);
  const { key, nonce } = keys();
  return [
    () =>
      new RecordOpener(stream(recordBytes)).open(new RecordSealer(stream(recordBytes)).seal('data', payload)),
    () => chacha20poly1305(key, nonce).decrypt(chacha20poly1305(key, nonce).encrypt(inner)),
  ];
}

export default async function bench(): Promise<BenchRow[]> {
  const info = new Uint8Array(32);
  const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new ExportOnly() });
  const ours = async () => {
    const { seed, pk } = await generateSessionKey();
    const { enc } = await encapsulate(pk, info);
    await decapsulate(seed, enc, info);
  };
  const theirs = async () => {
    const pair = await suite.kem.generateKeyPair();
    const sender = await suite.createSenderContext({ recipientPublicKey: pair.publicKey, info });
    const recipient = await suite.createRecipientContext({ recipientKey: pair, enc: sender.enc, info });
    await sender.export(info.buffer, 32);
    await recipient.export(info.buffer, 32);
  };
  return [
    await besides('seal and open 1 KiB, beside ChaCha20-Poly1305', records(1024), '-', 400),
    await besides('seal and open 64 KiB - 1, beside ChaCha20-Poly1305', records(65535), 'ratio <= 1.2', 100),
    await besides('set-up with both ends, beside @hpke/core X-Wing', [ours, theirs], 'ratio <= 1', 40),
  ];
}
