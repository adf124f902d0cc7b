import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';

/** First step: what is checked, and what is not covered. */
export function WhatItDoes() {
  const points = [
    { icon: 'chip', title: t('welcome1A'), text: t('welcome1AText') },
    { icon: 'sign', title: t('welcome1B'), text: t('welcome1BText') },
    { icon: 'key', title: t('welcome1C'), text: t('welcome1CText') },
  ] as const;
  return (
    <>
      <div class="welcome-words">
        <h1 class="statement">{t('welcome1Title')}</h1>
        <p class="lede">{t('welcome1Text')}</p>
        <p class="lede">
          <strong>{t('welcome1Strong')}</strong>
        </p>
      </div>
      <div class="welcome-thing">
        <ul class="promises card">
          {points.map(({ icon, title, text }) => (
            <li key={icon}>
              <span class="pictogram">
                <UiIcon name={icon} size={22} />
              </span>
              <div>
                <h2>{title}</h2>
                <p>{text}</p>
              </div>
            </li>
          ))}
        </ul>
        <p class="welcome-note">{t('welcome1Limit')}</p>
      </div>
    </>
  );
}
