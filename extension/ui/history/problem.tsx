import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';

/** What is said of each error, with what to do where something can be done. */
export const problems: { readonly [code: string]: () => string } = {
  WAX_HISTORY_PASSPHRASE: () => t('historyWrong'),
  WAX_HISTORY_SHORT: () => t('historyShort'),
  WAX_HISTORY_DAMAGED: () => t('historyDamaged'),
  WAX_HISTORY_CHANGED: () => t('historyChanged'),
  WAX_HISTORY_FULL: () => t('historyFull'),
  WAX_HISTORY_PRIVATE: () => t('historyPrivate'),
  WAX_HISTORY_UNAVAILABLE: () => t('historyUnavailable'),
};

/** What went wrong with the history, what to do, and its code. */
export function HistoryProblem({ code }: { code: string | null }) {
  if (code === null) return null;
  return (
    <p class="history-problem" role="alert">
      <StateIcon name={code === 'WAX_HISTORY_DAMAGED' ? 'warn' : 'partial'} size={20} />
      <span>
        {(problems[code] ?? (() => t('historyUnavailable')))()} <bdi class="mono caption">{code}</bdi>
      </span>
    </p>
  );
}
