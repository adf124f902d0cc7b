import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUtf8, toBase64, toHex, utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import {
  addSignature,
  encodeEnvelope,
  envelopeSigner,
  keyId,
  MAX_ENTRY_BYTES,
  PAYLOAD_TYPE,
  pae,
  parseEnvelope,
  signPayload,
} from '../../../protocol/log/dsse.ts';
import { verifyEd25519 } from '../../../protocol/signatures.ts';
import { testSeed } from '../../support/log-builder.ts';

const signers = [0, 1, 2].map((i) => envelopeSigner(testSeed(`dsse ${i}`)));
const signed = async () => encodeEnvelope(await signPayload(utf8('{"a":1}'), signers));

describe('pae', () => {
  test('is the encoding of the DSSE specification, by its own example', () => {
    expect(parseUtf8(pae('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  test('measures in bytes and not in characters', () => {
    expect(parseUtf8(pae('é', utf8('ü')))).toBe('DSSEv1 2 é 2 ü');
  });
});

describe('an envelope', () => {
  test('is read as it was written, with signatures that verify', async () => {
    const bytes = await signed();
    const envelope = parseEnvelope(bytes);
    expect(encodeEnvelope(envelope)).toEqual(bytes);
    const message = pae(PAYLOAD_TYPE, utf8('{"a":1}'));
    for (const { publicKey } of signers) {
      const found = envelope.signatures.find(({ keyid }) => keyid === keyId(publicKey));
      expect(found && (await verifyEd25519(publicKey, message, found.sig))).toBe(true);
    }
  });

  test('is the same whoever signed first', async () => {
    const payload = utf8('{"a":1}');
    const reversed = await signPayload(payload, signers.toReversed());
    expect(toHex(encodeEnvelope(reversed))).toBe(toHex(await signed()));
  });

  test('holds one signature by each key', async () => {
    const [signer] = signers;
    if (!signer) throw new Error('no signer');
    const once = await signPayload(utf8('{}'), [signer]);
    expect((await addSignature(once, signer)).signatures).toHaveLength(1);
    expect(() => encodeEnvelope({ ...once, signatures: [...once.signatures, ...once.signatures] })).toThrow(
      'WAX_STATEMENT_ENVELOPE',
    );
  });

  test.each<[string, (text: string) => string]>([
    ['a space', (text) => text.replace(':', ': ')],
    ['a newline at the end', (text) => `${text}\n`],
    [
      'another order of keys',
      (text) => text.replace(/^\{("payloadType":[^,]*),("payload":[^,]*),/, '{$2,$1,'),
    ],
    ['an escaped letter', (text) => text.replace('in-toto', 'in\\u002dtoto')],
    ['a key more', (text) => text.replace(/\}$/, ',"extra":1}')],
    ['a key twice', (text) => text.replace('{', '{"payloadType":"application/vnd.in-toto+json",')],
    ['another payload type', (text) => text.replace('in-toto', 'other')],
    ['URL-safe base64', (text) => text.replace(/"payload":"[^"]*"/, '"payload":"-_8="')],
    ['half a signature', (text) => text.replace(/"sig":"[^"]*"/, `"sig":"${toBase64(new Uint8Array(32))}"`)],
    ['a key id in capitals', (text) => text.replace(/"keyid":"[^"]*"/, `"keyid":"${'AB'.repeat(32)}"`)],
    ['a byte order mark', (text) => `\uFEFF${text}`],
  ])('is refused with %s', async (_, change) => {
    const text = parseUtf8(await signed());
    const changed = change(text);
    expect(changed).not.toBe(text);
    expect(() => parseEnvelope(utf8(changed))).toThrow('WAX_STATEMENT_ENVELOPE');
  });

  test('is refused with its signatures in another order', async () => {
    const text = parseUtf8(await signed());
    const { signatures, ...rest } = JSON.parse(text);
    const changed = JSON.stringify({ ...rest, signatures: signatures.toReversed() });
    expect(() => parseEnvelope(utf8(changed))).toThrow('WAX_STATEMENT_ENVELOPE');
  });

  test('is refused above 16 KiB, read or written', async () => {
    const envelope = {
      payloadType: PAYLOAD_TYPE,
      payload: new Uint8Array(MAX_ENTRY_BYTES),
      signatures: [],
    } as const;
    expect(() => encodeEnvelope({ ...envelope, signatures: [] })).toThrow('WAX_STATEMENT_SIZE');
    expect(() => parseEnvelope(new Uint8Array(MAX_ENTRY_BYTES + 1))).toThrow('WAX_STATEMENT_SIZE');
  });

  test('is refused with more than 16 signatures', () => {
    const many = Array.from({ length: 17 }, (_, i) => ({
      keyid: i.toString(16).padStart(64, '0'),
      sig: new Uint8Array(64),
    }));
    const bytes = encodeEnvelope({ payloadType: PAYLOAD_TYPE, payload: utf8('{}'), signatures: many });
    expect(() => parseEnvelope(bytes)).toThrow('WAX_STATEMENT_ENVELOPE');
  });

  test('has one spelling: what parses is what encodes, whatever the bytes', async () => {
    const bytes = await signed();
    const damaged = fc
      .tuple(fc.nat(bytes.length - 1), fc.nat(2), fc.uint8Array({ maxLength: 3 }))
      .map(([at, cut, put]) =>
        Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + cut)]),
      );
    const any = fc.oneof(damaged, fc.uint8Array(), fc.json().map(utf8));
    fc.assert(
      fc.property(any, (input) => {
        try {
          expect(encodeEnvelope(parseEnvelope(input))).toEqual(new Uint8Array(input));
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          expect(error.code).toMatch(/^WAX_STATEMENT_(ENVELOPE|SIZE)$/);
        }
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});
