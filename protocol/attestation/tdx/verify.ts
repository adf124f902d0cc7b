/**
 * TDX evidence: all checks of section 2.2 of the attestation reference, C1 to C10 and T1 to T15. Endorsements,
 * in the order of wire format B2: TCB info body, QE identity body, signing chain (PEM), PCK revocation list,
 * root revocation list. The platform's own chain is inside the quote.
 * @module
 */
import { toHex } from '../../bytes.ts';
import { earliestEnd } from '../chain.ts';
import { CheckList } from '../check-list.ts';
import { attestationError } from '../errors.ts';
import type { EvidenceInput, EvidenceResult, EvidenceVerifier } from '../evidence.ts';
import { checkCollateral } from './checks-collateral.ts';
import { checkChain, checkSignatures } from './checks-crypto.ts';
import { checkPolicy } from './checks-policy.ts';
import { collateralClaims, platformClaims, quoteClaims, verdictClaims } from './claims.ts';
import { parseTdxQuote, type TdxQuote, verifyReserved, verifyTrailing, verifyVendor } from './quote.ts';
import { outdatingEvent } from './tcb.ts';

const MAX_ENDORSEMENT = 256 * 1024;

async function checkForm(
  checks: CheckList,
  { evidence, endorsements }: EvidenceInput,
): Promise<TdxQuote | null> {
  const quote = await checks.run('T1', 'format', 'The quote is well-formed and its lengths agree.', [], () =>
    parseTdxQuote(evidence),
  );
  await checks.run(
    'C10',
    'format',
    'The endorsements are of the number and size that quotes have.',
    [],
    () => {
      if (endorsements.length > 5 || endorsements.some((item) => item.length > MAX_ENDORSEMENT)) {
        throw attestationError('WAX_ATTESTATION_ENDORSEMENTS', `${endorsements.length}`);
      }
    },
  );
  await checks.run('T1.vendor', 'format', "The quote is by Intel's quoting enclave.", [quote], verifyVendor);
  await checks.run('T1.reserved', 'format', 'All reserved fields are zero.', [quote], verifyReserved);
  await checks.run('C1', 'format', 'Nothing unsigned follows the quote but zeros.', [quote], verifyTrailing);
  return quote;
}

async function verifyTdx(pin: string, input: EvidenceInput): Promise<EvidenceResult> {
  const checks = new CheckList();
  const quote = await checkForm(checks, input);
  const { pck, ca, root, platform } = await checkChain(checks, quote, input.at, pin);
  await checkSignatures(checks, quote, pck);
  const collateral = await checkCollateral(checks, input, pin, quote, platform, { pck, ca, root });
  const verdicts = await checkPolicy(checks, input, quote, platform, collateral);
  const { info, identity } = collateral;
  const outdatedBy = outdatingEvent(verdicts.merged, info, identity);
  const registers = ['mrTd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'] as const;
  return {
    checks: checks.checks,
    claims: {
      ...(quote && { quote: quoteClaims(quote) }),
      ...(platform && { platform: platformClaims(platform) }),
      ...(info && { tcbInfo: collateralClaims(info) }),
      ...(identity && { qeIdentity: collateralClaims(identity) }),
      tcb: {
        platform: verdictClaims(verdicts.level),
        module: verdictClaims(verdicts.module),
        qe: verdictClaims(verdicts.qe),
        merged: verdictClaims(verdicts.merged),
      },
    },
    measurement:
      quote && Object.fromEntries(registers.map((name) => [name.toLowerCase(), toHex(quote.body[name])])),
    reportData: quote?.body.reportData ?? null,
    hardwareId: platform && toHex(platform.ppid),
    product: platform && `FMSPC ${toHex(platform.fmspc)}`,
    ...(outdatedBy !== null && { outdatedBy }),
    notAfter: earliestEnd([pck?.notAfter, ca?.notAfter, root?.notAfter, ...collateral.ends]),
  };
}

/** A verifier for TDX quotes whose chains end in the root with this fingerprint. */
export function createTdxVerifier(root: string): EvidenceVerifier {
  return {
    code: 2,
    type: 'tdx',
    vendor: 'Intel',
    simulated: false,
    verify: (input) => verifyTdx(root, input),
  };
}
