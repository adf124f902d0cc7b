import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, toBase64, utf8 } from '../../../protocol/bytes.ts';
import { formatNote, parseNote, parseVerifierKey, signaturesBy } from '../../../protocol/log/note.ts';
import { signerFromSeed, signNote } from '../../../protocol/log/signer.ts';
import { verifyEd25519 } from '../../../protocol/signatures.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');
const signer = signerFromSeed('log.example/one', 1, new Uint8Array(32).fill(1));
const key = signer.verifierKey;
const text = 'first line\n\nthird line\n';
const signed = `${text}\n${await signNote(text, signer)}`;

describe('signed notes', () => {
  it('split at the last empty line and keep the text byte for byte', () => {
    const note = parseNote(signed);
    expect(note.text).toBe(text);
    expect(note.signatures).toHaveLength(1);
    expect(formatNote(note)).toBe(signed);
    expect(parseNote(utf8(signed))).toEqual(note);
  });

  it('carry a signature that verifies over the text', async () => {
    const [signature = new Uint8Array(0)] = signaturesBy(parseNote(signed), key);
    expect(await verifyEd25519(key.publicKey, utf8(text), signature)).toBe(true);
    expect(await verifyEd25519(key.publicKey, utf8(`${text}x`), signature)).toBe(false);
  });

  it('read back as they were written', () => {
    const name = fc.stringMatching(/^[a-z0-9./-]{1,30}$/);
    const signature = fc.record({
      name,
      keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    });
    const body = fc.string({ unit: 'grapheme' }).map((line) => `${line.replaceAll(/\p{Cc}/gu, '')}\n`);
    fc.assert(
      fc.property(body, fc.array(signature, { minLength: 1, maxLength: 16 }), (line, signatures) => {
        const note = { text: line, signatures };
        expect(parseNote(formatNote(note))).toEqual(note);
      }),
      { seed: 1 },
    );
  });

  it('never throw anything but a coded error on other input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array()), (input) => {
        expect(() => parseNote(input)).toThrow('WAX_LOG_NOTE');
      }),
      { seed: 2 },
    );
  });

  it('may have 16 signatures and at most 64', () => {
    const line = signed.slice(text.length + 1);
    expect(parseNote(`${text}\n${line.repeat(16)}`).signatures).toHaveLength(16);
    expect(() => parseNote(`${text}\n${line.repeat(65)}`)).toThrow('65 signatures');
    expect(() => parseNote(`${'x'.repeat(600_000)}\n\n${line}`)).toThrow('too long');
  });

  it.each([
    ['without signatures', `${text}\n`],
    ['without a blank line', 'text\n— a AAAAAAA=\n'],
    ['without a final newline', signed.slice(0, -1)],
    ['with a carriage return', signed.replace('first line\n', 'first line\r\n')],
    ['with a tab', signed.replace('first line', 'first\tline')],
    ['with a lone surrogate', signed.replace('first', '\ud800')],
    ['with a hyphen for the dash', signed.replace('—', '-')],
    ['with two spaces', signed.replace('— ', '—  ')],
    ['with an empty name', 'a\n\n—  AAAAAAA=\n'],
    ['with a plus in the name', 'a\n\n— a+b AAAAAAA=\n'],
    ['with a no-break space in the name', 'a\n\n— a\u00a0b AAAAAAA=\n'],
    ['with a next-line character in the name', 'a\n\n— a\u0085b AAAAAAA=\n'],
    ['with a key ID and nothing more', 'a\n\n— a AAAAAA==\n'],
    ['with base64 without padding', 'a\n\n— a AAAAAAA\n'],
    ['with base64 of the other alphabet', 'a\n\n— a AAAAAA_=\n'],
    ['with something behind the signature', 'a\n\n— a AAAAAAA= x\n'],
  ])('are refused %s', (_, note) => {
    expect(() => parseNote(note)).toThrow('WAX_LOG_NOTE');
  });

  it('may set the unused last bits of a signature, as other readers allow', () => {
    expect(parseNote('a\n\n— a AAAAAAB=\n').signatures).toEqual(parseNote('a\n\n— a AAAAAAA=\n').signatures);
  });

  it('are refused when they are not UTF-8', () => {
    expect(() => parseNote(concatBytes(Uint8Array.of(0xff), utf8(signed)))).toThrow('not UTF-8');
  });

  it('leave lines of other keys aside, by name and by key ID', () => {
    const note = parseNote(signed);
    expect(
      signaturesBy(note, signerFromSeed('log.example/two', 1, new Uint8Array(32).fill(1)).verifierKey),
    ).toEqual([]);
    expect(
      signaturesBy(note, signerFromSeed('log.example/one', 1, new Uint8Array(32).fill(2)).verifierKey),
    ).toEqual([]);
    expect(signaturesBy(note, key)).toHaveLength(1);
  });
});

