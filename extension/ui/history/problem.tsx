import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';

const words: { readonly [code: string]: () => string } = {
  WAX_HISTORY_PASSPHRASE: () => t('historyWrong'),
  WAX_HISTORY_SHORT: () => t('historyShort'),
  WAX_HISTORY_DAMAGED: () => t('historyDamaged'),
  WAX_HISTORY_CHANGED: () => t('historyChanged'),
  WAX_HISTORY_FULL: () => t('historyFull'),
};

/** What went wrong with the history, what to do, and its code. */
export function HistoryProblem({ code }: { code: string | null }) {
  if (code === null) return null;
  return (
    <p class="history-problem" role="alert">
      <StateIcon name={code === 'WAX_HISTORY_DAMAGED' ? 'warn' : 'partial'} size={20} />
      <span>
        {(words[code] ?? (() => t('historyUnavailable')))()} <span class="mono caption">{code}</span>
      </span>
    </p>
  );
}
