import type { ComponentChildren } from 'preact';
import { useCallback, useId, useRef, useState } from 'preact/hooks';
import { CopyButton } from '../copy-button.tsx';
import { t } from '../i18n/messages.ts';
import { useDismiss } from '../use-dismiss.ts';
import { safeAddress } from './address.ts';

/** A link that shows its full address before it opens anything. Links that are not web or mail are text. */
export function AnswerLink({ href, children }: { href: string; children: ComponentChildren }) {
  const [shown, setShown] = useState(false);
  const id = useId();
  const box = useRef<HTMLSpanElement>(null);
  const hide = useCallback(() => setShown(false), []);
  useDismiss(shown, box, hide);
  const address = safeAddress(href);
  if (address === null) {
    return (
      <span class="link-dead">
        {children} <span class="caption">({t('linkUnusable')})</span>
      </span>
    );
  }
  return (
    <span class="answer-link" ref={box}>
      <button
        type="button"
        class="link"
        aria-expanded={shown}
        aria-controls={id}
        onClick={() => setShown(!shown)}
      >
        {children}
      </button>
      {shown && (
        <span class="link-card" id={id}>
          <span class="caption">{t('linkOpens')}</span>
          <span class="link-address mono" dir="ltr">
            {address}
          </span>
          <span class="actions">
            <a class="button" href={address} target="_blank" rel="noopener noreferrer">
              {t('linkOpen')}
            </a>
            <CopyButton text={address} class="button" />
          </span>
        </span>
      )}
    </span>
  );
}
