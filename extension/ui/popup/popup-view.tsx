import { describeRow } from '../chain/rows.ts';
import { Fork } from '../chat/fork.tsx';
import { formatAgo } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { StateIcon, stateDrawings } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { Action } from '../state/actions.ts';
import { isSealedState } from '../state/behaviour.ts';
import { describe } from '../state/describe.ts';
import type { PopupController, PopupView } from '../surfaces/popup.ts';
import type { Status } from '../surfaces/status.ts';
import { useNow } from '../use-now.ts';
import { useStore } from '../use-store.ts';

function Verdict({ view }: { view: PopupView }) {
  const text = describe(view.status, view.site?.host);
  const host = view.status.figures.service ?? view.site?.host ?? '';
  return (
    <div class="popup-verdict">
      <StateIcon name={text.icon} size={40} />
      <div>
        <h1 class={`popup-word word-tone-${stateDrawings[text.icon].tone}`}>{text.word}</h1>
        <p class="popup-host">{host}</p>
      </div>
    </div>
  );
}

/** What is open here and when it was checked, in two rows. */
function Facts({ view }: { view: PopupView }) {
  const now = useNow(10_000);
  const { site, checkedAt, status } = view;
  return (
    <ul class="popup-facts card">
      {site?.granted && (
        <li>
          <UiIcon name="mail" size={18} />
          <span>{t('popupBoxOn', { site: site.host })}</span>
          <span class="popup-fact-end">{site.boxOpen ? t('popupBoxOpen') : t('popupBoxClosed')}</span>
        </li>
      )}
      <li>
        <UiIcon name="history" size={18} />
        <span>{status.simulated ? t('chainSimulated') : t('popupAllPassed')}</span>
        {checkedAt !== null && <span class="popup-fact-end">{formatAgo(checkedAt, now)}</span>}
      </li>
    </ul>
  );
}

/** Requests of the page's own, each with what became of it: never shown as what a sealed box sends. */
function Requests({ view }: { view: PopupView }) {
  const now = useNow(10_000);
  if (view.requests.length === 0) return null;
  return (
    <section class="popup-requests" aria-labelledby="popup-requests">
      <h2 id="popup-requests" class="popup-small">
        {t('requestsTitle')}
      </h2>
      <ul class="popup-facts card">
        {view.requests.map(({ at, status }) => {
          const { icon, word } = describe(status, view.site?.host);
          const isSealed = status.id === 'adapter';
          return (
            <li key={at}>
              <StateIcon name={isSealed && status.simulated ? 'sim' : icon} size={18} />
              <span>{isSealed ? requestWord(status) : t('requestNotSent', { word })}</span>
              <span class="popup-fact-end">{formatAgo(at, now)}</span>
            </li>
          );
        })}
      </ul>
      <p class="caption">{t('requestsNote')}</p>
    </section>
  );
}

const requestWord = ({ simulated }: Status) => (simulated ? t('requestSimulated') : t('wordAdapter'));

function Sentence({ view }: { view: PopupView }) {
  const { status, report, site } = view;
  const text = describe(status, site?.host);
  if (status.id !== 'failed') return <p class="popup-text">{text.text}</p>;
  const broken = report?.rows.find(({ leadsTo }) => leadsTo === 'failed');
  return (
    <div class="popup-text" role="alert">
      <p>
        <strong>{text.title}</strong>{' '}
        {broken && report && describeRow(broken, report, status.figures).sentence}
      </p>
      <p class="popup-small">{t('popupFailedFoot')}</p>
    </div>
  );
}

/** At most two buttons: those of a good state, or those that the state itself asks for. */
function actionsOf(view: PopupView): readonly (Action | { readonly id: 'write'; readonly label: string })[] {
  const { status, site } = view;
  const good = isSealedState(status.id) || status.id === 'simulated';
  const seeChain = { id: 'see-chain', label: t('popupSeeChecks') } as const;
  if (good) {
    const label = status.simulated ? t('popupWritePlain') : t('popupWrite');
    const write = site?.granted ? ({ id: 'write', label } as const) : ({ id: 'open-panel', label } as const);
    return [write, seeChain];
  }
  const own = describe(status, site?.host).actions;
  const ordered = status.id === 'failed' ? [...own].reverse() : own;
  return ordered.filter(({ id }) => id !== 'other-enclave' && id !== 'tell-operator').slice(0, 2);
}

function act(controller: PopupController, id: Action['id'] | 'write'): void {
  if (id === 'write') controller.write();
  else if (id === 'open-panel') controller.openPanel();
  else if (id === 'use-here') controller.useHere();
  else if (id === 'see-chain') controller.seeChecks();
  else if (id === 'set-up') controller.open('welcome');
  else if (id === 'update') controller.open('update');
  else controller.checkNow();
}

function Body({ view, controller }: { view: PopupView; controller: PopupController }) {
  const { status, site } = view;
  const good = isSealedState(status.id) || status.id === 'simulated';
  return (
    <div class="popup-body">
      <Verdict view={view} />
      {good && status.id === 'sealed' ? <Facts view={view} /> : <Sentence view={view} />}
      {good && status.id !== 'sealed' && <Facts view={view} />}
      <Requests view={view} />
      <div class="popup-actions">
        {actionsOf(view).map(({ id, label }, i) => (
          <button
            key={id}
            type="button"
            class={i === 0 ? 'button button-primary button-wide' : 'button button-wide'}
            onClick={() => act(controller, id)}
          >
            {id === 'open-panel' && <UiIcon name="panel" size={18} />}
            {label}
          </button>
        ))}
      </div>
      {status.id === 'not-granted' && site && <p class="caption">{t('popupConfirm')}</p>}
      {site?.granted && (
        <p class="popup-stop">
          <button type="button" class="link" onClick={() => controller.stopHere()}>
            {t('popupStop')}
          </button>
        </p>
      )}
    </div>
  );
}

/** The toolbar popup: where this tab stands, and at most two things to do. */
export function Popup({ controller }: { controller: PopupController }) {
  const view = useStore(controller);
  if (view.status.id === 'fork') {
    return (
      <main class="popup surface-fork">
        <Fork fork={view.fork} hadDraft={false} />
      </main>
    );
  }
  return (
    <main class="popup">
      <Body view={view} controller={controller} />
      <footer class="popup-foot">
        <button type="button" class="popup-link" onClick={() => controller.open('options')}>
          <UiIcon name="gear" size={18} />
          {t('menuOptions')}
        </button>
        <button type="button" class="popup-link" onClick={() => controller.open('welcome')}>
          {t('menuHow')}
        </button>
      </footer>
    </main>
  );
}
