/** How the page says things: dates, digests, and one sentence for each kind of entry. */
import type { Platform } from '../../protocol/log/kinds/release.ts';
import type { Statement } from '../../protocol/log/statement.ts';
import type { Approvals } from './approvals.ts';
import type { MarkName, PictogramName } from './icons.ts';
import type { ViewedEntry } from './source.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Dates are in UTC, so that they read the same from the server and in the browser. */
const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });

const dateFormat = format({ day: 'numeric', month: 'short', year: 'numeric' });
const longFormat = format({ day: 'numeric', month: 'long', year: 'numeric' });
const timeFormat = format({ hour: '2-digit', minute: '2-digit' });
const monthFormat = format({ month: 'short' });
const dayFormat = format({ day: 'numeric', month: 'short' });
const numberFormat = new Intl.NumberFormat('en-GB');

export const formatDate = (at: number) => dateFormat.format(at);
export const formatLongDate = (at: number) => `${longFormat.format(at)} at ${timeFormat.format(at)} UTC`;

/** A date as fine as a period of this length needs. */
export function formatTick(at: number, span: number): string {
  if (span > 60 * DAY) return monthFormat.format(at);
  return (span > 3 * DAY ? dayFormat : timeFormat).format(at);
}

export const formatNumber = (value: number) => numberFormat.format(value);

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${formatNumber(count)} ${count === 1 ? one : many}`;

/** A whole number of the largest unit that fits. */
function formatSpan(span: number): string {
  if (span >= DAY) return plural(Math.floor(span / DAY), 'day');
  if (span >= HOUR) return plural(Math.floor(span / HOUR), 'hour');
  return plural(Math.max(1, Math.floor(span / MINUTE)), 'minute');
}

export function formatAgo(at: number, now: number): string {
  return now - at < MINUTE ? 'just now' : `${formatSpan(now - at)} ago`;
}

const formatIn = (at: number, now: number) => `in ${formatSpan(at - now)}`;

/** Hours as days, where they are whole ones. */
export const formatHours = (hours: number) =>
  hours % 24 === 0 && hours > 0 ? plural(hours / 24, 'day') : plural(hours, 'hour');

/** Hex in groups of eight digits. */
export const groupHex = (hex: string) => hex.match(/.{1,8}/g)?.join(' ') ?? '';
export const shortHex = (hex: string) => `${hex.slice(0, 4)} ${hex.slice(4, 8)} … ${hex.slice(-4)}`;

const PLATFORMS: Record<Platform, string> = {
  'sev-snp': 'AMD SEV-SNP',
  'sev-snp-simulated': 'Simulated',
  tdx: 'Intel TDX',
  nitro: 'AWS Nitro',
};
export const platformName = (platform: Platform) => PLATFORMS[platform];

/** Everything that makes up a release's fingerprint, with names for people. */
export function fingerprints(statement: Statement): { label: string; hex: string }[] {
  if (statement.kind !== 'release') return [];
  return Object.entries(statement.measurements).flatMap(([platform, shapes]) =>
    (shapes ?? []).flatMap(({ shape, registers }) =>
      Object.entries(registers).map(([register, hex]) => ({
        label: `${PLATFORMS[platform as Platform]}, ${shape}${register === 'launchDigest' ? '' : `, ${register.toUpperCase()}`}`,
        hex,
      })),
    ),
  );
}

/** True if the only hardware that a release is for is the simulator. */
export function isSimulated(statement: Statement): boolean {
  return (
    statement.kind === 'release' &&
    Object.keys(statement.measurements).every((platform) => platform === 'sev-snp-simulated')
  );
}

/** The filled seal is the strongest thing this page says, and never for the simulator. */
export function approvedMark(statement: Statement | null): MarkName {
  return statement !== null && isSimulated(statement) ? 'simulated' : 'passed';
}

/** What an approval is called: a name and a version. */
export function approvalName(statement: Statement): { name: string; version: string } {
  if (statement.kind === 'release') return { name: statement.product, version: String(statement.version) };
  if (statement.kind === 'extension-release') {
    return {
      name: `Waxseal for ${statement.browser === 'chrome' ? 'Chrome' : 'Firefox'}`,
      version: statement.version,
    };
  }
  return { name: statement.kind, version: '' };
}

export interface Headline {
  title: string;
  pictogram: PictogramName | null;
  mark: MarkName | null;
}

/** What an entry did, as a sentence without a full stop. */
export function headline({ index, judged, target }: ViewedEntry): Headline {
  const { statement, error } = judged;
  if (error !== null || statement === null) {
    return { title: 'An entry that never counted', pictogram: null, mark: 'open' };
  }
  switch (statement.kind) {
    case 'release':
      return {
        title: `Release ${statement.version} of ${statement.product} was approved`,
        pictogram: 'sign',
        mark: null,
      };
    case 'extension-release':
      return { title: `Extension ${statement.version} was approved`, pictogram: 'sign', mark: null };
    case 'status': {
      const verb = statement.action === 'revoke' ? 'revoked' : 'superseded';
      const what =
        target?.kind === 'release'
          ? `Release ${target.version} of ${target.product}`
          : `Entry ${statement.index}`;
      return { title: `${what} was ${verb}`, pictogram: null, mark: 'revoked' };
    }
    case 'policy':
      return {
        title: index === 0 ? 'The first rules were set' : 'The rules were changed',
        pictogram: 'sign',
        mark: null,
      };
    case 'machine':
      return { title: `A machine of ${statement.operator} was added`, pictogram: 'chip', mark: null };
    case 'grace':
      return { title: `More time was given for ${statement.event}`, pictogram: 'sign', mark: null };
    case 'log-closed':
      return { title: 'The log was closed', pictogram: null, mark: 'revoked' };
    case 'unknown':
      return { title: 'An entry of a kind that this page does not know', pictogram: null, mark: 'open' };
  }
}

/** Whether an approval stands now, and why not; null for what is none. */
export function standing(
  { index, judged: { statement } }: ViewedEntry,
  approvals: Approvals,
  now: number,
): { live: boolean; words: string } | null {
  if (statement === null || !approvals.has(index)) return null;
  const takenBack = approvals.takenBack(index);
  if (takenBack) {
    const verb = takenBack.action === 'revoke' ? 'revoked' : 'superseded';
    return { live: false, words: `${verb} on ${formatDate(takenBack.at)}` };
  }
  if (now < statement.notBefore) return { live: false, words: `begins ${formatDate(statement.notBefore)}` };
  if ('expires' in statement && now >= statement.expires) {
    return { live: false, words: `ended on ${formatDate(statement.expires)}` };
  }
  const retires =
    statement.kind === 'release' ? approvals.retiredAt(statement.product, statement.version) : null;
  if (retires !== null && now >= retires) return { live: false, words: `retired on ${formatDate(retires)}` };
  if (retires !== null) return { live: true, words: `retires ${formatIn(retires, now)}` };
  return { live: true, words: 'expires' in statement ? formatDate(statement.expires) : 'until revoked' };
}
