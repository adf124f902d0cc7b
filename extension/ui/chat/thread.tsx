import { useLayoutEffect, useRef } from 'preact/hooks';
import type { AnswerMessage, ChatController, ChatView, ThreadItem, TooLongLine } from '../controller.ts';
import { CopyButton } from '../copy-button.tsx';
import { formatTime } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { StateIcon, type StateIconName } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import { operatorOf } from '../state/describe.ts';
import { useSpoken } from './use-spoken.ts';

interface NoticeProps {
  readonly icon: StateIconName;
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onAction: () => void;
}

/** Something in the thread that went otherwise: what it means, and one way on. */
function Notice({ icon, title, text, action, onAction }: NoticeProps) {
  return (
    <div class="notice card">
      <StateIcon name={icon} size={20} />
      <div>
        <p class="notice-title">{title}</p>
        <p class="notice-text">{text}</p>
        <button type="button" class="button" onClick={onAction}>
          {action}
        </button>
      </div>
    </div>
  );
}

interface AnswerProps {
  readonly answer: AnswerMessage;
  readonly last: boolean;
  readonly controller: ChatController;
}

function AnswerEnd({ answer, last, controller }: AnswerProps) {
  const again = () => controller.retry(answer.id);
  switch (answer.outcome) {
    case 'streaming':
      return (
        <p class="pace caption">
          <StateIcon name="checking" size={14} />
          {t('steadyPace')}
        </p>
      );
    case 'incomplete':
      return (
        <Notice
          icon="partial"
          title={t('wordIncomplete')}
          text={t('textIncomplete')}
          action={t('askAgain')}
          onAction={again}
        />
      );
    case 'engine-error':
      return (
        <Notice
          icon="partial"
          title={t('engineTitle')}
          text={answer.reason ? t('engineText', { reason: answer.reason }) : t('engineTextOpen')}
          action={t('actTryAgain')}
          onAction={again}
        />
      );
    default:
      return (
        <div class="answer-tools">
          {answer.outcome === 'stopped' && <p class="caption">{t('stoppedText')}</p>}
          <CopyButton text={answer.text} label={t('copyAnswer')} class="icon-button" />
          {last && (
            <button type="button" class="icon-button" aria-label={t('askAgain')} onClick={again}>
              <UiIcon name="again" size={18} />
            </button>
          )}
        </div>
      );
  }
}

function Answer(props: AnswerProps) {
  const { answer } = props;
  const arriving = answer.outcome === 'streaming';
  const spoken = useSpoken(answer.text, arriving);
  return (
    <article class={arriving ? 'answer answer-arriving' : 'answer'} aria-label={t('modelSaid')}>
      <Markdown text={answer.text} arriving={arriving} />
      <p class="visually-hidden" aria-live="polite">
        {spoken}
      </p>
      <AnswerEnd {...props} />
    </article>
  );
}

function TooLong({
  line,
  view,
  controller,
}: {
  line: TooLongLine;
  view: ChatView;
  controller: ChatController;
}) {
  const model = view.status.figures.model ?? t('thisModel');
  return (
    <Notice
      icon="partial"
      title={t('tooLongTitle')}
      text={t('tooLongText', { n: line.words, m: line.limit, model })}
      action={t('tooLongAction')}
      onAction={() => controller.newChat()}
    />
  );
}

interface ItemProps {
  readonly item: ThreadItem;
  readonly last: boolean;
  readonly view: ChatView;
  readonly controller: ChatController;
}

function Item({ item, last, view, controller }: ItemProps) {
  switch (item.kind) {
    case 'own':
      return (
        <article class="own" aria-label={t('youSaid')}>
          <p dir="auto">{item.text}</p>
        </article>
      );
    case 'answer':
      return <Answer answer={item} last={last} controller={controller} />;
    case 'session': {
      const time = formatTime(item.checkedAt);
      const fresh = view.status.simulated ? t('sessionNewSimulated', { time }) : t('sessionNew', { time });
      const operator = operatorOf(view.status.figures);
      return (
        <p class="session-line caption">
          <span>{item.restarted ? t('sessionRestarted', { operator, time }) : fresh}</span>
        </p>
      );
    }
    case 'too-long':
      return <TooLong line={item} view={view} controller={controller} />;
  }
}

/** How near its end (in pixels) a thread must be scrolled to go on following an answer. */
const nearEnd = 80;

/** The chat: own messages to the right, answers without a bubble. Follows the newest text unless scrolled back. */
export function Thread({ view, controller }: { view: ChatView; controller: ChatController }) {
  const end = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const newest = view.thread.at(-1);
  const length = newest?.kind === 'answer' ? newest.text.length : 0;
  const count = view.thread.length;

  useLayoutEffect(() => {
    const scroller = end.current?.closest('.scroller');
    if (!scroller) return;
    const note = () => {
      following.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearEnd;
    };
    scroller.addEventListener('scroll', note, { passive: true });
    return () => scroller.removeEventListener('scroll', note);
  }, []);

  const seen = useRef({ count: 0, length: 0 });
  useLayoutEffect(() => {
    const grew = count > seen.current.count || length !== seen.current.length;
    if (grew && (following.current || count > seen.current.count))
      end.current?.scrollIntoView({ block: 'end' });
    seen.current = { count, length };
  }, [count, length]);

  return (
    <section class="thread" aria-labelledby="thread-title">
      <h1 class="visually-hidden" id="thread-title">
        {t('threadLabel')}
      </h1>
      {view.thread.map((item) => (
        <Item key={item.id} item={item} last={item === newest} view={view} controller={controller} />
      ))}
      <div ref={end} />
    </section>
  );
}
