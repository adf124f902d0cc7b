import { useState } from 'preact/hooks';
import { PassphraseField } from '../history/passphrase-field.tsx';
import { HistoryProblem } from '../history/problem.tsx';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { HistorySettings } from '../surfaces/options.ts';
import type { SectionProps } from './sections.tsx';

/** What encryption on this computer is good for, and what it is not. */
function Limits() {
  return (
    <div class="history-limits">
      <section class="card">
        <h2>{t('historyDoes')}</h2>
        <ul class="bullets">
          <li>{t('historyDoes1')}</li>
          <li>{t('historyDoes2')}</li>
          <li>{t('historyDoes3')}</li>
        </ul>
      </section>
      <section class="card">
        <h2>{t('historyDoesNot')}</h2>
        <ul class="bullets">
          <li>{t('historyDoesNot1')}</li>
          <li>{t('historyDoesNot2')}</li>
          <li>{t('historyDoesNot3')}</li>
        </ul>
      </section>
    </div>
  );
}

interface FormProps {
  readonly history: HistorySettings;
  /** Asks for the passphrase that holds now, too. */
  readonly change: boolean;
  readonly onDone: (from: string, to: string) => void;
}

function PassphraseForm({ history, change, onDone }: FormProps) {
  const [[from, to, again], setWords] = useState(['', '', '']);
  const { busy } = history;
  const differs = again !== '' && again !== to;
  const ready = to !== '' && to === again && (!change || from !== '') && !busy;
  return (
    <form
      class="history-form card"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        onDone(from ?? '', to ?? '');
        setWords(['', '', '']);
      }}
    >
      {change && (
        <PassphraseField
          label={t('passphraseNow')}
          value={from ?? ''}
          off={busy}
          onInput={(next) => setWords([next, to ?? '', again ?? ''])}
        />
      )}
      <PassphraseField
        label={change ? t('passphraseNew') : t('passphrase')}
        help={t('passphraseHelp')}
        value={to ?? ''}
        off={busy}
        onInput={(next) => setWords([from ?? '', next, again ?? ''])}
      />
      <PassphraseField
        label={t('passphraseAgain')}
        {...(differs && { help: t('passphraseDiffers') })}
        value={again ?? ''}
        off={busy}
        onInput={(next) => setWords([from ?? '', to ?? '', next])}
      />
      <button type="submit" class="button button-primary" disabled={!ready}>
        {busy ? t('historyDeriving') : change ? t('passphraseChange') : t('historyTurnOn')}
      </button>
    </form>
  );
}

const done: Record<NonNullable<HistorySettings['done']>, () => string> = {
  created: () => t('historyCreated'),
  changed: () => t('passphraseChanged'),
  deleted: () => t('historyDeleted'),
};

/** History: off unless it is turned on here, under a passphrase. */
export function History({ view, controller }: SectionProps) {
  const { history } = view;
  const [doomed, setDoomed] = useState(false);
  return (
    <section class="history-options">
      <h1 class="statement">{t('historyTitle')}</h1>
      <p class="lede">{history.state === 'none' ? t('historyPrivate') : t('historyText')}</p>
      <HistoryProblem code={history.problem} />
      {history.done !== null && (
        <p class="history-done" role="status">
          <UiIcon name="check" size={18} />
          {done[history.done]()}
        </p>
      )}
      {history.state === 'off' && (
        <PassphraseForm
          history={history}
          change={false}
          onDone={(_from, to) => controller.createHistory(to)}
        />
      )}
      {history.state === 'on' && (
        <>
          <PassphraseForm
            history={history}
            change
            onDone={(from, to) => controller.changePassphrase(from, to)}
          />
          <div class="actions">
            {doomed ? (
              <>
                <button
                  type="button"
                  class="button"
                  onClick={() => {
                    controller.deleteHistory();
                    setDoomed(false);
                  }}
                >
                  {t('historyTurnOffSure')}
                </button>
                <button type="button" class="button button-primary" onClick={() => setDoomed(false)}>
                  {t('keepThem')}
                </button>
              </>
            ) : (
              <button type="button" class="button" onClick={() => setDoomed(true)}>
                {t('historyTurnOff')}
              </button>
            )}
          </div>
        </>
      )}
      {history.state !== 'none' && <Limits />}
    </section>
  );
}
