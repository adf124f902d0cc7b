import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Evidence, forkEvidence, rollbackEvidence } from '../../../protocol/log/evidence.ts';
import { hashLeaf } from '../../../protocol/log/tree.ts';
import { ancestorIn, parseEvidence, verifyEvidence } from '../../../transparency-log/audit/evidence.ts';
import { HashTree } from '../../../transparency-log/hash-tree.ts';
import { LogBuilder, START } from '../../support/log-builder.ts';

async function buildLog(versions: number[]): Promise<LogBuilder> {
  const builder = await LogBuilder.create();
  for (const version of versions) await builder.release({ version });
  await builder.publish();
  return builder;
}

const honest = await buildLog([1, 2, 3, 4]);
const forked = await buildLog([1, 9]);
const domain = honest.domain();
const log = { origin: honest.origin, key: domain.log.key, witnesses: domain.witnesses.map(({ key }) => key) };
const tree = new HashTree();
for (const entry of honest.entries) tree.append(hashLeaf(entry));
const ancestry = ancestorIn(tree, 3);
const good = forkEvidence(log, [forked.checkpoint, honest.checkpoint], ancestry, START);
const again = (evidence: Evidence) => parseEvidence(JSON.stringify(evidence));
const refuted = 'WAX_AUDIT_EVIDENCE_REFUTED';

describe('evidence of a fork', () => {
  it('proves it from the file alone', async () => {
    expect(again(good)).toEqual(good);
    expect(await verifyEvidence(again(good))).toContain('does not begin with the tree of 3');
  });

  it('proves it in whichever order the checkpoints were seen', async () => {
    const turned = forkEvidence(log, [honest.checkpoint, forked.checkpoint], ancestry, START);
    expect(await verifyEvidence(again(turned))).toContain('of 5 entries');
  });

  it('does not accuse a log whose later tree extends the earlier one', async () => {
    const earlier = await honest.sealCheckpoint({ size: 3 });
    await expect(
      verifyEvidence(forkEvidence(log, [earlier, honest.checkpoint], ancestry, START)),
    ).rejects.toThrow('extends');
    const same = forkEvidence(log, [honest.checkpoint, honest.checkpoint], null, START);
    await expect(verifyEvidence(same)).rejects.toThrow('the same');
  });

  it('does not accuse a log of what it did not sign', async () => {
    const stranger = await LogBuilder.create({ seed: 'stranger' });
    const foreign: Evidence = { ...good, checkpoints: [stranger.checkpoint, honest.checkpoint] };
    await expect(verifyEvidence(foreign)).rejects.toThrow(refuted);
    await expect(
      verifyEvidence({ ...good, log: { ...good.log, origin: 'log.example/two' } }),
    ).rejects.toThrow(refuted);
  });

  it('does not hold with a made-up root, a damaged proof or none', async () => {
    const root = Buffer.alloc(32, 7).toString('base64');
    const proof = good.ancestor?.proof ?? [];
    await expect(verifyEvidence({ ...good, ancestor: { root, proof } })).rejects.toThrow('does not verify');
    const short = { root: good.ancestor?.root ?? '', proof: proof.slice(1) };
    await expect(verifyEvidence({ ...good, ancestor: short })).rejects.toThrow('does not verify');
    await expect(verifyEvidence({ ...good, ancestor: null })).rejects.toThrow('no proof');
  });
});

describe('evidence of a rollback', () => {
  it('holds only where a witness cosigned the smaller tree later', async () => {
    const smaller = await honest.sealCheckpoint({ size: 2, at: honest.now + 1000, by: [2] });
    const proven = rollbackEvidence(log, [honest.checkpoint, smaller], START);
    expect(await verifyEvidence(again(proven))).toContain('witness-2.example');
    const earlier = await honest.sealCheckpoint({ size: 2, at: honest.now - 1000 });
    await expect(verifyEvidence(rollbackEvidence(log, [honest.checkpoint, earlier], START))).rejects.toThrow(
      refuted,
    );
    await expect(verifyEvidence(rollbackEvidence(log, [smaller, honest.checkpoint], START))).rejects.toThrow(
      'not smaller',
    );
    await expect(verifyEvidence({ ...proven, witnesses: [] })).rejects.toThrow(refuted);
  });
});

describe('an evidence file', () => {
  it('may be a report of an audit that holds it, and no other report', () => {
    const report = { format: 'waxseal-audit/1', verdict: 'finding', checks: [], evidence: good };
    expect(parseEvidence(JSON.stringify(report))).toEqual(good);
    for (const evidence of [null, undefined, {}, [good]]) {
      expect(() => parseEvidence(JSON.stringify({ ...report, evidence }))).toThrow('WAX_AUDIT_EVIDENCE');
    }
  });

  it('is refused in any other form', () => {
    const file = JSON.parse(JSON.stringify(good));
    for (const other of [
      { ...file, kind: 'theft' },
      { ...file, format: 'waxseal-evidence/2' },
      { ...file, checkpoints: file.checkpoints.slice(1) },
      { ...file, note: 'x' },
      { ...file, ancestor: { root: 'x' } },
    ]) {
      expect(() => parseEvidence(JSON.stringify(other))).toThrow('WAX_AUDIT_EVIDENCE');
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), (input) => {
        expect(() => parseEvidence(input)).toThrow('WAX_AUDIT_EVIDENCE');
      }),
      { seed: 1 },
    );
  });
});
