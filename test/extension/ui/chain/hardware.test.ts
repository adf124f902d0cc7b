import { beforeAll, describe, expect, it } from 'vitest';
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { hardwareWords } from '../../../../extension/ui/chain/hardware.ts';
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import type { EvidenceInput, EvidenceVerifier } from '../../../../protocol/attestation/evidence.ts';
import type { JsonValue } from '../../../../protocol/json.ts';
import type { VerificationReport } from '../../../../protocol/report.ts';
import { makeSnp } from '../../../support/attestation/amd-pki.ts';
import { makeNitro } from '../../../support/attestation/aws-pki.ts';
import { level, sixteen, tcbInfo } from '../../../support/attestation/intel-collateral.ts';
import { makeTdx } from '../../../support/attestation/intel-pki.ts';
import { catalogueSource } from '../catalogue.ts';
import { report } from '../gallery/fixtures.ts';

beforeAll(() => setMessageSource(catalogueSource('en', en)));

/** A report as `verifyAnswer` writes it, over this evidence. */
async function reportOver({
  input,
  verifier,
}: {
  input: EvidenceInput;
  verifier: EvidenceVerifier;
}): Promise<VerificationReport> {
  const { claims, product, hardwareId } = await verifier.verify(input);
  const recorded: { [id: string]: { [key: string]: JsonValue } } = {
    evidence: { type: verifier.type, product, hardwareId },
    platform: claims,
  };
  const rows = report.rows.map((row) => ({ ...row, evidence: recorded[row.id] ?? row.evidence }));
  return { ...report, simulated: verifier.simulated, rows };
}

/** Sets the debug bit of the TD attributes, 120 bytes into the body of a quote. */
function debugged(signed: Uint8Array): void {
  signed[48 + 120] = 1;
}

const wordsOf = async (made: Parameters<typeof reportOver>[0]) => {
  const { chip, firmware } = hardwareWords(await reportOver(made));
  return [...chip, ...firmware].map(([label, value]) => `${label}: ${value}`);
};

describe('the words for hardware and firmware', () => {
  it('name processor, versions and that nobody can look inside, for SEV-SNP', async () => {
    expect(await wordsOf(makeSnp())).toMatchInlineSnapshot(`
      [
        "Hardware: AMD Genoa processor; it keeps the memory encrypted (SEV-SNP)",
        "Security software: Version 1.55.40, with boot loader 10, SNP 23, microcode 84",
        "Looking inside: Switched off since the start",
      ]
    `);
  });

  it('say what Intel says of the firmware, for TDX', async () => {
    expect(await wordsOf(makeTdx())).toMatchInlineSnapshot(`
      [
        "Hardware: Intel processor; it keeps the memory encrypted (TDX)",
        "Security software: Up to date, says Intel",
        "Known weaknesses: None named by Intel",
        "Looking inside: Switched off since the start",
      ]
    `);
  });

  it('say that a patch is missing, which weaknesses that leaves, and that the owner may look inside', async () => {
    const late = level(sixteen(1), sixteen(1), 0, 'OutOfDate', ['INTEL-SA-00001', 'INTEL-SA-00002']);
    const words = await wordsOf(makeTdx({ tcbInfo: { ...tcbInfo, tcbLevels: [late] }, patch: debugged }));
    expect(words.slice(1)).toEqual([
      'Security software: A patch of Intel is not installed yet',
      'Known weaknesses: INTEL-SA-00001 and INTEL-SA-00002',
      'Looking inside: Possible for the owner of the machine',
    ]);
  });

  it('name Nitro, of which the proof gives no version', async () => {
    expect(await wordsOf(makeNitro())).toMatchInlineSnapshot(`
      [
        "Hardware: AWS machine whose Nitro hypervisor keeps the enclave apart",
        "Security software: Kept by AWS; the proof names no version",
        "Looking inside: Switched off since the start",
      ]
    `);
  });

  it('say nothing where the evidence could not be read, or is of a kind without words', async () => {
    const made = makeTdx();
    const input = { ...made.input, evidence: made.input.evidence.subarray(0, 40) };
    expect(await wordsOf({ ...made, input })).toEqual([]);
    const other = { ...made.verifier, type: 'unheard-of' } as unknown as EvidenceVerifier;
    expect(await wordsOf({ ...made, verifier: other })).toEqual([]);
  });

  it('tell a simulator from a chip', async () => {
    const { chip } = hardwareWords({ ...(await reportOver(makeSnp())), simulated: true });
    expect(chip[0]?.[1]).toContain('simulator');
  });
});
