import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { CopyButton } from '../copy-button.tsx';
import { downloadJson } from '../download.ts';
import { formatTime, formatTook } from '../i18n/format.ts';
import { formatCount, t, tn } from '../i18n/messages.ts';
import { StateIcon, type StateIconName } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import { operatorOf } from '../state/describe.ts';
import type { ChatController, ChatView } from '../surfaces/chat.ts';
import type {
  AnswerFigures,
  AnswerMessage,
  OwnMessage,
  ThreadItem,
  TooLongLine,
} from '../surfaces/thread.ts';
import { useNow } from '../use-now.ts';
import { Chips } from './attachments.tsx';
import { engineText } from './engine-words.ts';
import { useSpoken } from './use-spoken.ts';

interface NoticeProps {
  readonly icon: StateIconName;
  readonly title: string;
  readonly text: string;
  readonly actions: readonly { readonly label: string; readonly act: () => void }[];
  readonly children?: ComponentChildren;
}

/** Something in the thread that went otherwise: what it means, and the ways on. */
function Notice({ icon, title, text, actions, children }: NoticeProps) {
  return (
    <div class="notice card">
      <StateIcon name={icon} size={20} />
      <div>
        <p class="notice-title">{title}</p>
        <p class="notice-text">{text}</p>
        <div class="actions">
          {actions.map(({ label, act }) => (
            <button key={label} type="button" class="button" onClick={act}>
              {label}
            </button>
          ))}
          {children}
        </div>
      </div>
    </div>
  );
}

/** Sealed and gone, no word back yet: what is going on, and for how long. */
function Waiting({ since }: { since: number | undefined }) {
  const seconds = Math.floor((useNow(1_000) - (since ?? Number.NaN)) / 1_000);
  return (
    <span>
      {t('waitingFirst')}
      {seconds >= 2 && <span class="tabular"> {tn('waitingSeconds', seconds)}</span>}
    </span>
  );
}

/** What the answer took, as the enclave counted and as this computer's clock saw it. */
function Took({ figures }: { figures: AnswerFigures }) {
  const read = formatCount(figures.promptTokens);
  return (
    <p class="took caption">{tn('took', figures.answerTokens, { read, time: formatTook(figures.tookMs) })}</p>
  );
}

interface AnswerProps {
  readonly answer: AnswerMessage;
  readonly last: boolean;
  readonly controller: ChatController;
}

/** Also of an answer that was cut off or failed: that it was is what its receipt says. */
function SaveReceipt({ answer, controller }: Pick<AnswerProps, 'answer' | 'controller'>) {
  if (!answer.receipt) return null;
  const save = () => {
    const receipt = controller.receipt(answer.id);
    if (receipt !== null) downloadJson('waxseal-receipt.json', receipt);
  };
  return (
    <button type="button" class="icon-button" aria-label={t('saveReceipt')} onClick={save}>
      <UiIcon name="save" size={18} />
    </button>
  );
}

function AnswerEnd({ answer, last, controller }: AnswerProps) {
  const again = () => controller.retry(answer.id);
  const save = <SaveReceipt answer={answer} controller={controller} />;
  switch (answer.outcome) {
    case 'streaming':
      return (
        <p class="pace caption">
          <StateIcon name="checking" size={14} />
          {answer.text === '' ? <Waiting since={answer.askedAt} /> : t('steadyPace')}
        </p>
      );
    case 'incomplete':
      return (
        <Notice
          icon="partial"
          title={answer.text === '' ? t('noAnswerTitle') : t('wordIncomplete')}
          text={answer.text === '' ? t('noAnswerText') : t('textIncomplete')}
          actions={[{ label: t('askAgain'), act: again }]}
        >
          {save}
        </Notice>
      );
    case 'engine-error':
      return (
        <Notice
          icon="partial"
          title={t('engineTitle')}
          text={engineText(answer.reason)}
          actions={[{ label: t('actTryAgain'), act: again }]}
        >
          {save}
        </Notice>
      );
    default:
      return (
        <div class="answer-tools">
          {answer.figures?.atLimit && <p class="caption">{t('atLimit')}</p>}
          {answer.outcome === 'stopped' && <p class="caption">{t('stoppedText')}</p>}
          <CopyButton text={answer.text} label={t('copyAnswer')} class="icon-button" />
          {last && (
            <button type="button" class="icon-button" aria-label={t('askAgain')} onClick={again}>
              <UiIcon name="again" size={18} />
            </button>
          )}
          {save}
          {answer.figures && <Took figures={answer.figures} />}
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
  const facts = { n: line.words, m: line.limit, model };
  const shorten = () => document.querySelector<HTMLTextAreaElement>('.composer-text')?.focus();
  return (
    <Notice
      icon="partial"
      title={t('tooLongTitle')}
      text={line.refusedInside ? t('tooLongInside', facts) : t('tooLongText', facts)}
      actions={[
        ...(line.oldest === 0
          ? []
          : [{ label: tn('tooLongOldest', line.oldest), act: () => controller.leaveOutOldest() }]),
        { label: t('tooLongShorten'), act: shorten },
        { label: t('tooLongAction'), act: () => controller.newChat() },
      ]}
    />
  );
}

interface OwnProps {
  readonly own: OwnMessage;
  /** The way to take it back into the composer; null where it cannot be. */
  readonly onEdit: (() => void) | null;
  readonly edited: boolean;
}

function Own({ own, onEdit, edited }: OwnProps) {
  return (
    <article class={edited ? 'own own-edited' : 'own'} aria-label={t('youSaid')}>
      {own.files && <Chips files={own.files} />}
      {own.text !== '' && <p dir="auto">{own.text}</p>}
      {onEdit && (
        <button type="button" class="icon-button own-edit" aria-label={t('editMessage')} onClick={onEdit}>
          <UiIcon name="edit" size={18} />
        </button>
      )}
    </article>
  );
}

interface ItemProps {
  readonly item: ThreadItem;
  readonly last: boolean;
  /** The person's newest message, while it may be edited. */
  readonly editable: boolean;
  readonly view: ChatView;
  readonly controller: ChatController;
}

function Item({ item, last, editable, view, controller }: ItemProps) {
  switch (item.kind) {
    case 'own': {
      const edited = view.editing === item.id;
      return (
        <Own own={item} edited={edited} onEdit={editable && !edited ? () => controller.editLast() : null} />
      );
    }
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
    case 'cut':
      return (
        <p class="session-line caption">
          <span>{t('cutLine')}</span>
        </p>
      );
    case 'moved':
      return (
        <p class="session-line caption">
          <span>{t('movedLine', { site: item.site })}</span>
        </p>
      );
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

  const busy =
    view.sending || view.thread.some((item) => item.kind === 'answer' && item.outcome === 'streaming');
  const lastOwn = busy ? undefined : view.thread.findLast(({ kind }) => kind === 'own');
  // The last answer may be asked for again also when a line stands after it.
  const lastAnswer = view.thread.findLast(({ kind }) => kind === 'own' || kind === 'answer');
  const cut = view.thread.findLastIndex(({ kind }) => kind === 'cut');

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
      {view.thread.map((item, i) => (
        <div key={item.id} class={i < cut ? 'thread-item left-out' : 'thread-item'}>
          <Item
            item={item}
            last={item === lastAnswer}
            editable={item === lastOwn}
            view={view}
            controller={controller}
          />
        </div>
      ))}
      <div ref={end} />
    </section>
  );
}
