import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBase64, utf8 } from '../../../protocol/bytes.ts';
import { formatCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { cosign } from '../../../protocol/log/cosignature.ts';
import { parseVerifierKey } from '../../../protocol/log/note.ts';
import { formatProof, parseProof, verifyProof } from '../../../protocol/log/proof.ts';
import { signerFromSeed, signNote } from '../../../protocol/log/signer.ts';
import { hashLeaf, hashNode } from '../../../protocol/log/tree.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');
const log = signerFromSeed('log.example/one', 1, new Uint8Array(32).fill(1));
const witness = signerFromSeed('witness.example', 4, new Uint8Array(32).fill(2));
const [entry, neighbour] = [utf8('entry'), utf8('neighbour')];
const root = hashNode(hashLeaf(entry), hashLeaf(neighbour));
const text = formatCheckpoint({ origin: 'log.example/one', size: 2, root });
const checkpoint = `${text}\n${await signNote(text, log)}${await cosign(text, witness, 1_800_000_000)}`;
const proof = { index: 0, proof: [hashLeaf(neighbour)], checkpoint, extra: null };
const claim = { entry, logKey: log.verifierKey, witnesses: [witness.verifierKey], quorum: 1 };

describe('proof files', () => {
  it('read back as they were written', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const extra = fc.option(fc.uint8Array({ maxLength: 100 }));
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(hash, { maxLength: 53 }), extra, (index, hashes, more) => {
        const value = { index, proof: hashes, checkpoint, extra: more };
        expect(parseProof(formatProof(value))).toEqual(value);
        expect(parseProof(utf8(formatProof(value)))).toEqual(value);
      }),
      { seed: 1 },
    );
  });

  it('never throw anything but a coded error on other input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array()), (input) => {
        expect(() => parseProof(input)).toThrow('WAX_LOG_PROOF');
      }),
      { seed: 2 },
    );
  });

  it('prove that an entry is in a witnessed log', async () => {
    const proven = await verifyProof({ ...claim, proof: formatProof(proof) });
    expect(proven.index).toBe(0);
    expect(proven.checkpoint.size).toBe(2);
    expect(proven.cosignatures).toEqual([{ name: 'witness.example', at: 1_800_000_000_000 }]);
  });

  it('do not prove another entry, another place or another log', async () => {
    const file = formatProof(proof);
    await expect(verifyProof({ ...claim, proof: file, entry: neighbour })).rejects.toThrow(
      'WAX_LOG_INCLUSION',
    );
    const moved = formatProof({ ...proof, index: 1 });
    await expect(verifyProof({ ...claim, proof: moved })).rejects.toThrow('WAX_LOG_INCLUSION');
    await expect(verifyProof({ ...claim, proof: file, origin: 'log.example/two' })).rejects.toThrow(
      'WAX_LOG_ORIGIN',
    );
  });

  it('do not count without the quorum or without the log’s signature', async () => {
    const unwitnessed = formatProof({ ...proof, checkpoint: `${text}\n${await signNote(text, log)}` });
    await expect(verifyProof({ ...claim, proof: unwitnessed })).rejects.toThrow('WAX_LOG_QUORUM');
    const unsigned = formatProof({
      ...proof,
      checkpoint: `${text}\n${await cosign(text, witness, 1_800_000_000)}`,
    });
    await expect(verifyProof({ ...claim, proof: unsigned })).rejects.toThrow('WAX_LOG_UNSIGNED');
  });
});

describe.skipIf(vectors === null)('the tlog-proof vectors', () => {
  const file =
    vectors === null
      ? { cases: [] }
      : JSON.parse(readFileSync(`${vectors}proofs/tlog-proof-cases.json`, 'utf8'));
  const cases: { name: string; leafBase64: string; proof: string; quorum: number; expect: string }[] =
    file.cases;

  it.each(cases)('$name: $expect', async ({ leafBase64, proof: text, quorum, expect: expected }) => {
    const verdict = verifyProof({
      proof: text,
      entry: parseBase64(leafBase64),
      logKey: parseVerifierKey(file.logVkey),
      witnesses: file.witnessVkeys.map(parseVerifierKey),
      quorum,
    });
    if (expected === 'accept') await expect(verdict).resolves.toBeDefined();
    else await expect(verdict).rejects.toThrow('WAX_LOG_');
  });
});
