import { t } from '../i18n/messages.ts';
import type { ChatController, ChatView } from '../surfaces/chat.ts';

/** A chat that came here while another one was open: nothing of either is lost, and the person says which goes on. */
export function Waiting({ view, controller }: { view: ChatView; controller: ChatController }) {
  const next = view.waiting[0];
  if (next === undefined) return null;
  return (
    <section class="waiting">
      <p role="status">{next.site === null ? t('waitingOwn') : t('waitingFrom', { site: next.site })}</p>
      <div class="actions">
        <button type="button" class="button button-primary" onClick={() => controller.takeWaiting()}>
          {t('waitingTake')}
        </button>
        <button type="button" class="button" onClick={() => controller.dropWaiting()}>
          {t('waitingDrop')}
        </button>
      </div>
    </section>
  );
}
