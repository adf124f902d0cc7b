import { useState } from 'preact/hooks';
import { downloadJson } from '../download.ts';
import { formatTime } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { ForkEvidence } from '../surfaces/chat.ts';

/** One line becoming two: the only picture of an alarm that Waxseal draws. */
function TwoHistories({ fork }: { fork: ForkEvidence }) {
  return (
    <figure class="fork-picture">
      <svg viewBox="0 0 340 116" class="fork-lines" aria-hidden="true" focusable="false">
        <path d="M6 56H128C152 56 152 16 186 16H234" class="fork-line" />
        <path d="M128 56C152 56 152 96 186 96H224" class="fork-line fork-dotted" />
        <circle cx="6" cy="56" r="6" class="fork-dot" />
        <circle cx="44" cy="56" r="6" class="fork-dot" />
        <circle cx="82" cy="56" r="6" class="fork-dot" />
        <path d="M122 44L134 56L122 68L110 56Z" class="fork-dot" />
        <circle cx="230" cy="16" r="7" class="fork-dot" />
        <circle cx="230" cy="96" r="6" class="fork-ring" />
      </svg>
      <figcaption>
        <span class="visually-hidden">{t('forkPicture')}</span>
        <span class="fork-label fork-label-first">
          <strong>{t('forkHistoryA')}</strong>
          {t('forkShownAt', { time: formatTime(fork.first.seenAt) })}
        </span>
        <span class="fork-label fork-label-second">
          <strong>{t('forkHistoryB')}</strong>
          {t('forkShownAt', { time: formatTime(fork.second.seenAt) })}
        </span>
        {fork.sameUntil !== undefined && (
          <span class="fork-label fork-label-same">{t('forkSameUntil', { n: fork.sameUntil })}</span>
        )}
      </figcaption>
    </figure>
  );
}

/** The log contradicts itself. Fills every surface, cannot be dismissed, does not move. */
export function Fork({ fork, hadDraft }: { fork: ForkEvidence | null; hadDraft: boolean }) {
  const [told, setTold] = useState(false);
  return (
    <section class="fork" role="alert">
      {fork && <TwoHistories fork={fork} />}
      <h1 class="statement statement-loud">{t('titleFork')}</h1>
      <p>{t('textFork')}</p>
      <p>
        <strong>{hadDraft ? t('forkNothingWas') : t('forkNothingWill')}</strong> {t('forkKept')}
      </p>
      {fork && (
        <button
          type="button"
          class="button button-large button-wide fork-save"
          onClick={() => downloadJson('waxseal-fork-evidence.json', fork.document)}
        >
          <UiIcon name="save" size={18} />
          {t('forkSave')}
        </button>
      )}
      <button
        type="button"
        class="button button-large button-wide fork-tell"
        aria-expanded={told}
        onClick={() => setTold(!told)}
      >
        {t('forkTell')}
      </button>
      {told && <p>{t('forkTellText')}</p>}
      <p class="fork-stays">{t('forkStays')}</p>
      {fork && (
        <p class="fork-code">
          <span class="mono">{fork.code}</span> · {fork.log}
        </p>
      )}
    </section>
  );
}
