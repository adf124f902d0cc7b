import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { type Preferences as Chosen, languages, modes, themes } from '../../settings.ts';
import { t } from '../i18n/messages.ts';
import type { SectionProps } from './sections.tsx';

const themeNames: Record<Chosen['theme'], () => string> = {
  system: () => t('themeSystem'),
  light: () => t('themeLight'),
  dark: () => t('themeDark'),
};

const modeNames: Record<Chosen['mode'], () => readonly [name: string, text: string]> = {
  steady: () => [t('modeSteady'), t('modeSteadyText')],
  block: () => [t('modeBlock'), t('modeBlockText')],
};

/** Each language in its own words. */
const languageNames = { en: 'English', de: 'Deutsch', he: 'עברית' } as const;

interface ChoiceProps {
  readonly group: string;
  readonly name: string;
  readonly text?: string;
  readonly lang?: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
}

function Choice({ group, name, text, lang, checked, onChoose }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name={group} checked={checked} onChange={onChoose} />
      <span class="choice-words">
        <span class="choice-name" lang={lang}>
          {name}
        </span>
        {text !== undefined && <span class="caption">{text}</span>}
      </span>
    </label>
  );
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <>
      <h2 id={id} class="choices-title">
        {title}
      </h2>
      <fieldset class="choices card" aria-labelledby={id}>
        {children}
      </fieldset>
    </>
  );
}

/** How Waxseal looks, speaks, and lets answers come. */
export function Preferences({ view, controller }: SectionProps) {
  const { preferences } = view;
  const set = (change: Partial<Chosen>) => controller.setPreferences({ ...preferences, ...change });
  return (
    <section>
      <h1 class="statement">{t('optLooks')}</h1>
      <Group title={t('modeTitle')}>
        {modes.map((mode) => {
          const [name, text] = modeNames[mode]();
          const checked = preferences.mode === mode;
          return (
            <Choice
              key={mode}
              group="mode"
              name={name}
              text={text}
              checked={checked}
              onChoose={() => set({ mode })}
            />
          );
        })}
      </Group>
      <Group title={t('themeTitle')}>
        {themes.map((theme) => (
          <Choice
            key={theme}
            group="theme"
            name={themeNames[theme]()}
            checked={preferences.theme === theme}
            onChoose={() => set({ theme })}
          />
        ))}
      </Group>
      <Group title={t('languageTitle')}>
        <Choice
          group="language"
          name={t('languageBrowser')}
          checked={preferences.language === null}
          onChoose={() => set({ language: null })}
        />
        {languages.map((language) => (
          <Choice
            key={language}
            group="language"
            name={languageNames[language]}
            lang={language}
            checked={preferences.language === language}
            onChoose={() => set({ language })}
          />
        ))}
      </Group>
    </section>
  );
}
