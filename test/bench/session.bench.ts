import { createHash } from 'node:crypto';
import { CipherSuite, ExportOnly, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import { nodeAead } from '../../enclave-server/node-aead.ts';
import { decapsulate, encapsulate, generateSessionKey } from '../../protocol/session/hpke.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import { RecordOpener, RecordSealer, recordCapacity } from '../../protocol/session/record.ts';
import { openRequest, parseSealedRequest, sealRequest } from '../../protocol/session/request.ts';
import { startEnclave, testConfig } from '../support/enclave.ts';
import { loadPeer } from '../support/peers.ts';
import { type BenchRow, besides } from './measure.ts';

const keys = () => ({ key: new Uint8Array(32).fill(1), nonce: new Uint8Array(12) });
const id = new Uint8Array(16);
const { key, nonce } = keys();

/** Records of one stream sealed and opened, beside the AEAD alone on as many bytes. */
function records(recordBytes: number): readonly [() => void, () => void] {
  const payload = new Uint8Array(recordCapacity(recordBytes)).fill(7);
  const inner = new Uint8Array(recordBytes - 16);
  const stream = () => ({ keys: keys(), id, turn: 0, recordBytes });
  const [sealer, opener] = [new RecordSealer(stream()), new RecordOpener(stream())];
  return [
    () => opener.open(sealer.seal('data', payload)),
    () => chacha20poly1305(key, nonce).decrypt(chacha20poly1305(key, nonce).encrypt(inner)),
  ];
}

/** Keys of a second turn, for a text that fills its bucket of `bytes`. */
function request(bytes: number) {
  const json = new Uint8Array(bytes - 4).fill(32);
  const turnKeys = () => ({ turn: 1, request: keys(), responseSecret: new Uint8Array(32) });
  const seal = () => sealRequest(turnKeys(), id, null, json).body;
  const open = (body: Uint8Array) => openRequest(turnKeys(), parseSealedRequest(body, 1 << 24), nodeAead);
  return { seal, open, plaintext: new Uint8Array(bytes).fill(32) };
}

/** What the client does with a request, beside its AEAD and the hash that the protocol binds the reply to. */
function sealing(bytes: number): readonly [() => void, () => void] {
  const { seal, plaintext } = request(bytes);
  return [seal, () => sha256(chacha20poly1305(key, nonce).encrypt(plaintext))];
}

/** What the server does with it, likewise. */
function opening(bytes: number): readonly [() => void, () => void] {
  const { seal, open, plaintext } = request(bytes);
  const aad = new Uint8Array();
  const [body, sealed] = [seal(), nodeAead.seal(key, nonce, aad, plaintext)];
  const beside = () => {
    createHash('sha256').update(sealed).digest();
    return nodeAead.open(key, nonce, aad, sealed);
  };
  return [() => open(body), beside];
}

function setUps() {
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
  return [ours, theirs] as const;
}

/** How often a second of one processor does `work`, all threads counted, whatever else the machine does. */
async function perCpuSecond(work: () => Promise<unknown>, times: number): Promise<number> {
  await work();
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) await work();
  const { user, system } = process.cpuUsage(before);
  return (times * 1e6) / (user + system);
}

const rate = (value: number) => `${Math.round(value)} /s`;

/** What a server does for a session: the key before its answer, the decapsulation after it. */
async function serverSetUps(): Promise<BenchRow> {
  const info = new Uint8Array(32);
  const { enc } = await encapsulate((await generateSessionKey()).pk, info);
  const ours = async () => decapsulate((await generateSessionKey()).seed, enc, info);
  const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new ExportOnly() });
  const theirs = async () => {
    const pair = await suite.kem.generateKeyPair();
    const recipient = await suite.createRecipientContext({ recipientKey: pair, enc, info });
    await recipient.export(info.buffer, 32);
  };
  const [a, b] = [await perCpuSecond(ours, 200), await perCpuSecond(theirs, 60)];
  const what = 'set-ups of a server in a second of one core, beside @hpke/core X-Wing';
  return { what, ours: rate(a), beside: rate(b), ratio: (a / b).toFixed(2), goal: '>= 300 /s' };
}

