/**
 * The same evidence through verifiers made by others. Where they and ours say different things, the page
 * docs/attestation-differences.md says why; what it says is held against what happens.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EvidenceResult } from '../../../protocol/attestation/evidence.ts';
import { changedEvidence } from '../../support/attestation/changed-evidence.ts';
import { dcapQvl, peerSays, tinfoil } from '../../support/attestation/peer-verdicts.ts';
import { type RealEvidence, realEvidence } from '../../support/attestation/real-evidence.ts';

const real = realEvidence();
const subjects = [...real, ...changedEvidence()];
const peers = [
  // Quotes without vendor data are not asked: this library needs it as an argument.
  { name: '@phala/dcap-qvl', verdict: await dcapQvl(), takes: isQuoteWithVendorData },
  { name: '@tinfoilsh/verifier', verdict: await tinfoil(), takes: isReport },
];

function isQuoteWithVendorData({ platform, input }: RealEvidence): boolean {
  return platform === 'tdx' && input.endorsements.length > 0;
}

function isReport({ platform, input }: RealEvidence): boolean {
  return platform === 'snp' && input.endorsements.length > 0;
}

function ours({ checks, claims }: EvidenceResult): string {
  if (checks.some(({ state }) => state !== 'pass')) return 'refused';
  const { merged } = Object(claims.tcb);
  return merged ? `accepted (${merged.status})` : 'accepted';
}

/** `evidence | peer | ours | theirs`, for each disagreement. */
async function disagreements(): Promise<string[]> {
  const found: string[] = [];
  for (const { name: peer, verdict, takes } of peers) {
    for (const subject of verdict === null ? [] : subjects.filter(takes)) {
      const result = await subject.verifier.verify(subject.input);
      const theirs = verdict && (await peerSays(verdict, subject.input));
      const codes = new Set(result.checks.flatMap(({ code }) => code ?? []));
      if (theirs !== ours(result)) found.push([subject.name, peer, ours(result), theirs].join(' | '));
      console.log(`${subject.name}: ours ${ours(result)} ${[...codes].join(' ')}; ${peer} ${theirs}`);
    }
  }
  return found.sort();
}

const page = readFileSync('docs/attestation-differences.md', 'utf8');
const explained = [
  ...page.matchAll(/^\| `([^`]+)`(, [^|]+)? \| `([^`]+)` \| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm),
].map(([, vector, change = '', peer, mine, theirs]) =>
  [`${vector}${change}`, peer, mine, theirs].join(' | '),
);

describe.skipIf(real.length === 0 || peers.some(({ verdict }) => verdict === null))(
  'verifiers made by others',
  () => {
    it('differ from ours in what the page explains, and in nothing else', async () => {
      expect(await disagreements()).toEqual(explained.sort());
    });
  },
);

it('the page has rows to compare', () => {
  expect(explained.length).toBeGreaterThan(5);
});
