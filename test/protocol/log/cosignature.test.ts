import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concatBytes, parseBase64, toBase64 } from '../../../protocol/bytes.ts';
import { formatCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { cosign, verifyCosignatures } from '../../../protocol/log/cosignature.ts';
import { parseNote, parseVerifierKey } from '../../../protocol/log/note.ts';
import { signerFromSeed, signNote } from '../../../protocol/log/signer.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');
const text = formatCheckpoint({ origin: 'log.example/one', size: 5, root: new Uint8Array(32).fill(9) });
const log = signerFromSeed('log.example/one', 1, new Uint8Array(32).fill(1));
const witnesses = [2, 3, 4].map((seed) =>
  signerFromSeed(`witness${seed}.example`, 4, new Uint8Array(32).fill(seed)),
);
const [first, second, third] = witnesses;
if (!first || !second || !third) throw new Error('three witnesses');
const keys = witnesses.map(({ verifierKey }) => verifierKey);
const logLine = await signNote(text, log);
const noteOf = (...lines: string[]) => parseNote(`${text}\n${logLine}${lines.join('')}`);
const at = 1_800_000_000;

describe('cosignatures', () => {
  it('count with the time that the witness gave', async () => {
    const note = noteOf(await cosign(text, second, at), await cosign(text, first, at + 1));
    expect(await verifyCosignatures(note, keys)).toEqual([
      { name: first.verifierKey.name, at: (at + 1) * 1000 },
      { name: second.verifierKey.name, at: at * 1000 },
    ]);
  });

  it('of one witness count once, with the newest time', async () => {
    const note = noteOf(await cosign(text, first, at), await cosign(text, first, at + 60));
    expect(await verifyCosignatures(note, keys)).toEqual([
      { name: first.verifierKey.name, at: (at + 60) * 1000 },
    ]);
  });

  it('by unknown keys do not count', async () => {
    const stranger = signerFromSeed('stranger.example', 4, new Uint8Array(32).fill(7));
    const namesake = signerFromSeed(first.verifierKey.name, 4, new Uint8Array(32).fill(8));
    expect(
      await verifyCosignatures(
        noteOf(await cosign(text, stranger, at), await cosign(text, namesake, at)),
        keys,
      ),
    ).toEqual([]);
  });

  it('refuse the whole note when one by a known key is over another checkpoint', async () => {
    const other = text.replace('\n5\n', '\n6\n');
    const note = noteOf(await cosign(text, second, at), await cosign(other, first, at));
    await expect(verifyCosignatures(note, keys)).rejects.toThrow('WAX_LOG_SIGNATURE');
  });

  it('refuse the whole note when the time was changed, or cannot be a time', async () => {
    const line = await cosign(text, first, at);
    const [, name, encoded = ''] = line.trim().split(' ');
    const bytes = parseBase64(encoded);
    const withTime = (time: Uint8Array) =>
      `— ${name} ${toBase64(concatBytes(bytes.subarray(0, 4), time, bytes.subarray(12)))}\n`;
    const later = bytes.slice(4, 12);
    later[7] = (later[7] ?? 0) ^ 1;
    await expect(verifyCosignatures(noteOf(withTime(later)), keys)).rejects.toThrow('WAX_LOG_SIGNATURE');
    const huge = Uint8Array.of(0, 31, 255, 255, 255, 255, 255, 255);
    await expect(verifyCosignatures(noteOf(withTime(huge)), keys)).rejects.toThrow('WAX_LOG_SIGNATURE');
    const beyond = new Uint8Array(8).fill(255);
    await expect(verifyCosignatures(noteOf(withTime(beyond)), keys)).rejects.toThrow('WAX_LOG_SIGNATURE');
    const longer = `— ${name} ${toBase64(concatBytes(bytes, Uint8Array.of(0)))}\n`;
    await expect(verifyCosignatures(noteOf(longer), keys)).rejects.toThrow('WAX_LOG_SIGNATURE');
    await expect(verifyCosignatures(noteOf(withTime(new Uint8Array(0))), keys)).rejects.toThrow(
      'WAX_LOG_SIGNATURE',
    );
  });

  it('are made only of checkpoints and only by witness keys', async () => {
    await expect(cosign('some text\n', first, at)).rejects.toThrow('WAX_LOG_CHECKPOINT');
    await expect(cosign(text, log, at)).rejects.toThrow('WAX_LOG_KEY');
    await expect(verifyCosignatures(noteOf(), [log.verifierKey])).rejects.toThrow('WAX_LOG_KEY');
  });

  it('are not counted for a witness listed twice or a key under two names', async () => {
    const alias = signerFromSeed('alias.example', 4, new Uint8Array(32).fill(2)).verifierKey;
    await expect(verifyCosignatures(noteOf(), [first.verifierKey, alias])).rejects.toThrow('listed twice');
    await expect(verifyCosignatures(noteOf(), [first.verifierKey, first.verifierKey])).rejects.toThrow(
      'listed twice',
    );
  });
});

describe.skipIf(vectors === null)('a cosigned checkpoint of a public witness', () => {
  it('is accepted with its time, and the unknown log signature ignored', async () => {
    const row = JSON.parse(readFileSync(`${vectors}cosignatures/sunlight-witness.json`, 'utf8'));
    const key = parseVerifierKey(row.witnessVkey);
    expect(await verifyCosignatures(parseNote(row.checkpoint), [key])).toEqual([
      { name: 'witness.example.org', at: row.cosignatureTime * 1000 },
    ]);
  });
});
