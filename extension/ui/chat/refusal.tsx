import { useRef } from 'preact/hooks';
import { formatAgo, formatMoment } from '../i18n/format.ts';
import { t, tn } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { Action } from '../state/actions.ts';
import { isAlert } from '../state/behaviour.ts';
import { describe } from '../state/describe.ts';
import type { Figures, Status } from '../surfaces/status.ts';
import { useNow } from '../use-now.ts';
import { useAppear } from './use-appear.ts';

/** Buttons in order; the first is the one to take. */
export function Actions({
  actions,
  onAction,
}: {
  actions: readonly Action[];
  onAction: (action: Action) => void;
}) {
  if (actions.length === 0) return null;
  return (
    <div class="actions">
      {actions.map((action, i) => (
        <button
          key={action.id}
          type="button"
          class={i === 0 ? 'button button-primary' : 'button'}
          onClick={() => onAction(action)}
        >
          {action.id === 'open-panel' && <UiIcon name="panel" size={18} />}
          {action.label}
        </button>
      ))}
    </div>
  );
}

function Countdown({ retryAt }: { retryAt: number }) {
  const left = Math.ceil((retryAt - useNow(1_000)) / 1_000);
  if (left <= 0) return null;
  return (
    <p class="countdown">
      <StateIcon name="checking" size={16} />
      {tn('retryIn', left)}
    </p>
  );
}

function Clocks({ witnessTime }: { witnessTime: NonNullable<Figures['witnessTime']> }) {
  return (
    <dl class="clocks card">
      <div>
        <dt>{t('clockYours')}</dt>
        <dd class="word-tone-warn">{formatMoment(witnessTime.localAt)}</dd>
      </div>
      <div>
        <dt>{t('clockWitnesses')}</dt>
        <dd>{formatMoment(witnessTime.at)}</dd>
      </div>
    </dl>
  );
}

function Versions({ version }: { version: NonNullable<Figures['version']> }) {
  return (
    <dl class="pairs">
      <dt>{t('youHave')}</dt>
      <dd>{version.have}</dd>
      {version.need !== undefined && (
        <>
          <dt>{t('youNeed')}</dt>
          <dd>{t('orNewer', { version: version.need })}</dd>
        </>
      )}
    </dl>
  );
}

interface Props {
  readonly status: Status;
  readonly site: string;
  readonly onAction: (action: Action) => void;
}

/** Why sealing is paused: what happened, that it is no attack where that is known, and what to do. */
export function Refusal({ status, site, onAction }: Props) {
  const text = describe(status, site);
  const { figures, id } = status;
  const box = useRef<HTMLElement>(null);
  useAppear(box);
  const works = id === 'cannot-reach' && figures.logAnsweredAt !== undefined;
  return (
    <section ref={box} class="refusal" role={isAlert(id) ? 'alert' : undefined}>
      <StateIcon name={text.icon} size={52} />
      <h1 class="statement">{text.title}</h1>
      <p class="lede">
        {text.text}
        {works && ` ${t('textConnectionWorks', { ago: formatAgo(figures.logAnsweredAt ?? 0, Date.now()) })}`}
      </p>
      {id === 'clock' && figures.witnessTime && <Clocks witnessTime={figures.witnessTime} />}
      {id === 'update' && figures.version && <Versions version={figures.version} />}
      {figures.retryAt !== undefined && <Countdown retryAt={figures.retryAt} />}
      <Actions actions={text.actions} onAction={onAction} />
      {figures.code !== undefined && <p class="caption mono">{figures.code}</p>}
    </section>
  );
}
