import type { ComponentChildren } from 'preact';
import { t } from '../i18n/messages.ts';
import { StateIcon, stateDrawings } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { StateText } from '../state/describe.ts';

interface Props {
  readonly text: StateText;
  /** Opens the chain; null where there is nothing to open. */
  readonly onOpenChain: (() => void) | null;
  readonly children: ComponentChildren;
}

/** The verdict: outline, word and who, top left, once. The whole block opens the chain. */
export function Header({ text, onOpenChain, children }: Props) {
  const verdict = (
    <>
      <StateIcon name={text.icon} size={26} />
      <span class="verdict-words">
        <span class={`verdict-word word-tone-${stateDrawings[text.icon].tone}`}>
          <span>{text.word}</span>
          {onOpenChain && (
            <span class="verdict-chevron">
              <UiIcon name="chev" size={14} />
            </span>
          )}
        </span>
        <span class="verdict-who">{text.who}</span>
      </span>
    </>
  );
  return (
    <header class="header">
      {onOpenChain ? (
        <button type="button" class="verdict" onClick={onOpenChain}>
          {verdict}
          <span class="visually-hidden">. {t('headerSeeChain')}</span>
        </button>
      ) : (
        <div class="verdict">{verdict}</div>
      )}
      <div class="header-tools">{children}</div>
    </header>
  );
}
