/**
 * TCB evaluation by Intel's published algorithm (PCS API version 4; T8 to T10): platform, module and quoting
 * enclave are judged one by one and the worst counts.
 * @module
 */
import { equalBytes } from '../../bytes.ts';
import type { ModuleIdentity, PlatformLevel, QeIdentity, SvnLevel, TcbInfo } from './collateral.ts';
import { tdxError } from './errors.ts';
import type { PckPlatform } from './pck.ts';
import { type TdxPolicy, type TdxStatus, tdxStatuses } from './policy.ts';
import type { QeReport, TdBody } from './quote.ts';

export interface Verdict {
  readonly status: TdxStatus;
  readonly advisories: readonly string[];
}

function masked(value: Uint8Array, mask: Uint8Array): Uint8Array {
  return value.map((byte, index) => byte & (mask[index] ?? 0xff));
}

/** T7: the quoting enclave is the one that Intel describes. A debug enclave has another attribute bit. */
export function verifyQeIdentity(qe: QeReport, identity: QeIdentity): void {
  const same =
    equalBytes(qe.mrSigner, identity.mrSigner) &&
    qe.isvProdId === identity.isvProdId &&
    equalBytes(masked(qe.miscSelect, identity.miscSelectMask), identity.miscSelect) &&
    equalBytes(masked(qe.attributes, identity.attributesMask), identity.attributes);
  if (!same) throw tdxError('WAX_TDX_QE_IDENTITY');
}

function judgeSvn(levels: readonly SvnLevel[], svn: number, what: string): Verdict {
  const level = levels.find(({ isvSvn }) => svn >= isvSvn);
  if (!level) throw tdxError('WAX_TDX_NO_LEVEL', `${what} ${svn}`);
  return level;
}

/** T7: status of the quoting enclave by its security version. */
export function judgeQe(qe: QeReport, identity: QeIdentity): Verdict {
  return judgeSvn(identity.levels, qe.isvSvn, 'quoting enclave');
}

function verifyModuleSigner(body: TdBody, identity: ModuleIdentity): void {
  const same =
    equalBytes(body.mrSignerSeam, identity.mrSigner) &&
    equalBytes(masked(body.seamAttributes, identity.attributesMask), identity.attributes);
  if (!same) throw tdxError('WAX_TDX_MODULE');
}

/** T8: the module by its version; one without a version has no levels of its own and counts as up to date. */
export function judgeModule(body: TdBody, svn: Uint8Array, info: TcbInfo): Verdict {
  const [isvSvn = 0, version = 0] = svn;
  if (version === 0) {
    verifyModuleSigner(body, info.module);
    return { status: 'UpToDate', advisories: [] };
  }
  const id = `TDX_${version.toString(16).padStart(2, '0')}`.toUpperCase();
  const identity = info.moduleIdentities.find((module) => module.id.toUpperCase() === id);
  if (!identity) throw tdxError('WAX_TDX_MODULE', `${id} is not listed`);
  verifyModuleSigner(body, identity);
  return judgeSvn(identity.levels, isvSvn, id);
}

function reaches(level: PlatformLevel, platform: PckPlatform, svn: Uint8Array): boolean {
  // From module version 1 on, components 0 and 1 name the module, which has levels of its own.
  const from = svn[1] === 0 ? 0 : 2;
  return (
    level.sgx.every((least, index) => (platform.components[index] ?? 0) >= least) &&
    platform.pceSvn >= level.pceSvn &&
    level.tdx.every((least, index) => index < from || (svn[index] ?? 0) >= least)
  );
}

/** T9: the first level that the platform reaches in every component. */
export function judgePlatform(platform: PckPlatform, svn: Uint8Array, info: TcbInfo): Verdict {
  const level = info.levels.find((candidate) => reaches(candidate, platform, svn));
  if (!level) throw tdxError('WAX_TDX_NO_LEVEL', 'platform');
  return level;
}

/** T10: the worst of several; out of date and wrongly configured at once has a name of its own. */
export function mergeVerdicts(verdicts: readonly Verdict[]): Verdict {
  const statuses = verdicts.map(({ status }) => status);
  const isConfiguration = (status: TdxStatus) => status.includes('Configuration');
  let status = statuses.reduce((worst, next) =>
    tdxStatuses.indexOf(next) > tdxStatuses.indexOf(worst) ? next : worst,
  );
  if (status === 'OutOfDate' && statuses.some(isConfiguration)) status = 'OutOfDateConfigurationNeeded';
  const hardening = statuses.includes('SWHardeningNeeded');
  if (status === 'ConfigurationNeeded' && hardening) status = 'ConfigurationAndSWHardeningNeeded';
  return { status, advisories: [...new Set(verdicts.flatMap(({ advisories }) => advisories))].sort() };
}

const refusals = {
  UpToDate: 'WAX_TDX_OUT_OF_DATE',
  SWHardeningNeeded: 'WAX_TDX_HARDENING',
  ConfigurationNeeded: 'WAX_TDX_CONFIGURATION',
  ConfigurationAndSWHardeningNeeded: 'WAX_TDX_CONFIGURATION',
  OutOfDate: 'WAX_TDX_OUT_OF_DATE',
  OutOfDateConfigurationNeeded: 'WAX_TDX_OUT_OF_DATE',
  Revoked: 'WAX_TDX_REVOKED',
} as const;

/**
 * T10: whether we accept the result.
 * @param relaunched the result for the module as it runs now, where a quote says it (version 5)
 */
export function verifyStatus(verdict: Verdict, relaunched: Verdict | null, policy: TdxPolicy): void {
  const { status } = verdict;
  if (policy.statuses.includes(status)) return;
  const updatedInPlace = status.startsWith('OutOfDate') && relaunched?.status === 'UpToDate';
  if (updatedInPlace && policy.relaunchAdvised) return;
  throw tdxError(updatedInPlace ? 'WAX_TDX_RELAUNCH' : refusals[status], status);
}

/** T10: where software hardening is the guest's task, only for advisories that the policy names. */
export function verifyAdvisories({ status, advisories }: Verdict, policy: TdxPolicy): void {
  if (!status.includes('SWHardening')) return;
  const open = advisories.filter((advisory) => !policy.advisories.includes(advisory));
  if (open.length > 0) throw tdxError('WAX_TDX_ADVISORY', open.join(', '));
}

/**
 * The TCB event (Intel's TCB recovery, by its evaluation number) under which the firmware is out of date; null
 * for every other status, and where TCB info and QE identity are of two evaluations, which name no one event.
 */
export function outdatingEvent(
  merged: Verdict | null,
  info: TcbInfo | null,
  identity: QeIdentity | null,
): string | null {
  if (merged?.status !== 'OutOfDate' || !info || info.evaluation !== identity?.evaluation) return null;
  return `INTEL-TCB-R-${info.evaluation}`;
}
