import { useCallback, useId, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { ChatView } from '../surfaces/chat.ts';
import { useDismiss } from '../use-dismiss.ts';

interface Props {
  readonly view: ChatView;
  readonly onNewChat: () => void;
  readonly onChain: (() => void) | null;
  readonly onEnclave: (service: string) => void;
  /** Opens the list of past chats; null where none can be kept. */
  readonly onHistory: (() => void) | null;
  readonly onOpen: (page: 'options' | 'welcome') => void;
}

/** "More": what does not fit beside the verdict. */
export function Menu({ view, onNewChat, onChain, onEnclave, onHistory, onOpen }: Props) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = useCallback(() => setOpen(false), []);
  useDismiss(open, box, close);
  const item = (label: string, act: () => void, extra = '') => (
    <li>
      <button
        type="button"
        class={`menu-item ${extra}`}
        onClick={() => {
          close();
          act();
        }}
      >
        {label}
      </button>
    </li>
  );
  return (
    <div class="menu" ref={box}>
      <button
        type="button"
        class="icon-button"
        aria-label={t('moreMenu')}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <UiIcon name="more" />
      </button>
      {open && (
        <ul class="menu-list" id={id}>
          {item(t('newChat'), onNewChat, 'menu-new')}
          {onHistory && item(t('historyPast'), onHistory)}
          {onChain && item(t('menuChain'), onChain)}
          {view.enclaves.length > 1 && (
            <li class="menu-group">
              <span class="caption">{t('menuEnclaves')}</span>
              <ul>
                {view.enclaves.map(({ service, name }) => (
                  <li>
                    <button
                      type="button"
                      class="menu-item"
                      aria-current={hostOf(service) === view.status.figures.service}
                      onClick={() => {
                        close();
                        onEnclave(service);
                      }}
                    >
                      {name}
                      <span class="caption">{hostOf(service)}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </li>
          )}
          {item(t('menuOptions'), () => onOpen('options'))}
          {item(t('menuHow'), () => onOpen('welcome'))}
        </ul>
      )}
    </div>
  );
}

/** The host of a service's origin, as it is shown. */
function hostOf(service: string): string {
  return URL.canParse(service) ? new URL(service).host : service;
}
