/** Checks against a policy (T7 to T15) and of the challenge (T14). */
import { equalBytes, toHex } from '../../bytes.ts';
import type { CheckList, Found } from '../check-list.ts';
import { attestationError } from '../errors.ts';
import type { EvidenceInput } from '../evidence.ts';
import type { CheckedCollateral } from './checks-collateral.ts';
import type { TcbInfo } from './collateral.ts';
import { tdxError } from './errors.ts';
import type { PckPlatform } from './pck.ts';
import type { TdxPolicy } from './policy.ts';
import { bodyPolicyChecks } from './policy-checks.ts';
import type { TdBody, TdxQuote } from './quote.ts';
import {
  judgeModule,
  judgePlatform,
  judgeQe,
  mergeVerdicts,
  type Verdict,
  verifyAdvisories,
  verifyStatus,
} from './tcb.ts';

function checkTcb(
  checks: CheckList,
  quote: Found<TdxQuote>,
  platform: Found<PckPlatform>,
  collateral: CheckedCollateral,
  policy: Found<TdxPolicy>,
) {
  const { info, identity } = collateral;
  const qe = checks.run(
    'T7.level',
    'policy',
    'The quoting enclave has a listed security version.',
    [quote, identity],
    (it, published) => judgeQe(it.qeReport, published),
  );
  const module = checks.run(
    'T8',
    'policy',
    'The TDX module is one that Intel published.',
    [quote, info],
    ({ body }, it) => judgeModule(body, body.teeTcbSvn, it),
  );
  const level = checks.run(
    'T9',
    'policy',
    'The platform reaches a level that Intel lists.',
    [quote, platform, info],
    ({ body }, it, list) => judgePlatform(it, body.teeTcbSvn, list),
  );
  const merged = mergedVerdict(level, module, qe);
  checks.run(
    'T10',
    'policy',
    'The firmware has a status that is accepted.',
    [merged, quote, platform, info, qe, policy],
    (verdict, { body }, it, list, enclave, rules) => {
      verifyStatus(verdict, relaunchedVerdict(body, it, list, enclave), rules);
    },
  );
  checks.run(
    'T10.advisories',
    'policy',
    'No advisory is open that is not accepted.',
    [merged, policy],
    verifyAdvisories,
  );
  checks.run(
    'T6.evaluation',
    'policy',
    'The vendor data is of an evaluation that is recent enough.',
    [info, identity, policy],
    (tcb, published, { minimumEvaluation }) => {
      const evaluation = Math.min(tcb.evaluation, published.evaluation);
      if (evaluation < minimumEvaluation) throw tdxError('WAX_TDX_EVALUATION', `${evaluation}`);
    },
  );
  return { qe, module, level, merged };
}

/** The worst of the three, once each has one. */
async function mergedVerdict(...verdicts: Found<Verdict>[]): Promise<Verdict | null> {
  const found = (await Promise.all(verdicts)).filter((verdict) => verdict !== null);
  return found.length === verdicts.length ? mergeVerdicts(found) : null;
}

/** The result with the module as it runs now; null in quotes that do not say it, or if it reaches no level. */
function relaunchedVerdict(body: TdBody, platform: PckPlatform, info: TcbInfo, qe: Verdict): Verdict | null {
  const { teeTcbSvn2 } = body;
  if (teeTcbSvn2 === null) return null;
  try {
    const module = judgeModule(body, teeTcbSvn2, info);
    return mergeVerdicts([judgePlatform(platform, teeTcbSvn2, info), module, qe]);
  } catch {
    // It only ever turns an out-of-date status into "start again": without it the status stands.
    return null;
  }
}

/** Runs all checks of the layers `policy` and `binding`; returns the TCB results, null where not judged. */
export function checkPolicy(
  checks: CheckList,
  { policy: given, expectedReportData }: EvidenceInput,
  quote: Found<TdxQuote>,
  platform: Found<PckPlatform>,
  collateral: CheckedCollateral,
) {
  const policy = checks.run('policy', 'policy', 'This kind of hardware is accepted here.', [], () => {
    if (given === undefined) throw attestationError('WAX_ATTESTATION_PLATFORM', 'tdx');
    if (given.type !== 'tdx') throw attestationError('WAX_ATTESTATION_POLICY', `${given.type} for tdx`);
    return given;
  });
  const verdicts = checkTcb(checks, quote, platform, collateral, policy);
  for (const { id, text, judge } of bodyPolicyChecks) {
    checks.run(id, 'policy', text, [quote, policy], ({ body }, rules) => judge(body, rules));
  }
  checks.run(
    'T15',
    'policy',
    'The machine is not on the list of refused machines.',
    [platform, policy],
    ({ ppid }, { deniedHardware }) => {
      if (deniedHardware.includes(toHex(ppid))) throw tdxError('WAX_TDX_PLATFORM_DENIED');
    },
  );
  checks.run('T14', 'binding', 'The quote answers this challenge.', [quote], ({ body }) => {
    if (expectedReportData?.length !== 64) throw tdxError('WAX_TDX_BINDING_ABSENT');
    if (!equalBytes(body.reportData, expectedReportData)) throw tdxError('WAX_TDX_BINDING');
  });
  return verdicts;
}
