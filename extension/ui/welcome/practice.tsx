import { useEffect, useState } from 'preact/hooks';
import { ChatSurface } from '../chat/chat-view.tsx';
import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import type { PracticeController } from '../surfaces/welcome.ts';
import { useStore } from '../use-store.ts';

function Task({
  done,
  title,
  children,
}: {
  done: boolean;
  title: string;
  children?: preact.ComponentChildren;
}) {
  return (
    <li class={done ? 'practice-task practice-done' : 'practice-task'}>
      <StateIcon name={done ? 'sealed' : 'todo'} size={20} />
      <div>
        <p>
          {title}
          {done && <span class="visually-hidden">, {t('practiceDone')}</span>}
        </p>
        {children}
      </div>
    </li>
  );
}

/** A web chat that is only painted, with the real box upon it: what it does, tried out with nothing at stake. */
export function Practice({ controller, onEnd }: { controller: PracticeController; onEnd: () => void }) {
  const view = useStore(controller);
  const [typed, setTyped] = useState(false);
  const [sent, setSent] = useState(false);
  const [disturbed, setDisturbed] = useState(false);
  const closed = view.status.id === 'page';
  useEffect(() => {
    if (view.draft !== '') setTyped(true);
    if (view.thread.some((item) => item.kind === 'answer' && item.outcome === 'complete')) setSent(true);
    if (closed) setDisturbed(true);
  }, [view.draft, view.thread, closed]);
  return (
    <div class="practice">
      <section class="practice-words" aria-labelledby="practice-title">
        <h1 id="practice-title" class="statement">
          {t('practiceTitle')}
        </h1>
        <p class="lede">{t('practiceText')}</p>
        <ol class="practice-tasks">
          <Task done={typed} title={t('practiceType')} />
          <Task done={sent} title={t('practiceSend')} />
          <Task done={disturbed} title={t('practiceDisturb')}>
            {closed ? (
              <button type="button" class="button" onClick={() => controller.checkNow()}>
                {t('practiceAgain')}
              </button>
            ) : (
              <button type="button" class="button" onClick={() => controller.interfere()}>
                {t('practiceDisturbNow')}
              </button>
            )}
          </Task>
        </ol>
        <button
          type="button"
          class={typed && sent && disturbed ? 'button button-primary' : 'button'}
          onClick={onEnd}
        >
          {t('practiceEnd')}
        </button>
      </section>
      <div class="practice-page">
        <div class="practice-bar" aria-hidden="true">
          <span class="practice-address">parley.example</span>
        </div>
        <div class="practice-painted" aria-hidden="true">
          <p class="practice-theirs">{t('practicePage1')}</p>
          <p class="practice-theirs">{t('practicePage2')}</p>
        </div>
        <div class={view.frame?.open ? 'practice-box practice-box-open' : 'practice-box'}>
          <ChatSurface controller={controller} />
        </div>
      </div>
    </div>
  );
}
