import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import { isSealedState } from '../state/behaviour.ts';
import { describe } from '../state/describe.ts';
import type { ChatController, ChatView } from '../surfaces/chat.ts';

/** Head of the in-page frame, in the inverse of our own theme so that it belongs to no page. */
export function FrameHead({
  view,
  controller,
  onChain,
}: {
  view: ChatView;
  controller: ChatController;
  onChain: (() => void) | null;
}) {
  const { status, frame } = view;
  const text = describe(status, frame?.site);
  const service = status.figures.service ?? '';
  const line =
    isSealedState(status.id) && status.id !== 'sealed-imported' ? t('frameSealedTo', { service }) : text.word;
  const closed = status.id === 'page' || status.id === 'page-covered';
  const words = (
    <>
      <StateIcon name={text.icon} size={22} />
      <strong>Waxseal</strong>
      <span class="frame-line">{closed ? t('whoClosed') : line}</span>
    </>
  );
  return (
    <header class="frame-head">
      {onChain ? (
        <button type="button" class="frame-verdict" onClick={onChain}>
          {words}
          <span class="visually-hidden">. {t('headerSeeChain')}</span>
        </button>
      ) : (
        <div class="frame-verdict">{words}</div>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={t('actOpenPanel')}
        onClick={() => controller.openPanel()}
      >
        <UiIcon name="panel" />
      </button>
      {frame?.open && !closed && (
        <button
          type="button"
          class="icon-button"
          aria-label={t('frameFold')}
          onClick={() => controller.setOpen(false)}
        >
          <UiIcon name="down" />
        </button>
      )}
      {frame && !frame.open && view.thread.length > 0 && !closed && (
        <button
          type="button"
          class="icon-button"
          aria-label={t('frameUnfold')}
          onClick={() => controller.setOpen(true)}
        >
          <UiIcon name="up" />
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={t('frameClose')}
        onClick={() => controller.close()}
      >
        <UiIcon name="close" />
      </button>
    </header>
  );
}
