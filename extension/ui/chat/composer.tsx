import { useCallback, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { CopyButton } from '../copy-button.tsx';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';
import { sealName } from '../seal/name.ts';
import { SealMark } from '../seal/seal-mark.tsx';
import { useSeal } from '../seal/use-seal.ts';
import { type ComposerMode, composerMode } from '../state/behaviour.ts';
import type { ChatController, ChatView } from '../surfaces/chat.ts';
import { AttachButton, DraftFiles } from './attachments.tsx';
import { type ComposerFacts, composerCaption } from './composer-caption.ts';
import { privateField } from './private-field.ts';
import { useTyping } from './use-typing.ts';

/** The part of a keyboard event that decides whether Enter sends: it does not inside an input method. */
const sends = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' && !event.shiftKey && !event.isComposing && !event.altKey;

function placeholder(mode: ComposerMode, { simulated, typing, streaming, site }: ComposerFacts): string {
  if (mode === 'paused' || mode === 'read-only') return t('composerPaused');
  if (streaming) return t('composerWait');
  if (site !== null && !typing) return t('clickToType');
  return simulated ? t('composerHarmless') : t('composerPlaceholder');
}

interface ButtonProps {
  readonly controller: ChatController;
  readonly view: ChatView;
  readonly mode: ComposerMode;
  readonly streaming: boolean;
}

function ComposerButton({ controller, view, mode, streaming }: ButtonProps) {
  if (mode === 'paused' || mode === 'read-only') {
    return view.draft === '' ? null : <CopyButton text={view.draft} class="button button-quiet" />;
  }
  if (streaming || view.sending) {
    return (
      <button type="button" class="button" onClick={() => controller.stop()}>
        <span class="stop-square" />
        {t('stop')}
      </button>
    );
  }
  const label = view.status.simulated ? t('sendPlain') : t('send');
  const off = mode !== 'on' || (view.draft.trim() === '' && view.attachments.length === 0);
  return (
    <button type="submit" class="button button-primary send" disabled={off} aria-label={label}>
      <UiIcon name="send" size={18} />
      <span class="send-words">{label}</span>
    </button>
  );
}

/** Where the person types. The seal in it is lit only while it has the keyboard. */
export function Composer({ controller, view }: { controller: ChatController; view: ChatView }) {
  const form = useRef<HTMLFormElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const report = useCallback((typing: boolean) => controller.setTyping(typing), [controller]);
  const typing = useTyping(form, report);
  const seal = useSeal(view.seal);
  const mode = composerMode(view.status);
  const streaming = view.thread.some((item) => item.kind === 'answer' && item.outcome === 'streaming');
  const { simulated } = view.status;
  const site = view.frame?.site ?? null;
  const draft = view.draft !== '' || view.attachments.length > 0;
  const { sending } = view;
  const facts: ComposerFacts = { simulated, typing, streaming, sending, site, draft, mode };
  const caption = composerCaption(facts);

  // Grows with the text; the style sheet stops it at eight lines.
  useLayoutEffect(() => {
    if (area.current === null) return;
    area.current.style.height = 'auto';
    area.current.style.height = `${area.current.scrollHeight}px`;
    if (view.editing !== null) area.current.focus();
  }, [view.draft, view.editing]);

  const send = () => {
    // What was typed since the last rendering counts too: Enter may come before it.
    const { draft, attachments, sending } = controller.current();
    const something = draft.trim() !== '' || attachments.length > 0;
    if (mode === 'on' && !streaming && !sending && something) controller.send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (sends(event)) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && (streaming || view.sending)) {
      controller.stop();
    } else if (event.key === 'Escape' && view.editing !== null) {
      controller.cancelEdit();
    } else if (event.key === 'ArrowUp' && controller.current().draft === '' && mode === 'on' && !streaming) {
      event.preventDefault();
      controller.editLast();
    }
  };
  const kept = mode === 'paused' || mode === 'read-only';
  const look = [
    'composer',
    typing && 'composer-lit',
    simulated && 'composer-simulated',
    kept && 'composer-kept',
  ];
  return (
    <form
      ref={form}
      class={look.filter(Boolean).join(' ')}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        // Without this the browser would leave the chat and show the file.
        event.preventDefault();
        const files = [...(event.dataTransfer?.files ?? [])];
        if (!kept && files.length > 0) controller.attach(files);
      }}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="visually-hidden" for={id}>
        {t('composerLabel')}
      </label>
      {view.editing !== null && (
        <p class="composer-edit caption">
          <UiIcon name="edit" size={16} />
          <span>{t('editing')}</span>
          <button type="button" class="link" onClick={() => controller.cancelEdit()}>
            {t('editCancel')}
          </button>
        </p>
      )}
      <DraftFiles view={view} controller={controller} />
      <div class="composer-line">
        <textarea
          ref={area}
          id={id}
          class="composer-text"
          rows={1}
          value={view.draft}
          placeholder={placeholder(mode, facts)}
          readOnly={mode === 'read-only'}
          aria-describedby={`${id}-seal`}
          {...privateField}
          onInput={(event) => controller.edit(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {!kept && <AttachButton controller={controller} />}
      </div>
      <div class="composer-foot">
        {/* Clicking the unlit seal is the same as clicking the text. */}
        <label class="composer-seal" for={id}>
          {seal && <SealMark seal={seal} lit={typing} size={40} />}
          <span class="composer-caption">
            <span class={simulated && typing ? 'composer-lead word-tone-sim' : 'composer-lead'}>
              {caption.lead}
            </span>{' '}
            <span class="composer-rest">{caption.rest}</span>
          </span>
        </label>
        <ComposerButton controller={controller} view={view} mode={mode} streaming={streaming} />
      </div>
      <span class="visually-hidden" id={`${id}-seal`}>
        {seal && typing ? t('sealSpoken', { name: sealName(seal) }) : ''}
      </span>
    </form>
  );
}
