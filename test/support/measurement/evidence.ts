/** Evidence of each platform whose machine reports given registers, under roots of our own; all else in it passes. */
import type { EvidenceInput, EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { parseHex } from '../../../protocol/bytes.ts';
import { makeSnp } from '../attestation/amd-pki.ts';
import { makeNitro } from '../attestation/aws-pki.ts';
import { makeTdx } from '../attestation/intel-pki.ts';

export type Registers = { [name: string]: string };

/** Where each platform has its registers, in evidence that passes every other check. */
export const hardware: Record<string, (registers: Registers, data: Uint8Array) => Made> = {
  'sev-snp': ({ launchDigest = '' }, data) =>
    makeSnp({ report: { measurement: parseHex(launchDigest), reportData: data } }),
  tdx: ({ mrtd = '', ...rtmrs }, data) =>
    makeTdx({
      patch(signed) {
        const body = 48;
        signed.set(parseHex(mrtd), body + 136);
        for (const index of [0, 1, 2, 3])
          signed.set(parseHex(rtmrs[`rtmr${index}`] ?? ''), body + 328 + 48 * index);
        signed.set(data, body + 520);
      },
    }),
  nitro: (registers, data) =>
    makeNitro({
      pcrs: Array.from({ length: 16 }, (_, index) => [
        index,
        parseHex(registers[`pcr${index}`] ?? '00'.repeat(48)),
      ]),
      document: { user_data: data },
    }),
};

interface Made {
  input: EvidenceInput;
  verifier: EvidenceVerifier;
}
