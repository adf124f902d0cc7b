import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { VerificationReport } from '../../../protocol/report.ts';
import { downloadJson } from '../download.ts';
import { formatMoment } from '../i18n/format.ts';
import { t, tn } from '../i18n/messages.ts';
import { StateIcon, type StateIconName } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import { describePreset } from '../options/hardware-words.ts';
import { operatorOf } from '../state/describe.ts';
import type { ChatView } from '../surfaces/chat.ts';
import { useNow } from '../use-now.ts';
import { useWide } from '../use-wide.ts';
import { Compared } from './compared.tsx';
import { Evidence } from './evidence.tsx';
import { type ChainLink, chainLinks, type LinkId, type LinkState } from './links.ts';
import { demandedPreset, minutesLeft } from './rows.ts';
import { CantRuleOut, Vouchers } from './vouchers.tsx';

const linkIcons: Record<LinkState, StateIconName> = {
  pass: 'sealed',
  fail: 'warn',
  alarm: 'failed',
  skipped: 'todo',
  simulated: 'sim',
};

const linkWord = (state: LinkState): string =>
  ({
    pass: t('linkPassed'),
    fail: t('linkFailed'),
    alarm: t('linkFailed'),
    skipped: t('linkSkipped'),
    simulated: t('linkSimulated'),
  })[state];

function Verdict({ report, now }: { report: VerificationReport; now: number }) {
  const failed = report.rows.filter(({ state }) => state === 'fail').length;
  const imported = report.state === 'sealed-imported';
  const good: StateIconName = report.simulated ? 'sim' : imported ? 'imported' : 'sealed';
  const worst: StateIconName = report.state === 'failed' || report.state === 'fork' ? 'failed' : 'warn';
  const passed = report.simulated ? t('chainSimulated') : t('chainAllPassed');
  const left = minutesLeft(report, now);
  const demand = demandedPreset(report);
  const when = formatMoment(Date.parse(report.checkedAt));
  return (
    <div class="chain-verdict">
      <StateIcon name={report.verdict === 'pass' ? good : worst} size={40} />
      <div>
        <h1 class="statement statement-small">
          {report.verdict === 'pass' ? passed : tn('chainFailed', failed)}
        </h1>
        <p class="chain-when">
          {left === null ? t('chainWhen', { when }) : tn('chainGoodFor', left, { when })}
        </p>
        {demand !== null && (
          <p class="chain-when chain-demand">
            {t('chainDemand', { domain: report.domain.name, preset: describePreset(demand).name })}
          </p>
        )}
      </div>
    </div>
  );
}

interface LinksProps {
  readonly links: readonly ChainLink[];
  readonly open: LinkId | null;
  readonly onOpen: (id: LinkId | null) => void;
  readonly view: ChatView;
  readonly report: VerificationReport;
}

/** The thread between two pictograms is whole up to the first broken link. */
function holds(links: readonly ChainLink[], i: number): boolean {
  return links.slice(0, i + 1).every(({ state }) => state === 'pass' || state === 'simulated');
}

