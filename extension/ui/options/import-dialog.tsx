import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { DiffLine } from '../../../protocol/policy-diff.ts';
import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { OptionsController, OptionsView } from '../surfaces/options.ts';
import { describeLine } from './diff-words.ts';

function Line({ line }: { line: DiffLine }) {
  const { title, details } = describeLine(line);
  const marks = { new: t('diffNew'), same: t('diffSame'), weaker: t('diffWeaker') };
  return (
    <li class="diff-line">
      {line.mark === 'weaker' ? (
        <StateIcon name="warn" size={26} />
      ) : (
        <span class="diff-sign">
          <UiIcon name={line.mark === 'new' ? 'plus' : 'check'} size={16} />
        </span>
      )}
      <div class="diff-words">
        <p class="diff-title">{title}</p>
        <p class="diff-detail">{details.map((detail) => `${detail}.`).join(' ')}</p>
      </div>
      <span class={line.mark === 'weaker' ? 'diff-mark word-tone-warn' : 'diff-mark'}>
        {marks[line.mark]}
      </span>
    </li>
  );
}

interface Props {
  readonly candidate: NonNullable<OptionsView['candidate']>;
  readonly controller: OptionsController;
}

/** What a trust domain from a file would allow, line by line. The safe button is the primary one. */
export function ImportDialog({ candidate, controller }: Props) {
  const [sure, setSure] = useState(false);
  const [shown, setShown] = useState(false);
  const { domain, file, lines, text } = candidate;
  const id = useId();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section class="import-dialog" aria-labelledby={id}>
      <div class="import-body">
        <h2 ref={title} id={id} class="statement statement-small" tabIndex={-1}>
          {t('importTitle', { name: domain.name })}
        </h2>
        <p class="import-text">
          {t('importTextStart')} <span class="mono">{file}</span>. {t('importText')}
        </p>
        <ul class="diff">
          {lines.map((line) => (
            <Line key={line.id} line={line} />
          ))}
        </ul>
      </div>
      <div class="import-foot">
        <label class="import-sure">
          <input type="checkbox" checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />
          {t('importConfirm')}
        </label>
        <div class="actions">
          <button type="button" class="button button-primary" onClick={() => controller.declineImport()}>
            {t('dontAdd')}
          </button>
          <button type="button" class="button" disabled={!sure} onClick={() => controller.acceptImport()}>
            {t('addDomain', { name: domain.name })}
          </button>
          <button
            type="button"
            class="link import-show"
            aria-expanded={shown}
            onClick={() => setShown(!shown)}
          >
            {shown ? t('hideFile') : t('showFile')}
          </button>
        </div>
        {shown && (
          <pre class="import-file-text mono" dir="ltr">
            {text}
          </pre>
        )}
      </div>
    </section>
  );
}
