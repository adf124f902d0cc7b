/** `waxseal evidence …`: judge hardware evidence by itself, without a log or a session. */
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { type Command, exitCodes } from '../command.ts';
import { judgeEvidence } from './evidence/judge.ts';
import { parseEvidenceRequest } from './evidence/request.ts';

const verify: Command = {
  name: 'evidence verify',
  summary: 'judge hardware evidence from a JSON request',
  help: `Usage: waxseal evidence verify < REQUEST.json

Reads one JSON request from standard input, runs every check on the evidence in it, and writes one JSON answer.
It asks nobody: what a vendor signed must be in the request. It says what the hardware proves, not that anybody
approved the measurement; "waxseal verify URL" checks that in the log.

Request:
  type          "sev-snp", "tdx" or "nitro"
  evidence      base64: the report, the quote or the COSE_Sign1 document
  at            RFC 3339 time at which to judge every date
  endorsements  what the vendor signed, as the type needs it:
                certificates  SNP chain: array of base64 DER, or one text of PEM (pem is another name for that)
                crls          array of base64 DER: SNP [list of the root]; TDX [PCK list, root list]
                tcbInfo, qeIdentity, tcbSigningChain   TDX: exact bodies, and the chain in PEM
  expected      hex: reportData (64 bytes), measurement (one or more registers, from the first on), nonce (Nitro)
  policy        changes to the strict default policy of that type
  layersOnly    judge these layers alone: format, crypto, collateral, policy, binding

Answer:
  verdict       "accept" or "reject"
  layers        each layer: "pass", "fail" or "skipped"
  checks        every check: id, state, code where it failed, text
  claims        every parsed field; proof of nothing unless the verdict is accept

Without expected.reportData (or expected.nonce for Nitro) the layer binding fails: evidence that answers nobody's
challenge may be a copy.

Exit codes: 0 accept, 10 reject, 30 malformed request.`,
  async run(args) {
    parseArgs({ args, options: {} });
    const answer = await judgeEvidence(parseEvidenceRequest(await text(process.stdin)));
    console.log(JSON.stringify(answer));
    return answer.verdict === 'accept' ? exitCodes.ok : exitCodes.rejected;
  },
};

export const evidenceCommands: readonly Command[] = [verify];
