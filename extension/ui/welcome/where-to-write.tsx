import { t } from '../i18n/messages.ts';

export type Place = 'panel' | 'box';

/** Little pictures of a page with the panel beside it, or the box upon it. */
function Picture({ place }: { place: Place }) {
  return (
    <svg
      class="place-picture"
      width="112"
      height="76"
      viewBox="0 0 112 76"
      aria-hidden="true"
      focusable="false"
    >
      <rect x=".5" y=".5" width="111" height="75" rx="8" class="place-page" />
      <path d="M1 13.5H111" class="place-line" />
      {place === 'panel' ? (
        <>
          <path d="M9 26H56M9 36H46M9 46H52" class="place-text" />
          <path d="M71.5 14H111V75H71.5Z" class="place-ours" />
          <rect x="77" y="54" width="29" height="15" rx="4" class="place-ours" />
          <circle cx="84" cy="61.5" r="3.6" class="place-wax" />
        </>
      ) : (
        <>
          <path d="M9 25H70M9 34H90" class="place-text" />
          <rect x="23" y="42.5" width="67" height="27" rx="5" class="place-ours" />
          <path d="M23 52V47a5 5 0 0 1 5-5H85a5 5 0 0 1 5 5V52Z" class="place-flap" />
          <circle cx="31.5" cy="61" r="3.6" class="place-wax" />
        </>
      )}
    </svg>
  );
}

interface Props {
  readonly place: Place;
  readonly onPlace: (place: Place) => void;
  /** Name of the built-in trust domain; null where none is built in. */
  readonly domain: string | null;
  /** Opens the rules in Options. */
  readonly onRules: () => void;
}

/** Third step: panel or box, and whose rules apply. */
export function WhereToWrite({ place, onPlace, domain, onRules }: Props) {
  const choices = [
    { id: 'panel', title: t('placePanel'), tag: t('placePanelTag'), text: t('placePanelText') },
    { id: 'box', title: t('placeBox'), tag: t('placeBoxTag'), text: t('placeBoxText') },
  ] as const;
  return (
    <>
      <div class="welcome-words">
        <h1 class="statement">{t('welcome3Title')}</h1>
        <p class="lede">{t('welcome3Text')}</p>
        <p class="lede">{t('welcome3Text2')}</p>
      </div>
      <div class="welcome-thing">
        <fieldset class="places">
          <legend class="visually-hidden">{t('welcome3Title')}</legend>
          {choices.map(({ id, title, tag, text }) => (
            <label key={id} class="place card">
              <Picture place={id} />
              <span class="place-words">
                <span class="place-title">
                  {title} <span class="pill">{tag}</span>
                </span>
                <span class="place-what">{text}</span>
              </span>
              <input type="radio" name="place" checked={place === id} onChange={() => onPlace(id)} />
            </label>
          ))}
        </fieldset>
        <p class="welcome-note">{t('welcome3Note')}</p>
        <p class="welcome-note">
          {domain === null ? t('welcomeNoRules') : t('welcomeRules', { name: domain })}{' '}
          <button type="button" class="link" onClick={onRules}>
            {t('welcomeOtherRules')}
          </button>
        </p>
      </div>
    </>
  );
}
