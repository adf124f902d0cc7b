import { useState } from 'preact/hooks';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';
import { operatorOf } from '../state/describe.ts';
import type { ChatController, ChatView } from '../surfaces/chat.ts';
import { SetupDrawer } from './setup-drawer.tsx';
import { isPlain } from './setup-form.ts';
import { Sheet } from './sheet.tsx';

/** Opens the drawer. A mark says that something in it is set. */
function SetupButton({ view, controller }: { view: ChatView; controller: ChatController }) {
  const [open, setOpen] = useState(false);
  const plain = isPlain(view.setup);
  return (
    <>
      <button
        type="button"
        class={plain ? 'icon-button setup' : 'icon-button setup setup-changed'}
        aria-label={plain ? t('setupOpen') : t('setupOpenChanged')}
        onClick={() => setOpen(true)}
      >
        <UiIcon name="gear" size={18} />
      </button>
      {open && <SetupDrawer view={view} controller={controller} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Below the composer: the settings of this chat, and the one link with the sheet it opens. */
export function Explanation({ view, controller }: { view: ChatView; controller: ChatController }) {
  const { status } = view;
  const [open, setOpen] = useState(false);
  const { simulated } = status;
  const points = simulated
    ? [t('simulated1'), t('simulated2'), t('simulated3')]
    : [t('operatorSees1'), t('operatorSees2'), t('operatorSees3'), t('operatorSees4')];
  const title = simulated
    ? t('simulatedTitle')
    : t('operatorSeesTitle', { operator: operatorOf(status.figures) });
  const { contact } = status.figures;
  if (status.id === 'failed' && contact !== undefined) {
    return (
      <div class="explanation">
        <a class="link" href={contact} target="_blank" rel="noopener noreferrer">
          {t('actAsk', { operator: operatorOf(status.figures) })}
        </a>
      </div>
    );
  }
  return (
    <div class="explanation">
      {view.report !== null && <SetupButton view={view} controller={controller} />}
      <button type="button" class="link" onClick={() => setOpen(true)}>
        {simulated ? t('whatSimulated') : t('operatorSees')}
      </button>
      {open && (
        <Sheet title={title} onClose={() => setOpen(false)}>
          <ul class="bullets">
            {points.map((point) => (
              <li>{point}</li>
            ))}
          </ul>
        </Sheet>
      )}
    </div>
  );
}
