/** Real evidence with changes that a verifier must notice; empty in a plain clone. */
import type { EvidenceInput } from '../../../protocol/attestation/evidence.ts';
import { concatBytes } from '../../../protocol/bytes.ts';
import { type RealEvidence, realEvidence } from './real-evidence.ts';

type Change = (input: EvidenceInput, others: readonly RealEvidence[]) => Partial<EvidenceInput>;

const flip = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes.at(at) ?? 0) ^ 1);
const replace = (
  { endorsements }: EvidenceInput,
  index: number,
  change: (bytes: Uint8Array) => Uint8Array,
) => ({
  endorsements: endorsements.map((item, at) => (at === index ? change(item) : item)),
});
const PCK_LIST = 3;
const ROOT_LIST = 4;

const changes: { of: string; what: string; change: Change }[] = [
  {
    of: 'tdx/v5-emr-2026',
    what: 'a byte that is not zero after the quote',
    change: ({ evidence }) => ({ evidence: concatBytes(evidence, Uint8Array.of(1)) }),
  },
  {
    of: 'tdx/v5-emr-2026',
    what: 'a flipped bit in the signature of the PCK revocation list',
    change: (input) => replace(input, PCK_LIST, (list) => flip(list, -1)),
  },
  {
    of: 'tdx/v5-emr-2026',
    what: 'no PCK revocation list',
    change: (input) => replace(input, PCK_LIST, () => new Uint8Array()),
  },
  {
    of: 'tdx/v5-emr-2026',
    what: "the root's list in place of the PCK revocation list",
    change: (input) => replace(input, PCK_LIST, (list) => input.endorsements[ROOT_LIST] ?? list),
  },
  {
    of: 'tdx/v5-emr-2026',
    what: 'a PCK revocation list that ended eight months before',
    change: (input, others) => {
      const older = others.find(({ name }) => name.includes('tappd'))?.input.endorsements[PCK_LIST];
      return replace(input, PCK_LIST, (list) => older ?? list);
    },
  },
  {
    of: 'tdx/v5-emr-2026',
    what: 'a flipped bit in the signature of the root revocation list',
    change: (input) => replace(input, ROOT_LIST, (list) => flip(list, -1)),
  },
  {
    of: 'tdx/v5-emr-2026',
    what: 'a flipped bit in the quote',
    change: ({ evidence }) => ({ evidence: flip(evidence, 200) }),
  },
  {
    of: 'tdx/v5-emr-2026',
    what: 'vendor data of another date',
    change: ({ at }) => ({ at: at + 60 * 86_400_000 }),
  },
  {
    of: 'snp/genoa-v3-azure',
    what: 'a byte after the report',
    change: ({ evidence }) => ({ evidence: concatBytes(evidence, Uint8Array.of(1)) }),
  },
  {
    of: 'snp/genoa-v3-azure',
    what: 'r of more than 384 bits',
    change: ({ evidence }) => ({ evidence: evidence.with(0x2a0 + 60, 1) }),
  },
  {
    of: 'snp/genoa-v3-azure',
    what: 'a flipped bit in the measurement',
    change: ({ evidence }) => ({ evidence: flip(evidence, 0x90) }),
  },
  {
    of: 'snp/genoa-v3-azure',
    what: 'a byte after the VCEK',
    change: (input) => replace(input, 0, (vcek) => concatBytes(vcek, Uint8Array.of(0))),
  },
];

/** Each under the name of its vector and what was changed. */
export function changedEvidence(): RealEvidence[] {
  const real = realEvidence();
  return changes.flatMap(({ of, what, change }) =>
    real
      .filter(({ name }) => name.startsWith(of))
      .map((one) => ({
        ...one,
        name: `${one.name}, ${what}`,
        input: { ...one.input, ...change(one.input, real) },
      })),
  );
}
