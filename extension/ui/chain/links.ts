/** The seven links of the chain (LOOKS 5, 7.2): which rows stand behind each, and what it says when all is well. */
import type { Row, RowId, VerificationReport } from '../../../protocol/report.ts';
import { formatAgo } from '../i18n/format.ts';
import { t, tn } from '../i18n/messages.ts';
import type { UiIconName } from '../icons/ui-icon.tsx';
import type { Figures } from '../surfaces/status.ts';
import { describeRow, vendorOf } from './rows.ts';

export type LinkId = 'chip' | 'firmware' | 'program' | 'approvals' | 'log' | 'witnesses' | 'key';
/** `alarm` is a failure that means "failed" or "fork"; `fail` one that only pauses. */
export type LinkState = 'pass' | 'fail' | 'alarm' | 'skipped' | 'simulated';

export interface ChainLink {
  readonly id: LinkId;
  readonly icon: UiIconName;
  /** One word, under the pictogram in the wide view. */
  readonly name: string;
  readonly title: string;
  readonly sentence: string;
  readonly state: LinkState;
  readonly rows: readonly Row[];
}

const plan: readonly { id: LinkId; icon: UiIconName; rows: readonly RowId[] }[] = [
  { id: 'chip', icon: 'chip', rows: ['evidence', 'machine'] },
  { id: 'firmware', icon: 'firmware', rows: ['collateral', 'platform'] },
  { id: 'program', icon: 'measure', rows: ['release'] },
  { id: 'approvals', icon: 'sign', rows: ['release'] },
  { id: 'log', icon: 'tree', rows: ['log'] },
  { id: 'witnesses', icon: 'eye', rows: ['log'] },
  { id: 'key', icon: 'key', rows: ['answer', 'binding', 'wire', 'lifetime'] },
];

/** Links that a simulator only plays. */
const played: readonly LinkId[] = ['chip', 'firmware'];

const names = (): Record<LinkId, string> => ({
  chip: t('linkChip'),
  firmware: t('linkFirmware'),
  program: t('linkProgram'),
  approvals: t('linkApprovals'),
  log: t('linkLog'),
  witnesses: t('linkWitnesses'),
  key: t('linkKey'),
});

function titles(report: VerificationReport, vendor: string): Record<LinkId, string> {
  const { release, log } = report;
  return {
    chip: report.simulated ? t('factChipSimulated') : t('chainChip', { vendor }),
    firmware: t('chainFirmware'),
    program: t('chainProgram'),
    approvals:
      release === null
        ? t('chainApprovalsOpen')
        : t('chainApprovals', { k: release.publishers.length, n: release.publisherCount }),
    log: t('chainLog'),
    witnesses: log === null ? t('chainWitnessesOpen') : tn('chainWitnesses', log.witnesses.length),
    key: t('chainKey'),
  };
}

/** The latest time at which a witness signed; null if none did. */
function lastSeen({ log }: VerificationReport): number | null {
  const times = (log?.witnesses ?? []).map(({ at }) => Date.parse(at)).filter((at) => !Number.isNaN(at));
  return times.length === 0 ? null : Math.max(...times);
}

function passedSentences(report: VerificationReport, vendor: string, now: number): Record<LinkId, string> {
  const { release, log } = report;
  const seen = lastSeen(report);
  return {
    chip: report.simulated ? t('rowEvidencePassSimulated') : t('chainChipText', { vendor }),
    firmware: t('chainFirmwareText'),
    program: t('chainProgramText'),
    approvals: release === null ? '' : t('chainApprovalsText', { n: String(release.version) }),
    log: release === null || log === null ? '' : t('chainLogText', { index: release.index, n: log.size }),
    witnesses: seen === null ? '' : t('chainWitnessesText', { ago: formatAgo(seen, now) }),
    key: t('chainKeyText'),
  };
}

/** The worst of some rows. A row that was skipped in a report that passed was not needed. */
function worst(rows: readonly Row[], passed: boolean): Exclude<LinkState, 'simulated'> {
  if (rows.some(({ leadsTo }) => leadsTo === 'failed' || leadsTo === 'fork')) return 'alarm';
  if (rows.some(({ state }) => state === 'fail')) return 'fail';
  return !passed && rows.some(({ state }) => state === 'skipped') ? 'skipped' : 'pass';
}

/** The chain of a report, in its one order. */
export function chainLinks(report: VerificationReport, figures: Figures, now: number): ChainLink[] {
  const vendor = vendorOf(report, figures, t('theVendorStart'));
  const title = titles(report, vendor);
  const passed = passedSentences(report, vendor, now);
  const name = names();
  return plan.map(({ id, icon, rows: ids }) => {
    const rows = report.rows.filter((row) => ids.includes(row.id));
    const result = worst(rows, report.verdict === 'pass');
    const broken = rows.find(({ state }) => state === 'fail');
    const told = broken && describeRow(broken, report, figures);
    return {
      id,
      icon,
      rows,
      name: name[id],
      title: told?.title ?? (result === 'skipped' ? name[id] : title[id]),
      sentence: told?.sentence ?? (result === 'skipped' ? t('rowSkipped') : passed[id]),
      state: result === 'pass' && report.simulated && played.includes(id) ? 'simulated' : result,
    };
  });
}
