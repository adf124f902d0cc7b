/** The words of the ten rows (LOOKS 7.2). A variant without its own words falls back to the report's sentence. */
import type { Row, RowId, VerificationReport } from '../../../protocol/report.ts';
import { t, tn } from '../i18n/messages.ts';
import { operatorOf } from '../state/describe.ts';
import type { Figures } from '../surfaces/status.ts';

export interface RowText {
  readonly title: string;
  readonly sentence: string;
}

interface Facts {
  readonly vendor: string;
  readonly operator: string;
  readonly report: VerificationReport;
}

/** Minutes until a report's end, from now on; null if it has none. */
export function minutesLeft(report: VerificationReport, now: number): number | null {
  if (report.expiresAt === null) return null;
  return Math.max(0, Math.floor((Date.parse(report.expiresAt) - now) / 60_000));
}

const titles: Record<RowId, (facts: Facts) => string> = {
  answer: () => t('rowAnswer'),
  evidence: ({ vendor, report }) => (report.simulated ? t('simulatorName') : t('rowEvidence', { vendor })),
  collateral: () => t('rowCollateral'),
  platform: () => t('rowPlatform'),
  binding: () => t('rowBinding'),
  log: ({ report }) => tn('rowLog', report.log?.witnesses.length ?? 0),
  release: ({ report: { release } }) =>
    release === null
      ? t('rowReleaseOpen')
      : t('rowRelease', { k: release.publishers.length, n: release.publisherCount }),
  machine: () => t('rowMachine'),
  wire: () => t('rowWire'),
  lifetime: () => t('rowLifetime'),
};

/** No revocation list was checked: AWS has none for Nitro, and the certificates come with the proof. */
function hasOnlyDates({ rows }: VerificationReport): boolean {
  const { checks = [] } = rows.find(({ id }) => id === 'collateral') ?? {};
  return checks.length > 0 && checks.every(({ id }) => id.startsWith('C8.'));
}

/** Firmware that is out of date passed only because the log holds a grace for it. */
function isInGrace({ rows }: VerificationReport): boolean {
  return rows.some(({ id, evidence }) => id === 'platform' && evidence.grace !== undefined);
}

const passed: Record<RowId, (facts: Facts) => string> = {
  answer: () => t('rowAnswerPass'),
  evidence: ({ vendor, report }) =>
    report.simulated ? t('rowEvidencePassSimulated') : t('rowEvidencePass', { vendor }),
  collateral: ({ vendor, report }) =>
    hasOnlyDates(report) ? t('rowCollateralPassDates', { vendor }) : t('rowCollateralPass', { vendor }),
  platform: ({ report }) => (isInGrace(report) ? t('rowPlatformPassGrace') : t('rowPlatformPass')),
  binding: () => t('rowBindingPass'),
  log: ({ report }) => t('rowLogPass', { n: report.log?.size ?? 0 }),
  release: ({ report }) => t('rowReleasePass', { r: String(report.release?.version ?? '') }),
  machine: ({ operator }) => t('rowMachinePass', { operator }),
  wire: () => t('rowWirePass'),
  lifetime: ({ report }) => {
    const n = minutesLeft(report, Date.now());
    return n === null ? t('rowLifetimePassOpen') : t('rowLifetimePass', { n });
  },
};

