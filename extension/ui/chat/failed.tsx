import { useRef } from 'preact/hooks';
import type { VerificationReport } from '../../../protocol/report.ts';
import { describeRow, fingerprint } from '../chain/rows.ts';
import type { Status } from '../controller.ts';
import { shortHex } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import type { Action } from '../state/actions.ts';
import { describe } from '../state/describe.ts';
import { Actions } from './refusal.tsx';
import { useAppear } from './use-appear.ts';

interface Props {
  readonly status: Status;
  readonly report: VerificationReport | null;
  readonly onAction: (action: Action) => void;
}

/** The fingerprint that nobody approved. */
function Running({ report }: { report: VerificationReport }) {
  const unknown = report.rows.some(({ id, variant }) => id === 'release' && variant === 'unknown');
  const measured = fingerprint(report);
  if (!unknown || measured === null) return null;
  return (
    <dl class="comparison">
      <dt>{t('failedRunning')}</dt>
      <dd class="mono">
        {shortHex(measured)} <span class="comparison-note">{t('failedUnknown')}</span>
      </dd>
    </dl>
  );
}

/** A check failed: nothing was sent, why, and that there is no way to send anyway. */
export function Failed({ status, report, onAction }: Props) {
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
        {report && <Running report={report} />}
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
