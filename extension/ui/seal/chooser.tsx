import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n/messages.ts';
import { UiIcon } from '../icons/ui-icon.tsx';
import { sealName, sealShortName } from './name.ts';
import { type OfferedSeal, offerSeals } from './offer.ts';
import { SealMark } from './seal-mark.tsx';

interface Props {
  readonly chosen: OfferedSeal | null;
  readonly onChoose: (offered: OfferedSeal) => void;
}

/** Eight seals, one to choose; other eight on request. Also shown without focus, because nobody types here. */
export function SealChooser({ chosen, onChoose }: Props) {
  const [offered, setOffered] = useState<readonly OfferedSeal[]>([]);
  const draw = () => offerSeals().then(setOffered);
  useEffect(() => {
    draw();
  }, []);
  return (
    <div class="chooser">
      <fieldset class="chooser-grid">
        <legend class="visually-hidden">{t('welcome2Choose')}</legend>
        {offered.map((one) => (
          <label key={sealName(one.seal)} class="chooser-card card">
            <input
              type="radio"
              name="seal"
              class="visually-hidden"
              checked={chosen?.seed === one.seed}
              aria-label={sealName(one.seal)}
              onChange={() => onChoose(one)}
            />
            <SealMark seal={one.seal} lit size={76} />
            <span class="chooser-name">{sealShortName(one.seal)}</span>
            <span class="chooser-tick">
              <UiIcon name="check" size={18} />
            </span>
          </label>
        ))}
      </fieldset>
      <div class="chooser-more">
        <button type="button" class="button" onClick={draw}>
          <UiIcon name="again" size={18} />
          {t('showOthers')}
        </button>
        <p class="caption">{t('welcome2Note')}</p>
      </div>
    </div>
  );
}