/** Whole offers through the server, HTTP and answer included, a thousand at once; a report takes 100 ms. */
async function offers(): Promise<BenchRow> {
  let reports = 0;
  const simulator = createSimulator({ measurement: new Uint8Array(48).fill(7) });
  const attester = {
    evidenceType: simulator.evidenceType,
    async report(data: Uint8Array) {
      reports++;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return simulator.report(data);
    },
  };
  const config = testConfig({ limits: { pendingSessions: 100_000 } });
  const { app } = await startEnclave({ config, attester });
  const offer = () =>
    app.inject({
      method: 'POST',
      url: '/waxseal/v1/sessions',
      headers: { 'content-type': 'application/octet-stream' },
      payload: Buffer.from(createOffer().body),
    });
  const thousand = () => Promise.all(Array.from({ length: 1000 }, offer));
  const ours = 1000 * (await perCpuSecond(thousand, 3));
  await app.close();
  return {
    what: 'offers answered in a second of one core, a thousand at once',
    ours: rate(ours),
    beside: `${reports / 4} reports`,
    ratio: '-',
    goal: '>= 300 /s, <= 20 reports',
  };
}

interface Ehbp {
  Identity: {
    generate(): Promise<{ encryptRequestWithContext(request: Request): Promise<{ request: Request }> }>;
  };
  encryptChunk(km: object, sequence: number, plaintext: Uint8Array): Promise<Uint8Array>;
  decryptChunk(km: object, sequence: number, ciphertext: Uint8Array): Promise<Uint8Array>;
}

/** The client's work for a first request, and both ends' for a piece of a reply; theirs is not post-quantum. */
async function besideEhbp(): Promise<BenchRow[]> {
  const ehbp = await loadPeer<Ehbp>('ehbp');
  if (ehbp === null) return [];
  const identity = await ehbp.Identity.generate();
  const { pk } = await generateSessionKey();
  const json = new Uint8Array(65_532).fill(32);
  const ours = async () => {
    const { enc } = await encapsulate(pk, new Uint8Array(48));
    const turn = { turn: 0, request: keys(), responseSecret: new Uint8Array(32) };
    return sealRequest(turn, id, enc, json).body;
  };
  const theirs = async () => {
    const plain = new Request('http://127.0.0.1/', { method: 'POST', body: json });
    const { request: sealed } = await identity.encryptRequestWithContext(plain);
    return sealed.arrayBuffer();
  };
  const km = { keyBytes: new Uint8Array(32).fill(1), nonceBase: new Uint8Array(12) };
  const chunk = new Uint8Array(recordCapacity(4096)).fill(7);
  const theirChunk = async () => ehbp.decryptChunk(km, 0, await ehbp.encryptChunk(km, 0, chunk));
  return [
    await besides('first request of 64 KiB, X-Wing; beside ehbp, X25519', [ours, theirs], '-', 100),
    await besides('4 KiB of a reply, both ends; beside ehbp', [records(4096)[0], theirChunk], '-', 200),
  ];
}

export default async function bench(): Promise<BenchRow[]> {
  const goal = 'ratio <= 1.2';
  return [
    await besides('records of 512 bytes, both ends, beside ChaCha20-Poly1305', records(512), '-', 2000),
    await besides('records of 4 KiB, both ends, beside ChaCha20-Poly1305', records(4096), goal, 1000),
    await besides('64 KiB - 1 in a record, both ends, beside ChaCha20-Poly1305', records(65_535), goal, 200),
    await besides('client seals 64 KiB, beside AEAD and SHA-256', sealing(65_536), goal, 200),
    await besides('client seals 1 MiB, beside AEAD and SHA-256', sealing(1 << 20), goal, 40),
    await besides('server opens 64 KiB, beside AEAD and SHA-256', opening(65_536), '-', 400),
    await besides('server opens 128 KiB, beside AEAD and SHA-256', opening(131_072), goal, 400),
    await besides('server opens 1 MiB, beside AEAD and SHA-256', opening(1 << 20), goal, 100),
    await besides('set-up with both ends, beside @hpke/core X-Wing', setUps(), 'ratio <= 1', 40),
    await serverSetUps(),
    await offers(),
    ...(await besideEhbp()),
  ];
}
