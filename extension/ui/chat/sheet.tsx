import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';

/** A short explanation over the surface. The browser keeps the keyboard in it and closes it on Escape. */
export function Sheet({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby={id} onClose={onClose}>
      <div class="sheet-head">
        <h2 id={id} class="statement statement-small">
          {title}
        </h2>
        <button
          type="button"
          class="icon-button"
          aria-label={t('close')}
          onClick={() => dialog.current?.close()}
        >
          <UiIcon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  );
}