/** By `row`, or by `row:variant` where the report names one. */
const failures: { readonly [key: string]: (facts: Facts) => string } = {
  answer: () => t('rowAnswerFail'),
  evidence: ({ vendor }) => t('rowEvidenceFail', { vendor }),
  'evidence:type': () => t('rowEvidenceFailType'),
  'collateral:dated': ({ vendor }) => t('rowCollateralFailDated', { vendor }),
  'collateral:revoked': ({ vendor }) => t('rowCollateralFailRevoked', { vendor }),
  'collateral:unsigned': ({ vendor }) => t('rowCollateralFailUnsigned', { vendor }),
  'platform:old': () => t('rowPlatformFailOld'),
  'platform:demanded': () => t('rowPlatformFailDemanded'),
  'platform:unaccepted': () => t('rowPlatformFailUnaccepted'),
  'platform:debug': () => t('rowPlatformFailDebug'),
  binding: () => t('rowBindingFail'),
  'log:rollback': () => t('rowLogFailRollback'),
  'log:quorum': () => t('rowLogFailQuorum'),
  'log:age': () => t('rowLogFailAge'),
  'log:clock': () => t('rowLogFailClock'),
  'log:update': () => t('rowLogFailUpdate'),
  'log:unreachable': () => t('rowLogFailUnreachable'),
  'log:fork': () => t('rowLogFailFork'),
  'log:signature': () => t('rowLogFailSignature'),
  'release:behind': () => t('rowReleaseFailBehind'),
  'release:service': () => t('rowReleaseFailService'),
  'release:not-yet': () => t('rowReleaseFailNotYet'),
  'release:unknown': () => t('rowReleaseFailUnknown'),
  'release:revoked': () => t('rowReleaseFailRevoked'),
  'release:expired': () => t('rowReleaseFailEnded'),
  'release:retired': () => t('rowReleaseFailEnded'),
  machine: ({ operator }) => t('rowMachineFail', { operator }),
  wire: () => t('rowWireFail'),
  lifetime: () => t('rowLifetimeFail'),
};

/** A title that claims nothing, for rows that were not reached. */
const names = (): Record<RowId, string> => ({
  answer: t('rowAnswerName'),
  evidence: t('rowEvidenceName'),
  collateral: t('rowCollateralName'),
  platform: t('rowPlatformName'),
  binding: t('rowBindingName'),
  log: t('rowLogName'),
  release: t('rowReleaseName'),
  machine: t('rowMachineName'),
  wire: t('rowWireName'),
  lifetime: t('rowLifetimeName'),
});

const failedTitles: Record<RowId, (facts: Facts) => string> = {
  answer: () => t('rowAnswerNot'),
  evidence: ({ vendor }) => t('rowEvidenceNot', { vendor }),
  collateral: () => t('rowCollateralNot'),
  platform: () => t('rowPlatformNot'),
  binding: () => t('rowBindingNot'),
  log: () => t('rowLogNot'),
  release: () => t('rowReleaseNot'),
  machine: () => t('rowMachineNot'),
  wire: () => t('rowWireNot'),
  lifetime: () => t('rowLifetimeNot'),
};

function title({ id, state }: Row, facts: Facts): string {
  if (state === 'pass') return titles[id](facts);
  return state === 'fail' ? failedTitles[id](facts) : names()[id];
}

function sentence(row: Row, facts: Facts): string {
  if (row.state === 'pass') return passed[row.id](facts);
  if (row.state === 'skipped') {
    return row.id === 'machine' && facts.report.verdict === 'pass'
      ? t('rowMachineSkipped', { operator: facts.operator })
      : t('rowSkipped');
  }
  const write = failures[row.variant === null ? row.id : `${row.id}:${row.variant}`];
  return write === undefined ? row.sentence : write(facts);
}

/** What the chip measured, as hex: the first register of the release row; null if it was not read. */
export function fingerprint({ rows }: VerificationReport): string | null {
  const measurement = rows.find(({ id }) => id === 'release')?.evidence.measurement;
  if (typeof measurement !== 'object' || measurement === null) return null;
  return Object.values(measurement).find((value) => typeof value === 'string') ?? null;
}

/** The preset that the person demanded of this hardware and that it was judged by; null for none. */
export function demandedPreset({ rows }: VerificationReport): string | null {
  const preset = rows.find(({ id }) => id === 'platform')?.evidence.demandedPreset;
  return typeof preset === 'string' ? preset : null;
}

/** Who made the chip, as part of a sentence: the report's name for a simulator is in its own language. */
export function vendorOf({ vendor, simulated }: VerificationReport, figures: Figures, stand: string): string {
  return simulated ? t('simulatorName') : (vendor ?? figures.vendor ?? stand);
}

/** What a row says, in the language of the copy. */
export function describeRow(row: Row, report: VerificationReport, figures: Figures): RowText {
  const vendor = vendorOf(report, figures, t('theVendor'));
  const facts: Facts = { vendor, operator: operatorOf(figures), report };
  return { title: title(row, facts), sentence: sentence(row, facts) };
}