describe('verifier keys', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom(1 as const, 4 as const),
        (seed, type) => {
          const { verifierKey } = signerFromSeed('w.example/a', type, seed);
          expect(parseVerifierKey(verifierKey.text)).toEqual(verifierKey);
        },
      ),
      { seed: 3, numRuns: 30 },
    );
  });

  it('differ in their ID by name and by type', () => {
    const seed = new Uint8Array(32);
    const ids = [
      signerFromSeed('a', 1, seed),
      signerFromSeed('a', 4, seed),
      signerFromSeed('b', 1, seed),
    ].map(({ verifierKey }) => toBase64(verifierKey.keyId));
    expect(new Set(ids).size).toBe(3);
  });

  it.each([
    ['another key ID', key.text.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['an upper-case key ID', key.text.replace(/\+[0-9a-f]{8}\+/, (id) => id.toUpperCase())],
    ['another name', key.text.replace('one', 'two')],
    ['a space in the name', `a b${key.text.slice(key.name.length)}`],
    ['no key', key.text.slice(0, key.name.length + 10)],
    ['a short key', `a+00000000+${toBase64(new Uint8Array(32).fill(1))}`],
    ['an ECDSA key', `a+00000000+${toBase64(new Uint8Array(33).fill(2))}`],
    ['a newline at the end', `${key.text}\n`],
    ['nothing', ''],
  ])('are refused with %s', (_, vkey) => {
    expect(() => parseVerifierKey(vkey)).toThrow('WAX_LOG_KEY');
  });

  it('of cosignatures do not sign notes', async () => {
    const witness = signerFromSeed('w', 4, new Uint8Array(32));
    await expect(signNote('text\n', witness)).rejects.toThrow('WAX_LOG_KEY');
    await expect(signNote('text', signer)).rejects.toThrow('WAX_LOG_NOTE');
    expect(() => signerFromSeed('w', 4, new Uint8Array(31))).toThrow('WAX_LOG_KEY');
    expect(() => signerFromSeed('w w', 4, new Uint8Array(32))).toThrow('WAX_LOG_KEY');
  });
});

describe.skipIf(vectors === null)('the signed-note vectors', () => {
  const cases: { name: string; vkeys: string[]; note: string; expect: string }[] =
    vectors === null ? [] : JSON.parse(readFileSync(`${vectors}notes/notes.json`, 'utf8'));

  /** Accepts as the standard says: at least one signature by a known key, and every one of those good. */
  async function accepts(noteText: string, vkeys: string[]): Promise<boolean> {
    let note: ReturnType<typeof parseNote>;
    try {
      note = parseNote(noteText);
    } catch {
      return false;
    }
    const verdicts = await Promise.all(
      vkeys
        .map(parseVerifierKey)
        .flatMap((known) =>
          signaturesBy(note, known).map((signature) =>
            verifyEd25519(known.publicKey, utf8(note.text), signature),
          ),
        ),
    );
    return verdicts.length > 0 && verdicts.every(Boolean);
  }

  it.each(cases)('$name: $expect', async ({ note, vkeys, expect: expected }) => {
    expect(await accepts(note, vkeys)).toBe(expected === 'accept');
  });
});
