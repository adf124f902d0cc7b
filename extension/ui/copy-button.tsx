import { useEffect, useState } from 'preact/hooks';
import { t } from './i18n/messages.ts';
import { UiIcon } from './icons/ui-icon.tsx';

interface Props {
  readonly text: string;
  /** Name for screen readers where the button shows only its icon. */
  readonly label?: string;
  readonly class: string;
}

/** Copies a text and says so for two seconds. */
export function CopyButton({ text, label, class: className }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <button type="button" class={className} aria-label={copied ? t('copied') : label} onClick={copy}>
      <UiIcon name={copied ? 'check' : 'copy'} size={label === undefined ? 16 : 18} />
      {label === undefined && <span>{copied ? t('copied') : t('copy')}</span>}
    </button>
  );
}
