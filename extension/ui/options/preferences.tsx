import { type Preferences as Chosen, languages, modes, themes } from '../../settings.ts';
import { t } from '../i18n/messages.ts';
import { Choice, Group } from './choice.tsx';
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
