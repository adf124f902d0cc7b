import type { Outcome, Row, VerificationReport } from '../../../protocol/report.ts';
import { CopyButton } from '../copy-button.tsx';
import { formatDate, formatList, formatMoment, groupHex } from '../i18n/format.ts';
import { formatCount, t } from '../i18n/messages.ts';
import { StateIcon, type StateIconName } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { Figures } from '../surfaces/status.ts';
import { describeCheck } from './check-words.ts';
import { hardwareWords, type Pair } from './hardware.ts';
import type { ChainLink } from './links.ts';
import { recordedPairs } from './recorded.ts';
import { describeRow, fingerprint } from './rows.ts';

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
  const recorded = recordedPairs(rows);
  const told = id === 'chip' || id === 'firmware' ? hardwareWords(report)[id] : [];
  return told.length > 0 ? { told, recorded } : { told: recorded, recorded: [] };
}

/** A name of a standard, which may be broken after its dots. */
function StandardName({ name }: { name: string }) {
  return (
    <bdi class="mono standard-name">
      {name.split(/(?<=\.)/).map((part) => (
        <>
          {part}
          <wbr />
        </>
      ))}
    </bdi>
  );
}

function PairList({ values }: { values: readonly Pair[] }) {
  return (
    <dl class="pairs evidence-pairs">
      {values.map(([label, value, mono, standard]) => (
        <>
          <dt>{standard ? <StandardName name={label} /> : label}</dt>
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

const outcomes: Record<Outcome, () => string> = {
  pass: () => t('linkPassed'),
  fail: () => t('linkFailed'),
  skipped: () => t('linkSkipped'),
};

function CheckList({ row, report }: { row: Row; report: VerificationReport }) {
  const { checks } = row;
  return (
    <details class="checks">
      <summary>
        {t('evidenceChecks')} ({formatCount(checks.length)})
      </summary>
      <ul>
        {checks.map((check) => {
          const { sentence, found } = describeCheck(check, row, report);
          return (
            <li class={`check-${check.state}`}>
              <bdi class="mono check-id">{check.id}</bdi>
              <span class="check-words">
                {sentence}
                {found !== null && <bdi class="mono check-code"> {found}</bdi>}
                {check.code !== null && <bdi class="mono check-code"> {check.code}</bdi>}
              </span>
              <span class="caption check-state">{outcomes[check.state]()}</span>
            </li>
          );
        })}
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
            {t('evRecorded')} ({formatCount(recorded.length)})
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
      {link.rows.map((row) => row.checks.length > 0 && <CheckList row={row} report={report} />)}
    </div>
  );
}
