import { useState } from 'preact/hooks';
import { Sheet } from '../chat/sheet.tsx';
import { formatAgo } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { ChatController, ChatView } from '../surfaces/chat.ts';
import { useNow } from '../use-now.ts';
import { PassphraseField } from './passphrase-field.tsx';
import { HistoryProblem } from './problem.tsx';

interface Props {
  readonly view: ChatView;
  readonly controller: ChatController;
  readonly onClose: () => void;
}

function Unlock({ view, controller }: Omit<Props, 'onClose'>) {
  const [passphrase, setPassphrase] = useState('');
  const { busy } = view.history;
  return (
    <form
      class="history-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (passphrase === '' || busy) return;
        controller.unlockHistory(passphrase);
        setPassphrase('');
      }}
    >
      <p>{t('historyLockedText')}</p>
      <PassphraseField label={t('passphrase')} value={passphrase} off={busy} onInput={setPassphrase} />
      <button type="submit" class="button button-primary" disabled={busy || passphrase === ''}>
        {busy ? t('historyDeriving') : t('historyUnlock')}
      </button>
    </form>
  );
}

function Chats({ view, controller, onClose }: Props) {
  const now = useNow(30_000);
  const [doomed, setDoomed] = useState<string | null>(null);
  const { chats, current } = view.history;
  if (chats.length === 0) return <p>{t('historyEmpty')}</p>;
  return (
    <ul class="history-list">
      {chats.map(({ id, title, updatedAt }) => (
        <li key={id}>
          <button
            type="button"
            class="history-open"
            aria-current={id === current}
            onClick={() => {
              controller.openChat(id);
              onClose();
            }}
          >
            <span class="history-title" dir="auto">
              {title || t('historyUntitled')}
            </span>
            <span class="caption">{formatAgo(updatedAt, now)}</span>
          </button>
          {doomed === id ? (
            <button
              type="button"
              class="button"
              onClick={() => {
                controller.deleteChat(id);
                setDoomed(null);
              }}
            >
              {t('historyDeleteSure')}
            </button>
          ) : (
            <button
              type="button"
              class="icon-button"
              aria-label={t('historyDelete', { title })}
              onClick={() => setDoomed(id)}
            >
              <UiIcon name="bin" size={18} />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Past chats of the panel: how the history stands, and its list while it is unlocked. */
export function HistorySheet({ view, controller, onClose }: Props) {
  const { state, problem } = view.history;
  return (
    <Sheet title={t('historyPast')} onClose={onClose}>
      <div class="history">
        <HistoryProblem code={problem} />
        {state === 'off' && (
          <>
            <p>{t('historyOffText')}</p>
            <button type="button" class="button" onClick={() => controller.open('options')}>
              {t('menuOptions')}
            </button>
          </>
        )}
        {state === 'locked' && <Unlock view={view} controller={controller} />}
        {state === 'open' && (
          <>
            <Chats view={view} controller={controller} onClose={onClose} />
            <button type="button" class="button" onClick={() => controller.lockHistory()}>
              <UiIcon name="lock" size={18} />
              {t('historyLock')}
            </button>
            <p class="caption">{t('historyIdle')}</p>
          </>
        )}
      </div>
    </Sheet>
  );
}