function NarrowLinks({ links, open, onOpen, view, report }: LinksProps) {
  const id = useId();
  return (
    <ol class="links">
      {links.map((link, i) => {
        const shown = open === link.id;
        return (
          <li key={link.id} class={holds(links, i) ? 'link-row link-holds' : 'link-row'}>
            <span class="pictogram">
              <UiIcon name={link.icon} size={20} />
            </span>
            <div class="link-main">
              <button
                type="button"
                class="link-button"
                aria-expanded={shown}
                aria-controls={`${id}-${link.id}`}
                onClick={() => onOpen(shown ? null : link.id)}
              >
                <span class="link-words">
                  <span class="link-title">{link.title}</span>
                  <span class="visually-hidden">, {linkWord(link.state)}. </span>
                  <span class="link-sentence">{link.sentence}</span>
                </span>
                <StateIcon name={linkIcons[link.state]} size={18} />
                <UiIcon name={shown ? 'up' : 'down'} size={16} />
              </button>
              <div id={`${id}-${link.id}`}>
                {shown && (
                  <Evidence
                    link={link}
                    report={report}
                    figures={view.status.figures}
                    explorer={view.explorer}
                  />
                )}
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function WideLinks({ links, open, onOpen }: LinksProps) {
  return (
    <ol class="wide-links">
      {links.map((link, i) => (
        <li key={link.id} class={holds(links, i) ? 'wide-link link-holds' : 'wide-link'}>
          <button
            type="button"
            class="wide-button"
            aria-pressed={open === link.id}
            onClick={() => onOpen(link.id)}
          >
            <span class="pictogram pictogram-wide">
              <UiIcon name={link.icon} size={32} />
              <StateIcon name={linkIcons[link.state]} size={24} />
            </span>
            <span class="caption">{link.name}</span>
            <span class="link-title">{link.title}</span>
            <span class="visually-hidden">, {linkWord(link.state)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

interface ChainProps {
  readonly view: ChatView;
  readonly report: VerificationReport;
  readonly onClose: () => void;
  readonly onCheck: () => void;
}

/** What was checked: seven links, each vouching for the next. A broken chain opens its first broken link. */
export function Chain({ view, report, onClose, onCheck }: ChainProps) {
  const now = useNow(10_000);
  const wide = useWide();
  const links = chainLinks(report, view.status.figures, now);
  const broken = links.find(({ state }) => state === 'alarm' || state === 'fail')?.id ?? null;
  const [open, setOpen] = useState<LinkId | null>(broken);
  useEffect(() => setOpen(broken), [broken]);
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => back.current?.focus(), []);

  const operator = operatorOf(view.status.figures);
  const exportReport = () =>
    downloadJson(
      `waxseal-report-${report.checkedAt.slice(0, 10)}.json`,
      `${JSON.stringify(report, null, 2)}\n`,
    );
  const tools = (
    <div class="actions chain-tools">
      <button type="button" class="button button-primary" onClick={exportReport}>
        <UiIcon name="save" size={18} />
        {t('exportReport')}
      </button>
      <button type="button" class="button" onClick={onCheck}>
        <UiIcon name="again" size={18} />
        {t('actCheckAgain')}
      </button>
    </div>
  );
  const chosen = links.find(({ id }) => id === (open ?? 'approvals'));
  const shared = { links, onOpen: setOpen, view, report };
  const limits = (
    <CantRuleOut operator={operator} relay={view.status.figures.relay} simulated={report.simulated} />
  );
  return (
    <div class={wide ? 'chain chain-wide' : 'chain'}>
      <header class="chain-head">
        <button ref={back} type="button" class="icon-button" aria-label={t('back')} onClick={onClose}>
          <UiIcon name="back" />
        </button>
        <p class="chain-name">{t('chainTitle')}</p>
      </header>
      <div class="scroller chain-body">
        <div class="chain-top">
          <Verdict report={report} now={now} />
          {wide && tools}
        </div>
        <Compared report={report} last={view.lastTime} explorer={view.explorer} now={now} />
        <p class="chain-intro">{t('chainIntro')}</p>
        {!wide && (
          <>
            <NarrowLinks {...shared} open={open} />
            <Vouchers report={report} facts={view.logFacts} now={now} />
            {limits}
            {tools}
            <p class="caption">{t('reportNote')}</p>
          </>
        )}
        {wide && chosen && (
          <>
            <WideLinks {...shared} open={chosen.id} />
            <div class="wide-columns">
              <section class="card wide-card">
                <h2>{chosen.title}</h2>
                <p class="link-sentence">
                  {chosen.sentence}
                  {chosen.id === 'approvals' &&
                    chosen.state === 'pass' &&
                    report.release &&
                    ` ${t('chainApprovalsMust', { k: report.release.threshold })}`}
                </p>
                <Evidence
                  link={chosen}
                  report={report}
                  figures={view.status.figures}
                  explorer={view.explorer}
                />
                {limits}
              </section>
              <div class="card wide-card">
                <Vouchers report={report} facts={view.logFacts} now={now} />
              </div>
            </div>
            <p class="caption">{t('reportNote')}</p>
          </>
        )}
      </div>
    </div>
  );
}
