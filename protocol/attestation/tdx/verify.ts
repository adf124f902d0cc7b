/**
 * TDX evidence: all checks of section 2.2 of the attestation reference, C1 to C10 and T1 to T15. Endorsements,
 * in the order of wire format B2: TCB info body, QE identity body, signing chain (PEM), PCK revocation list,
 * root revocation list. The platform's own chain is inside the quote.
 * @module
 */
import { toHex } from '../../bytes.ts';
import { earliestEnd } from '../chain.ts';
import { CheckList, type Found } from '../check-list.ts';
import { attestationError } from '../errors.ts';
import type { EvidenceInput, EvidenceResult, EvidenceVerifier } from '../evidence.ts';
import { checkCollateral } from './checks-collateral.ts';
import { checkChain, checkSignatures } from './checks-crypto.ts';
import { checkPolicy } from './checks-policy.ts';
import { collateralClaims, platformClaims, quoteClaims, verdictClaims } from './claims.ts';
import { parseTdxQuote, type TdxQuote, verifyReserved, verifyTrailing, verifyVendor } from './quote.ts';
import { outdatingEvent } from './tcb.ts';

const MAX_ENDORSEMENT = 256 * 1024;

function checkForm(checks: CheckList, { evidence, endorsements }: EvidenceInput): Found<TdxQuote> {
  const quote = checks.run('T1', 'format', 'The quote is well-formed and its lengths agree.', [], () =>
    parseTdxQuote(evidence),
  );
  checks.run('C10', 'format', 'The endorsements are of the number and size that quotes have.', [], () => {
    if (endorsements.length > 5 || endorsements.some((item) => item.length > MAX_ENDORSEMENT)) {
      throw attestationError('WAX_ATTESTATION_ENDORSEMENTS', `${endorsements.length}`);
    }
  });
  checks.run('T1.vendor', 'format', "The quote is by Intel's quoting enclave.", [quote], verifyVendor);
  checks.run('T1.reserved', 'format', 'All reserved fields are zero.', [quote], verifyReserved);
  checks.run('C1', 'format', 'Nothing unsigned follows the quote but zeros.', [quote], verifyTrailing);
  return quote;
}

async function verifyTdx(pin: string, input: EvidenceInput): Promise<EvidenceResult> {
  const checks = new CheckList();
  const quote = await checkForm(checks, input);
  const chain = checkChain(checks, quote, input.at, pin);
  checkSignatures(checks, quote, chain.pck);
  const collateral = checkCollateral(checks, input, pin, quote, chain.platform, chain);
  const verdicts = checkPolicy(checks, input, quote, chain.platform, collateral);
  return resultOf(await checks.rows(), await quote, chain, collateral, verdicts);
}

/** What the checks found, beside their rows. */
async function resultOf(
  checks: EvidenceResult['checks'],
  quote: TdxQuote | null,
  chain: ReturnType<typeof checkChain>,
  collateral: ReturnType<typeof checkCollateral>,
  verdicts: ReturnType<typeof checkPolicy>,
): Promise<EvidenceResult> {
  const [platform, info, identity, level, module, qe, merged] = await Promise.all([
    chain.platform,
    collateral.info,
    collateral.identity,
    verdicts.level,
    verdicts.module,
    verdicts.qe,
    verdicts.merged,
  ]);
  const authorities = await Promise.all([chain.pck, chain.ca, chain.root]);
  const outdatedBy = outdatingEvent(merged, info, identity);
  const registers = ['mrTd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'] as const;
  return {
    checks,
    claims: {
      ...(quote && { quote: quoteClaims(quote) }),
      ...(platform && { platform: platformClaims(platform) }),
      ...(info && { tcbInfo: collateralClaims(info) }),
      ...(identity && { qeIdentity: collateralClaims(identity) }),
      tcb: {
        platform: verdictClaims(level),
        module: verdictClaims(module),
        qe: verdictClaims(qe),
        merged: verdictClaims(merged),
      },
    },
    measurement:
      quote && Object.fromEntries(registers.map((name) => [name.toLowerCase(), toHex(quote.body[name])])),
    reportData: quote?.body.reportData ?? null,
    hardwareId: platform && toHex(platform.ppid),
    product: platform && `FMSPC ${toHex(platform.fmspc)}`,
    ...(outdatedBy !== null && { outdatedBy }),
    notAfter: earliestEnd([...authorities.map((it) => it?.notAfter), ...(await collateral.ends())]),
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
