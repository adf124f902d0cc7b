/** Parts of the report of an audit in words. @module */
import { toBase64 } from '../../protocol/bytes.ts';
import type { Cosignature } from '../../protocol/log/cosignature.ts';
import type { LogIdentity } from '../../protocol/log/evidence.ts';
import type { AuditReport } from './report.ts';
import type { WitnessAnswer } from './witness-views.ts';

/** @param proofs how many inclusion proofs were compared; null for a log that is too large */
export function describeSecondOpinion(proofs: number | null): string {
  return proofs === null
    ? 'left out: the log is too large for merkletreejs'
    : `merkletreejs agrees, and on ${proofs} proofs`;
}

/** What each witness has signed, and what it shows. */
export function describeWitnesses(
  { witnesses }: LogIdentity,
  cosignatures: readonly Cosignature[],
  answers: readonly WitnessAnswer[],
): AuditReport['witnesses'] {
  const time = (at: number) => new Date(at).toISOString();
  return witnesses.map(({ name }) => {
    const cosignature = cosignatures.find((each) => each.name === name);
    const view = answers.find((each) => each.name === name)?.view ?? null;
    return {
      name,
      cosignedAt: cosignature === undefined ? null : time(cosignature.at),
      view: view && {
        size: view.checkpoint.size,
        root: toBase64(view.checkpoint.root),
        cosignedAt: time(view.at),
      },
    };
  });
}
