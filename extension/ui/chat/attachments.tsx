import { formatBytes } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { ChatController, ChatView, FileRefusal } from '../surfaces/chat.ts';
import type { Attachment } from '../surfaces/thread.ts';

/** One file: its name, its size, and the way to take it off where there is one. */
function Chip({ file, onRemove }: { file: Attachment; onRemove?: () => void }) {
  return (
    <li class="chip">
      <UiIcon name="file" size={16} />
      <span class="chip-name" dir="auto">
        {file.name}
      </span>
      <span class="chip-size">{formatBytes(file.bytes)}</span>
      {onRemove && (
        <button
          type="button"
          class="chip-remove"
          aria-label={t('fileRemove', { name: file.name })}
          onClick={onRemove}
        >
          <UiIcon name="close" size={14} />
        </button>
      )}
    </li>
  );
}

/** Files of a message that was sent, or with `onRemove`, of the one that is being written. */
export function Chips({
  files,
  onRemove,
}: {
  files: readonly Attachment[];
  onRemove?: (id: string) => void;
}) {
  if (files.length === 0) return null;
  return (
    <ul class="chips" aria-label={t('filesLabel')}>
      {files.map((file) => (
        <Chip key={file.id} file={file} {...(onRemove && { onRemove: () => onRemove(file.id) })} />
      ))}
    </ul>
  );
}

const reasons: Record<FileRefusal['reason'], () => string> = {
  'too-large': () => t('fileTooLarge', { limit: formatBytes(256 * 1024) }),
  'too-many': () => t('fileTooMany'),
  'not-text': () => t('fileNotText'),
};

/** The files with the draft, and why the last one is not among them. */
export function DraftFiles({ view, controller }: { view: ChatView; controller: ChatController }) {
  const { attachments, fileRefusal } = view;
  return (
    <>
      <Chips files={attachments} onRemove={(id) => controller.detach(id)} />
      {fileRefusal && (
        <p class="file-refused" role="alert">
          <StateIcon name="partial" size={16} />
          <span>
            {t('fileRefused', { name: fileRefusal.name })} {reasons[fileRefusal.reason]()}{' '}
            <bdi class="mono caption">{fileRefusal.code}</bdi>
          </span>
        </p>
      )}
    </>
  );
}

/** Chooses files from this computer. Only text can be read by the model, so only text is offered. */
export function AttachButton({ controller }: { controller: ChatController }) {
  return (
    <label class="icon-button attach">
      <UiIcon name="clip" />
      <span class="visually-hidden">{t('attach')}</span>
      <input
        type="file"
        class="visually-hidden"
        multiple
        accept="text/*,.txt,.md,.csv,.tsv,.json,.xml,.yaml,.yml,.log,.ini,.toml,.py,.js,.ts,.html,.css,.sql,.sh"
        onChange={(event) => {
          controller.attach([...(event.currentTarget.files ?? [])]);
          // So that choosing the same file again is a change.
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}
