import type { JsonValue } from '../../../protocol/json.ts';
import type { Check, Row, VerificationReport } from '../../../protocol/report.ts';
import type { Figures } from '../controller.ts';
import { CopyButton } from '../copy-button.tsx';
import { formatDate, formatList, formatMoment, groupHex } from '../i18n/format.ts';
import { formatCount, t } from '../i18n/messages.ts';
import { StateIcon, type StateIconName } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import { hardwareWords, type Pair } from './hardware.ts';
import type { ChainLink } from './links.ts';
import { describeRow, fingerprint } from './rows.ts';

const hex = /^(?:0x)?[0-9a-f]{16,}$/i;
const instant = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** `launchDigest` to `Launch digest`: evidence keeps the standards' own terms, so they are not translated. */
function labelOf(key: string): string {
  const spaced = key.replace(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function pairs(key: string, value: JsonValue): Pair[] {
  if (value === null) return [];
  if (Array.isArray(value)) {
    if (value.some((item) => typeof item === 'object')) {
      return value.flatMap((item, i) => pairs(`${key} ${i + 1}`, item));
    }
    return value.length === 0 ? [] : [[labelOf(key), value.join(' · '), false]];
  }
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([name, inner]) => pairs(`${key} ${name}`, inner));
  if (typeof value === 'boolean') return [[labelOf(key), value ? t('yes') : t('no'), false]];
  if (typeof value === 'number') return [[labelOf(key), formatCount(value), false]];
  if (instant.test(value)) return [[labelOf(key), formatMoment(Date.parse(value)), false]];
  return hex.test(value) ? [[labelOf(key), groupHex(value), true]] : [[labelOf(key), value, false]];
}

function approvalPairs(report: VerificationReport): Pair[] {
  const { release } = report;
  if (release === null) return [];
  const { repository, commit } = release.source;
  const measured = fingerprint(report);
  return [
    ...(measured === null ? [] : ([[t('evFingerprint'), groupHex(measured), true]] as const)),
    [
      t('evRelease'),
      t('evReleaseSince', { n: String(release.version), date: formatDate(Date.parse(release.notBefore)) }),
      false,
    ],
    [t('evGoodUntil'), t('evUnlessRevoked', { date: formatDate(Date.parse(release.expires)) }), false],
    [t('evSource'), `${repository} @ ${commit.slice(0, 12)}`, true],
    [t('evSignedBy'), formatList(release.publishers), false],
    [t('evStatement'), groupHex(release.statementSha256), true],
  ];
}

function logPairs({ release, log }: VerificationReport): Pair[] {
  if (log === null) return [];
  return [
    [t('evOrigin'), log.origin, true],
    ...(release === null
      ? []
      : ([[t('evEntry'), t('evEntryOf', { index: release.index, n: log.size }), false]] as const)),
    [t('evSize'), formatCount(log.size), false],
    [t('evRoot'), log.root, true],
  ];
}

function witnessPairs({ log }: VerificationReport): Pair[] {
  if (log === null) return [];
  return log.witnesses.map(({ name, at }) => [name, formatMoment(Date.parse(at)), false] as const);
}

interface LinkValues {
  /** What has words of its own. */
  readonly told: readonly Pair[];
  /** What its rows recorded, under the standards' names. */
  readonly recorded: readonly Pair[];
}

/** The values behind a link. */
function linkValues({ id, rows }: ChainLink, report: VerificationReport): LinkValues {
  if (id === 'approvals') return { told: approvalPairs(report), recorded: [] };
  if (id === 'log') return { told: logPairs(report), recorded: [] };
  if (id === 'witnesses') return { told: witnessPairs(report), recorded: [] };
  const recorded = rows.flatMap((row) =>
    Object.entries(row.evidence).flatMap(([key, value]) => pairs(key, value)),
  );
  const told = id === 'chip' || id === 'firmware' ? hardwareWords(report)[id] : [];
  return told.length > 0 ? { told, recorded } : { told: recorded, recorded: [] };
}

function PairList({ values }: { values: readonly Pair[] }) {
  return (
    <dl class="pairs evidence-pairs">
      {values.map(([label, value, mono]) => (
        <>
          <dt>{label}</dt>
          <dd class={mono ? 'mono digest' : undefined} dir={mono ? 'ltr' : undefined}>
            {value}
          </dd>
        </>
      ))}
    </dl>
  );
}

const rowIcon = ({ state, leadsTo }: Row, simulated: boolean): StateIconName => {
  if (state === 'fail') return leadsTo === 'failed' || leadsTo === 'fork' ? 'failed' : 'warn';
  if (state === 'skipped') return 'todo';
  return simulated ? 'sim' : 'sealed';
};

function CheckList({ checks }: { checks: readonly Check[] }) {
  return (
    <details class="checks">
      <summary>
        {t('evidenceChecks')} ({checks.length})
      </summary>
      <ul>
        {checks.map((check) => (
          <li class={`check-${check.state}`}>
            <span class="mono check-id">{check.id}</span>
            <span>
              {check.text}
              {check.code !== null && <span class="mono check-code"> {check.code}</span>}
            </span>
            <span class="caption">
              {check.state === 'pass'
                ? t('linkPassed')
                : check.state === 'fail'
                  ? t('linkFailed')
                  : t('linkSkipped')}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

interface Props {
  readonly link: ChainLink;
  readonly report: VerificationReport;
  readonly figures: Figures;
  /** Address of the log's explorer, if it has one. */
  readonly explorer: string | null;
}

/** What stands behind one link: its rows in words, then the values, then every single check. */
export function Evidence({ link, report, figures, explorer }: Props) {
  const { told, recorded } = linkValues(link, report);
  const values = [...told, ...recorded];
  const copied = values.map(([label, value]) => `${label}: ${value}`).join('\n');
  const entry = report.release?.index;
  const inLog = ['program', 'approvals', 'log'].includes(link.id) && explorer !== null && entry !== undefined;
  const played = link.state === 'simulated';
  return (
    <div class="evidence">
      {(link.rows.length > 1 || link.state === 'fail' || link.state === 'alarm') && (
        <ul class="evidence-rows">
          {link.rows.map((row) => {
            const text = describeRow(row, report, figures);
            return (
              <li class="evidence-row">
                <StateIcon name={rowIcon(row, played && row.id === 'evidence')} size={16} />
                <p>
                  <strong>{text.title}.</strong> {text.sentence}
                  {row.code !== null && <span class="mono evidence-code"> {row.code}</span>}
                </p>
              </li>
            );
          })}
        </ul>
      )}
      {told.length > 0 && <PairList values={told} />}
      {recorded.length > 0 && (
        <details class="checks">
          <summary>
            {t('evRecorded')} ({recorded.length})
          </summary>
          <PairList values={recorded} />
        </details>
      )}
      <div class="actions">
        {inLog && (
          <a
            class="button"
            href={new URL(`entry/${entry}`, `${explorer.replace(/\/$/, '')}/`).href}
            target="_blank"
            rel="noopener noreferrer"
          >
            <UiIcon name="ext" size={16} />
            {t('openInLog')}
          </a>
        )}
        {values.length > 0 && <CopyButton text={copied} class="button" />}
      </div>
      {link.rows.map((row) => row.checks.length > 0 && <CheckList checks={row.checks} />)}
    </div>
  );
}
