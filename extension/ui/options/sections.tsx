import { useState } from 'preact/hooks';
import { t } from '../i18n/messages.ts';
import { SealChooser } from '../seal/chooser.tsx';
import { sealNameFirst } from '../seal/name.ts';
import type { OfferedSeal } from '../seal/offer.ts';
import { SealMark } from '../seal/seal-mark.tsx';
import { useSeal } from '../seal/use-seal.ts';
import type { OptionsController, OptionsView } from '../surfaces/options.ts';

export interface SectionProps {
  readonly view: OptionsView;
  readonly controller: OptionsController;
}

const hostOf = (address: string): string => (URL.canParse(address) ? new URL(address).host : address);

/** Which enclave new chats go to. */
export function Enclaves({ view, controller }: SectionProps) {
  return (
    <section>
      <h1 class="statement">{t('enclavesTitle')}</h1>
      <p class="lede">{t('enclavesText')}</p>
      <fieldset class="choices card">
        <legend class="visually-hidden">{t('enclavesTitle')}</legend>
        {view.enclaves.map(({ service, name, domain, chosen }) => (
          <label key={service} class="choice">
            <input
              type="radio"
              name="enclave"
              checked={chosen}
              onChange={() => controller.chooseEnclave(service)}
            />
            <span class="choice-words">
              <span class="choice-name">{name}</span>
              <span class="caption">{hostOf(service)}</span>
            </span>
            <span class="pill">{domain}</span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}

/** Granted sites, each with its own switch for the adapter. */
export function Sites({ view, controller }: SectionProps) {
  return (
    <section>
      <h1 class="statement">{t('sitesTitle')}</h1>
      <p class="lede">{t('sitesText')}</p>
      {view.sites.length === 0 && <p class="nothing card">{t('sitesNone')}</p>}
      {view.sites.map(({ origin, adapter }) => (
        <div key={origin} class="site card">
          <div class="site-head">
            <h2>{hostOf(origin)}</h2>
            <button
              type="button"
              class="button"
              aria-label={t('removeSite', { site: hostOf(origin) })}
              onClick={() => controller.removeSite(origin)}
            >
              {t('removeDomain')}
            </button>
          </div>
          <label class="toggle">
            <input
              type="checkbox"
              checked={adapter}
              onChange={(event) => controller.setAdapter(origin, event.currentTarget.checked)}
            />
            <span>
              {t('adapterLabel')}
              <span class="caption">{t('adapterText')}</span>
            </span>
          </label>
        </div>
      ))}
    </section>
  );
}

/** The person's seal, the one place besides first run where it is shown without focus. */
export function YourSeal({ view, controller }: SectionProps) {
  const seal = useSeal(view.seal);
  const [changing, setChanging] = useState(false);
  const [chosen, setChosen] = useState<OfferedSeal | null>(null);
  const use = () => {
    if (chosen) controller.setSeal(chosen.seed);
    setChosen(null);
    setChanging(false);
  };
  return (
    <section>
      <h1 class="statement">{t('sealTitle')}</h1>
      <p class="lede">{t('sealText')}</p>
      {seal ? (
        <div class="seal-now card">
          <SealMark seal={seal} lit size={96} />
          <div>
            <h2>{t('sealNow')}</h2>
            <p>{sealNameFirst(seal)}</p>
            <button
              type="button"
              class="button"
              aria-expanded={changing}
              onClick={() => setChanging(!changing)}
            >
              {t('sealChange')}
            </button>
          </div>
        </div>
      ) : (
        <p class="nothing card">
          {t('sealNone')}{' '}
          <button type="button" class="button" onClick={() => controller.openWelcome()}>
            {t('actSetUp')}
          </button>
        </p>
      )}
      {changing && (
        <div class="seal-change">
          <SealChooser chosen={chosen} onChoose={setChosen} />
          <button type="button" class="button button-primary" disabled={chosen === null} onClick={use}>
            {t('sealUse')}
          </button>
        </div>
      )}
    </section>
  );
}
