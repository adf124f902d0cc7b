import { formatAgo } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import { UiIcon, type UiIconName } from '../icons/ui-icon.tsx';
import { describe, operatorOf } from '../state/describe.ts';
import type { ChatView } from '../surfaces/chat.ts';
import { useNow } from '../use-now.ts';

function Fact({ icon, text, sure }: { icon: UiIconName; text: string; sure: boolean }) {
  return (
    <li>
      <UiIcon name={icon} size={20} />
      <span>{text}</span>
      {sure ? (
        <span class="tone-seal">
          <UiIcon name="check" size={16} />
          <span class="visually-hidden">{t('stepPassed')}</span>
        </span>
      ) : (
        <StateIcon name="sim" size={18} />
      )}
    </li>
  );
}

/** An envelope, closed with the state's own icon. */
function Envelope({ view }: { view: ChatView }) {
  const { icon } = describe(view.status);
  return (
    <div class="envelope" aria-hidden="true">
      <svg width="110" height="76" viewBox="0 0 110 76" aria-hidden="true" focusable="false">
        <rect x="1" y="1" width="108" height="74" rx="7" class="envelope-body" />
        <path d="M3 73L38 40M107 73L72 40" class="envelope-fold" />
        <path d="M3 5L42 36M107 5L68 36" class="envelope-flap" />
      </svg>
      <StateIcon name={icon} size={36} />
    </div>
  );
}

/** The chat before its first message: what was checked, in three lines. */
export function Empty({ view, onChain }: { view: ChatView; onChain: () => void }) {
  const { report, status } = view;
  const now = useNow(10_000);
  const simulated = status.simulated;
  const vendor = report?.vendor ?? status.figures.vendor ?? t('theVendor');
  const release = report?.release;
  const text = describe(status);
  const operator = operatorOf(status.figures);
  return (
    <div class="empty">
      <Envelope view={view} />
      <h1 class="statement">{status.id === 'sealed' ? t('titleEmpty') : text.title}</h1>
      <p class="lede">{status.id === 'sealed' ? t('textEmpty', { operator }) : text.text}</p>
      {report && (
        <>
          <ul class="facts card">
            <Fact
              icon="chip"
              sure={!simulated}
              text={simulated ? t('factChipSimulated') : t('factChip', { vendor })}
            />
            {release && (
              <Fact
                icon="sign"
                sure
                text={t('factProgram', { k: release.publishers.length, n: release.publisherCount })}
              />
            )}
            <Fact icon="key" sure={!simulated} text={t('factKey')} />
          </ul>
          <p class="checked-line">
            {t('checkedAgo', { ago: formatAgo(Date.parse(report.checkedAt), now) })}{' '}
            <button type="button" class="link" onClick={onChain}>
              {t('seeAllChecks')}
            </button>
          </p>
        </>
      )}
    </div>
  );
}
