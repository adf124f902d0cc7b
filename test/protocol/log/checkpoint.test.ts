import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBase64, toBase64 } from '../../../protocol/bytes.ts';
import { formatCheckpoint, parseCheckpoint, verifyCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { parseVerifierKey } from '../../../protocol/log/note.ts';
import { signerFromSeed, signNote } from '../../../protocol/log/signer.ts';
import { emptyRoot, hashLeaf, verifyInclusion } from '../../../protocol/log/tree.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');
const origin = 'log.example/one';
const signer = signerFromSeed(origin, 1, new Uint8Array(32).fill(1));
const checkpoint = { origin, size: 5, root: new Uint8Array(32).fill(9) };
const text = formatCheckpoint(checkpoint);
const line = await signNote(text, signer);
const root = toBase64(checkpoint.root);

describe('checkpoint text', () => {
  it('reads back as it was written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (size, hash) => {
          const value = { origin, size, root: hash };
          expect(parseCheckpoint(formatCheckpoint(value))).toEqual(value);
        },
      ),
      { seed: 1 },
    );
  });

  it.each([
    ['a leading zero', `${origin}\n05\n${root}\n`, 'WAX_LOG_SIZE'],
    ['a sign', `${origin}\n+5\n${root}\n`, 'WAX_LOG_SIZE'],
    ['a size a number cannot hold', `${origin}\n9007199254740992\n${root}\n`, 'WAX_LOG_SIZE'],
    ['a size of 64 bits', `${origin}\n18446744073709551615\n${root}\n`, 'WAX_LOG_SIZE'],
    ['a root of 31 bytes', `${origin}\n5\n${toBase64(new Uint8Array(31))}\n`, 'WAX_LOG_HASH'],
    [
      'a root in base64url',
      `${origin}\n5\n${toBase64(new Uint8Array(32).fill(255)).replaceAll('/', '_')}\n`,
      'WAX_LOG_HASH',
    ],
    ['an empty origin', `\n5\n${root}\n`, 'WAX_LOG_CHECKPOINT'],
    ['an empty extension line', `${text}\n`, 'WAX_LOG_CHECKPOINT'],
    ['no root', `${origin}\n5\n`, 'WAX_LOG_CHECKPOINT'],
    ['no final newline', text.slice(0, -1), 'WAX_LOG_CHECKPOINT'],
    ['a root that an empty tree does not have', `${origin}\n0\n${root}\n`, 'WAX_LOG_EMPTY_ROOT'],
  ])('is refused with %s', (_, body, code) => {
    expect(() => parseCheckpoint(body)).toThrow(code);
  });

  it('is never written with an origin of two lines or an impossible size', () => {
    expect(() => formatCheckpoint({ ...checkpoint, origin: 'a\n7' })).toThrow('WAX_LOG_');
    expect(() => formatCheckpoint({ ...checkpoint, size: 1.5 })).toThrow('WAX_LOG_SIZE');
    expect(() => formatCheckpoint({ ...checkpoint, size: 0 })).toThrow('WAX_LOG_EMPTY_ROOT');
    expect(parseCheckpoint(formatCheckpoint({ ...checkpoint, size: 0, root: emptyRoot })).size).toBe(0);
  });
});

describe('a signed checkpoint', () => {
  it('is accepted with the log’s key', async () => {
    expect(await verifyCheckpoint(`${text}\n${line}`, signer.verifierKey)).toEqual(checkpoint);
  });

  it('is refused without a signature by the log', async () => {
    const other = signerFromSeed(origin, 1, new Uint8Array(32).fill(2));
    await expect(verifyCheckpoint(`${text}\n${line}`, other.verifierKey)).rejects.toThrow('WAX_LOG_UNSIGNED');
  });

  it('is refused when the text was changed', async () => {
    const changed = `${text.replace('\n5\n', '\n6\n')}\n${line}`;
    await expect(verifyCheckpoint(changed, signer.verifierKey)).rejects.toThrow('WAX_LOG_SIGNATURE');
  });

  it('is refused when one of two lines by the log is bad, or too long', async () => {
    const bad = await signNote(text.replace('\n5\n', '\n6\n'), signer);
    await expect(verifyCheckpoint(`${text}\n${line}${bad}`, signer.verifierKey)).rejects.toThrow(
      'WAX_LOG_SIGNATURE',
    );
    const [dash, name, base64 = ''] = line.trim().split(' ');
    const long = `${dash} ${name} ${toBase64(Uint8Array.of(...parseBase64(base64), 0))}\n`;
    await expect(verifyCheckpoint(`${text}\n${long}`, signer.verifierKey)).rejects.toThrow(
      'WAX_LOG_SIGNATURE',
    );
  });

  it('is refused for another origin, though the key is right', async () => {
    const elsewhere = formatCheckpoint({ ...checkpoint, origin: 'log.example/two' });
    const note = `${elsewhere}\n${await signNote(elsewhere, signer)}`;
    await expect(verifyCheckpoint(note, signer.verifierKey)).rejects.toThrow('WAX_LOG_ORIGIN');
    expect((await verifyCheckpoint(note, signer.verifierKey, 'log.example/two')).size).toBe(5);
  });

  it('is not signed by a witness key', async () => {
    const witness = signerFromSeed(origin, 4, new Uint8Array(32));
    await expect(verifyCheckpoint(`${text}\n${line}`, witness.verifierKey)).rejects.toThrow('WAX_LOG_KEY');
  });
});

describe.skipIf(vectors === null)('checkpoint vectors', () => {
  const read = (path: string) => readFileSync(`${vectors}${path}`, 'utf8');

  it('parses bodies as the list says', () => {
    const cases: { name: string; body: string; expect: string }[] = JSON.parse(
      read('checkpoints/body-parse.json'),
    );
    expect(cases).toHaveLength(10);
    for (const { name, body, expect: expected } of cases) {
      if (expected === 'accept') expect(() => parseCheckpoint(body), name).not.toThrow();
      else expect(() => parseCheckpoint(body), name).toThrow('WAX_LOG_');
    }
  });

  it('judges Rekor’s checkpoints and inclusion proofs as its conformance suite does', async () => {
    const cases = JSON.parse(read('checkpoints/rekor-v2.json'));
    expect(cases).toHaveLength(6);
    for (const row of cases) {
      const verify = async () => {
        const verified = await verifyCheckpoint(row.checkpoint, parseVerifierKey(row.logVkeys[0]));
        verifyInclusion({
          index: row.leafIndex,
          size: verified.size,
          leafHash: hashLeaf(parseBase64(row.leafBase64)),
          proof: row.hashes.map((hash: string) => parseBase64(hash)),
          root: verified.root,
        });
      };
      if (row.expect === 'accept') await expect(verify(), row.name).resolves.toBeUndefined();
      else await expect(verify(), row.name).rejects.toThrow('WAX_LOG_');
    }
  });
});
