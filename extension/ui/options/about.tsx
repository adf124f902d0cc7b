import { useState } from 'preact/hooks';
import { CopyButton } from '../copy-button.tsx';
import { groupHex } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';
import type { SectionProps } from './sections.tsx';

/** Prints the digest that About shows, in the folder of a build of the same version. */
const command = 'xargs sha256sum < files.txt | sha256sum';

/** Version, the digest of what runs here, and how to check it from outside. */
export function About({ view, controller }: SectionProps) {
  return (
    <section>
      <h1 class="statement">{t('aboutTitle')}</h1>
      <p class="lede">{t('aboutText')}</p>
      <div class="about card">
        <dl class="pairs">
          <dt>{t('aboutVersionLabel')}</dt>
          <dd>{view.version}</dd>
          <dt>{t('aboutBuild')}</dt>
          <dd class="mono digest" dir="ltr">
            {view.build === null ? t('aboutBuildNone') : groupHex(view.build)}
          </dd>
          <dt>{t('aboutCheck')}</dt>
          <dd class="mono" dir="ltr">
            {command}
          </dd>
        </dl>
        {view.build !== null && <CopyButton text={view.build} class="button" />}
        <p class="caption">{t('aboutBuildText')}</p>
      </div>
      <button type="button" class="button" onClick={() => controller.openWelcome()}>
        {t('aboutAgain')}
      </button>
    </section>
  );
}

/** What Waxseal keeps on this computer, and the way to be rid of all of it. */
export function Data({ view, controller }: SectionProps) {
  const [sure, setSure] = useState(false);
  return (
    <section>
      <h1 class="statement">{t('dataTitle')}</h1>
      <p class="lede">{t('dataText')}</p>
      <ul class="bullets data-list">
        <li>{t('dataSeal')}</li>
        <li>{t('dataSites')}</li>
        <li>{t('dataLog')}</li>
        <li>{view.history.state === 'on' ? t('dataHistoryOn') : t('dataHistoryOff')}</li>
      </ul>
      <div class="forget card">
        <h2>{t('forgetTitle')}</h2>
        <p>{t('forgetText')}</p>
        <label class="import-sure">
          <input type="checkbox" checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} />
          {t('forgetConfirm')}
        </label>
        <button
          type="button"
          class="button"
          disabled={!sure}
          onClick={() => {
            controller.forget();
            setSure(false);
          }}
        >
          {t('forgetButton')}
        </button>
      </div>
    </section>
  );
}
