import { useRef } from 'preact/hooks';
import type { VerificationReport } from '../../../protocol/report.ts';
import { describeRow, fingerprint } from '../chain/rows.ts';
import { shortHex } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import type { Action } from '../state/actions.ts';
import { describe } from '../state/describe.ts';
import type { LogFacts } from '../surfaces/chat.ts';
import type { Status } from '../surfaces/status.ts';
import { Actions } from './refusal.tsx';
import { useAppear } from './use-appear.ts';

interface Props {
  readonly status: Status;
  readonly report: VerificationReport | null;
  readonly facts: LogFacts | null;
  readonly onAction: (action: Action) => void;
}

/** The fingerprint that nobody approved. */
function Running({ report, facts }: { report: VerificationReport; facts: LogFacts | null }) {
  const unknown = report.rows.some(({ id, variant }) => id === 'release' && variant === 'unknown');
  const measured = fingerprint(report);
  if (!unknown || measured === null) return null;
  // Registers of the same chip have the same length; others are nothing to compare with.
  const approved = (facts?.newest?.digests ?? []).filter(({ length }) => length === measured.length);
  return (
    <dl class="comparison">
      <dt>{t('failedRunning')}</dt>
      <dd class="mono">
        {shortHex(measured)} <span class="comparison-note">{t('failedUnknown')}</span>
      </dd>
      {facts?.newest && approved.length > 0 && (
        <>
          <dt>{t('failedApproved')}</dt>
          {approved.slice(0, 3).map((digest) => (
            <dd key={digest} class="mono">
              {shortHex(digest)}{' '}
              <span class="comparison-note">
                {t('stepProgramFact', { n: String(facts.newest?.version) })}
              </span>
            </dd>
          ))}
        </>
      )}
    </dl>
  );
}

/** A check failed: nothing was sent, why, and that there is no way to send anyway. */
export function Failed({ status, report, facts, onAction }: Props) {
  const text = describe(status);
  const failed = report?.rows.filter(({ state }) => state === 'fail') ?? [];
  const first = failed.find(({ leadsTo }) => leadsTo === 'failed') ?? failed[0];
  const code = first?.code ?? status.figures.code;
  const box = useRef<HTMLElement>(null);
  useAppear(box);
  return (
    <div class="failed">
      <section ref={box} class="failed-card" role="alert">
        <h1 class="failed-title statement">
          <StateIcon name="failed" size={36} />
          {text.title}
        </h1>
        <p>
          {first && report && `${describeRow(first, report, status.figures).sentence} `}
          {text.text}
        </p>
        {report && <Running report={report} facts={facts} />}
      </section>
      <p class="failed-foot">{t('textFailedFoot')}</p>
      <Actions actions={text.actions} onAction={onAction} />
      <p class="caption">
        {report && t('failedCount', { n: failed.length, total: report.rows.length })}
        {report && code && ' · '}
        {code && <span class="mono">{code}</span>}
      </p>
    </div>
  );
}
